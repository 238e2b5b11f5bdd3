"""What this process takes of its machine, by the names Prometheus has for it."""

import os
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

OPEN_FILES = Path("/proc/self/fd")
PAGES = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Footprint:
    """Memory in bytes, CPU in seconds since the start; 0 files where the system does not tell."""

    memory_bytes: int
    cpu_seconds: float
    open_files: int


def footprint() -> Footprint:
    """Look; costs some microseconds."""
    return Footprint(
        memory_bytes=memory_bytes(),
        cpu_seconds=time.process_time(),
        open_files=len(os.listdir(OPEN_FILES)) if OPEN_FILES.exists() else 0,  # noqa: PTH208 - only counted
    )


def memory_bytes() -> int:
    """Return the resident memory; its peak where the system tells no more."""
    if PAGES.exists():
        return int(PAGES.read_bytes().split()[1]) * resource.getpagesize()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
