"""Going first on a machine that is not idle: the kernel shares by session, ours get the most."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

PRIORITY = -20
LOOK_SECONDS = 0.25


@asynccontextmanager
async def ahead(*, wanted: bool) -> AsyncIterator[None]:
    """Put this process, and whatever it starts until the block ends, before others' work."""
    if not wanted:
        yield
        return
    putting = asyncio.create_task(put_all_first())
    try:
        yield
    finally:
        putting.cancel()
        put_first(os.getpid(), 0)


async def put_all_first() -> None:
    """Look for new processes of ours until cancelled."""
    known: set[int] = set()
    while True:
        family = [psutil.Process(), *psutil.Process().children(recursive=True)]
        for pid in {process.pid for process in family} - known:
            put_first(pid, PRIORITY)
            known.add(pid)
        await asyncio.sleep(LOOK_SECONDS)


def put_first(pid: int, priority: int) -> None:
    """Give a process's session a priority, where the kernel knows of sessions."""
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(priority))
