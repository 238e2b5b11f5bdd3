"""Counts the jobs a worker has begun, in a file that the benchmark maps into its memory too.

The one thing all contestants' jobs do: two clock readings and a write of 24 bytes, half a microsecond.
"""

import mmap
import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path

SLOT = struct.Struct("=QQ")  # jobs begun, when the last one began (CLOCK_MONOTONIC, nanoseconds)
FILE, NUMBER = "BENCH_TALLY", "BENCH_SLOT"


@dataclass
class Writer:
    """A worker's own slot; opened when its first job begins."""

    shared: mmap.mmap | None = None
    at: int = 0
    count: int = 0

    def stamp(self) -> None:
        """Count one job that begins now."""
        if self.shared is None:
            self.shared = mapped(Path(os.environ[FILE]))
            self.at = int(os.environ[NUMBER]) * SLOT.size
        self.count += 1
        SLOT.pack_into(self.shared, self.at, self.count, time.monotonic_ns())


stamp = Writer().stamp


class Tally:
    """All slots, as the benchmark reads them."""

    def __init__(self, path: Path, slots: int) -> None:
        path.write_bytes(bytes(SLOT.size * slots))
        self.path = path
        self.slots = slots
        self._shared = mapped(path)

    def environment(self, slot: int) -> dict[str, str]:
        """Return what tells a worker where to count."""
        return {FILE: str(self.path), NUMBER: str(slot)}

    def count(self, slot: int) -> int:
        """Return how many jobs one worker has begun."""
        return int(SLOT.unpack_from(self._shared, slot * SLOT.size)[0])

    def last(self, slot: int) -> float:
        """Return when a worker's newest job began, in seconds of ``time.monotonic``."""
        return int(SLOT.unpack_from(self._shared, slot * SLOT.size)[1]) / 1e9

    @property
    def total(self) -> int:
        """Return how many jobs all workers have begun."""
        return sum(self.count(slot) for slot in range(self.slots))


def mapped(path: Path) -> mmap.mmap:
    """Map a file into memory, to be written too."""
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)
