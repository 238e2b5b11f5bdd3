"""Cores: while a server is measured it has one to itself, everything else shares the others."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

from service.dev.child import Child
from tests.benchmarks.realtime.machine import all_cores, measured_core, other_cores, pin


@contextmanager
def apart(measured: Child, others: Sequence[Child], pids: Sequence[int] = ()) -> Iterator[None]:
    """Keep a server and the rest, with all they have started, on cores of their own for a while."""
    rest = [process.pid for child in others for process in child.family()] + list(pids)
    place([measured.pid], measured_core())
    place(rest, other_cores())
    try:
        yield
    finally:
        place([measured.pid, *rest], set(all_cores()))


def place(pids: Sequence[int], cores: set[int]) -> None:
    """Pin every process that is still there."""
    for pid in pids:
        with suppress(OSError, psutil.Error):
            pin(pid, cores)
