"""An open model of load: arrivals come when they come, whether or not the last one is done.

Times are counted from the moment an arrival was *due*, so a system (or a client) that falls behind
is not flattered by the arrivals it kept from happening.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import ceil

SEED = 20_260_904


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds, sorted."""

    seconds: tuple[float, ...]

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        """Return the times, sorted."""
        return cls(tuple(sorted(seconds)))

    def quantile(self, share: float) -> float:
        """Return the smallest time that ``share`` of all do not exceed."""
        rank = ceil(round(share * len(self.seconds), 6))  # 0.07 × 100 is a little more than 7
        return self.seconds[max(rank, 1) - 1]


async def arrive(rate: float, seconds: float, one: Callable[[float], Awaitable[float]]) -> Times:
    """Start ``one(due)`` at random moments, ``rate`` a second on average; collect what they took."""
    chance = random.Random(SEED)  # noqa: S311 - no secret
    begun, after = time.perf_counter(), 0.0
    async with asyncio.TaskGroup() as group:
        tasks = []
        while (after := after + chance.expovariate(rate)) < seconds:
            due = begun + after
            await asyncio.sleep(due - time.perf_counter())
            tasks.append(group.create_task(timed(one, due)))
    return Times.of([task.result() for task in tasks])


async def timed(one: Callable[[float], Awaitable[float]], due: float) -> float:
    """Return how long after it was due an arrival was done."""
    return await one(due) - due
