"""Keeping a process's loops alive: whatever one raises is logged, waited out and tried again."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from jobs.log_errors import told
from jobs.measures import LOOP_FAILURES

log = structlog.get_logger(__name__)

LONGEST_PAUSE_SECONDS = 5.0
INSIST_SECONDS = 0.5


async def supervise(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Call ``step`` again and again until cancelled; back off with jitter while it fails."""
    pause = 0.1
    while True:
        try:
            await step()
        except Exception as error:
            LOOP_FAILURES.add(name)
            log.warning("loop.failed", loop=name, error=told(error), exc_info=pause > 1)
            await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - spreading load
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        else:
            pause = 0.1


async def wait_until(event: asyncio.Event, seconds: float) -> bool:
    """Wait for ``event`` at most ``seconds``; return whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


async def end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel tasks until they end: a library's call may have taken the first cancel for its own."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=INSIST_SECONDS)
