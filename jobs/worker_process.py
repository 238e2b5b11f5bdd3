"""The process around a worker: its loop, its signals, its garbage, and what is open beside it."""

import asyncio
import gc
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from jobs.observing import observed
from jobs.settings import JobsSettings
from jobs.worker import Worker, open_worker

GARBAGE_THRESHOLDS = (20_000, 20, 20)  # an attempt makes many objects and few cycles
Beside = Callable[[Worker], AbstractAsyncContextManager[object]]


async def main(settings: JobsSettings, beside: Beside) -> None:
    """Serve until SIGTERM or SIGINT."""
    async with open_worker(settings) as worker, beside(worker):
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signum, worker.shut_down)
        await worker.serve()


def run(settings: JobsSettings, beside: Beside = nullcontext) -> None:
    """Run a worker process. Raises Unavailable when Postgres cannot be reached at the start.

    ``beside`` is open for as long as the worker: what tells of its health.
    """
    import uvloop  # noqa: PLC0415 - not on Windows

    with observed(settings, "worker"):
        gc.freeze()  # what is loaded now stays: no need to look through it again and again
        gc.set_threshold(*GARBAGE_THRESHOLDS)
        uvloop.run(main(settings, beside))
