"""Where a bench's coroutines run: a loop of fake time, on a thread of its own while it turns.

A thread, because the test that waits for it has a running loop already; and because that one goes on, a
test may play a server for the processor meanwhile.
"""

import asyncio
import math
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from jobs.testing.clock import Clock
from jobs.testing.loop import FakeTimeLoop


class Stage:
    """Keeps tasks from one turn to the next; between turns time stands still."""

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self._loop: FakeTimeLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._broken: list[BaseException] = []
        self._thread: int | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin a task; it first moves when the stage turns."""
        if self._loop is None:
            self._loop = FakeTimeLoop(self._clock, self._patience)
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def check(self) -> None:
        """Raise RuntimeError when somebody else's thread acts while the stage turns."""
        if self._thread not in {None, threading.get_ident()}:
            raise RuntimeError(
                "The bench is running; act before run(), after it, or in a processor."
            )

    async def turn(
        self, horizon: float = math.inf, wanted: Callable[[], bool] | None = None
    ) -> None:
        """Run until nothing more can happen, time reaches ``horizon``, or ``wanted`` is true.

        Raises what a task broke with. Cancelled, it stops the loop and waits for its thread.
        """
        self.check()
        turning = asyncio.ensure_future(asyncio.to_thread(self._turn, horizon, wanted))
        try:
            await asyncio.shield(turning)
        except asyncio.CancelledError:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
            await turning
            raise
        if self._broken:
            raise self._broken.pop(0)

    async def close(self) -> None:
        """End what is left and close the loop."""
        await asyncio.to_thread(self._close)

    def _turn(self, horizon: float, wanted: Callable[[], bool] | None) -> None:
        if self._loop is None:
            self._clock.forward(horizon if horizon < math.inf else 0)
            return
        self._thread = threading.get_ident()
        self._loop.horizon, self._loop.wanted = horizon, wanted
        try:
            self._loop.run_forever()
        finally:
            self._thread = None
        if not self._tasks:
            self._close()

    def _close(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        loop.horizon, loop.wanted = self._clock.seconds, None
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._broken.append(error)
