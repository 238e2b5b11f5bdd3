"""How long Python's garbage collector holds up a process, by its own call-backs."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.measures import GC_PAUSE


@contextmanager
def measured_garbage() -> Iterator[None]:
    """Measure for the time of the block."""
    began = time.perf_counter()

    def heard(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            GC_PAUSE.of(str(info["generation"])).observe(time.perf_counter() - began)

    gc.callbacks.append(heard)
    try:
        yield
    finally:
        gc.callbacks.remove(heard)
