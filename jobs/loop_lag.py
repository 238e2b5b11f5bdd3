"""How late this process's event loop is: what a full CPU or a blocking call does to everybody at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jobs.supervision import supervise

STEP_SECONDS = 0.25
REMEMBERED = 60  # steps: fifteen seconds


class LoopLag:
    """Measured by a timer of its own. ``step`` is called again and again by whoever owns it."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=REMEMBERED)

    async def step(self) -> None:
        """Sleep a moment and note how much longer that took."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        await asyncio.sleep(STEP_SECONDS)
        self._latest.append(max(clock() - begun - STEP_SECONDS, 0.0))

    @property
    def worst_seconds(self) -> float:
        """Return the longest delay of the last fifteen seconds."""
        return max(self._latest, default=0.0)


@asynccontextmanager
async def measured_lag() -> AsyncIterator[LoopLag]:
    """Measure for the time of the block."""
    lag = LoopLag()
    measuring = asyncio.create_task(supervise("loop_lag", lag.step))
    try:
        yield lag
    finally:
        measuring.cancel()
        await asyncio.wait([measuring])
