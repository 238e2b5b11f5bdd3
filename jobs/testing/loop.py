"""An event loop whose time is a Clock's: it jumps to the next timer when nothing else is going on.

So ``asyncio.sleep`` and ``asyncio.timeout`` of whatever runs on it take no real time, and their order is
kept. Real work holds the clock: while a thread of ``asyncio.to_thread`` is busy time stands still, and
while a socket is open or a program runs it jumps only after ``patience`` real seconds of silence.
"""

import asyncio
import math
import selectors
import weakref
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from jobs.testing.clock import Clock

OWN_PIPE = 1  # the loop's own wake-up line is always registered


class FakeTimeLoop(asyncio.SelectorEventLoop):
    """Stops by itself when nothing more can happen, or at ``horizon``, or once ``wanted`` is true."""

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._busy_threads = 0
        self._programs: weakref.WeakSet[asyncio.SubprocessTransport] = weakref.WeakSet()
        self.patience = patience
        self.horizon = math.inf
        self.wanted: Callable[[], bool] | None = None
        super().__init__(JumpingSelector(self))

    def time(self) -> float:
        """Return the fake time in seconds."""
        return self._clock.seconds

    def run_in_executor(  # type: ignore[override]  # typeshed wants its type variables
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Count the thread as busy until it is done."""
        future = super().run_in_executor(executor, func, *args)
        self._busy_threads += 1
        future.add_done_callback(self._idle_again)
        return future

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        """Watch the program: its end is told by a thread that no selector sees."""
        transport, protocol = await super().subprocess_exec(*args, **kwargs)
        self._programs.add(transport)
        return transport, protocol

    def real_wait(self, open_files: int) -> float | None:
        """Return how long real work may take before time goes on; None means as long as it takes."""
        if self._busy_threads:
            return None
        runs = any(program.get_returncode() is None for program in self._programs)
        return self.patience if runs or open_files > OWN_PIPE else 0

    def jump(self, seconds: float | None) -> None:
        """Go to the next timer, ``seconds`` away; None says that there is none."""
        then = math.inf if seconds is None else self.time() + seconds
        if then == math.inf or then > self.horizon:
            self.stop()
            then = self.horizon
        if then < math.inf:
            self._clock.forward(then)

    def _idle_again(self, _: asyncio.Future[Any]) -> None:
        self._busy_threads -= 1


class JumpingSelector(selectors.DefaultSelector):
    """Looks for real input and output first; when there is none, lets the loop's time jump."""

    def __init__(self, loop: FakeTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait as the loop asks, but on its clock."""
        if self._loop.wanted is not None and self._loop.wanted():
            self._loop.stop()
            return super().select(0)
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        ready = super().select(self._loop.real_wait(len(self.get_map())))
        if not ready:
            self._loop.jump(timeout)
        return ready
