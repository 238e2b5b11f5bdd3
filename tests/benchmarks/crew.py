"""A crew: a racer's worker processes, warm, held still while their queue is filled, let go at once."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from service.dev.child import Child
from tests.benchmarks.programs.tally import Tally
from tests.benchmarks.racers import Racer

WARM = 100
LOOK_SECONDS = 0.01
QUIET_SECONDS = 0.05
TRIES = 50
PATIENCE_SECONDS = 120.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Crew:
    """Workers of one racer, and the count of the jobs each has begun."""

    racer: Racer
    tally: Tally
    workers: Sequence[Child]

    async def warm_up(self) -> None:
        """Give them a few jobs at a time until each has done some."""
        given = 0
        while not all(self.tally.count(slot) for slot in range(self.tally.slots)):
            await self.racer.fill(WARM)
            given += WARM
            await self.emptied(given)

    async def hold(self) -> None:
        """Stop them where they stand (SIGSTOP), at a moment when none is inside a transaction.

        All at once: a stopped worker's blocking calls would take jobs meant to warm another.
        """
        for _ in range(TRIES):
            await asyncio.sleep(QUIET_SECONDS)
            self.signal(signal.SIGSTOP)
            await asyncio.sleep(QUIET_SECONDS)  # the servers answer what was asked before
            if await self.racer.is_quiet():
                return
            self.signal(signal.SIGCONT)
        raise RuntimeError(f"{self.racer.name}: always in the middle of something")

    def go(self) -> None:
        """Let them go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: int) -> None:
        """Send a signal to every worker."""
        for one in self.workers:
            one.signal(number)

    async def begun(self, goal: int) -> None:
        """Return when so many jobs have begun. Raises when that takes too long or a worker ended."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self.tally.total < goal:
            self._check(goal, until)
            await asyncio.sleep(LOOK_SECONDS)

    async def emptied(self, goal: int) -> None:
        """Return when so many jobs have begun and none is left to do or to note down."""
        await self.begun(goal)
        until = time.monotonic() + PATIENCE_SECONDS
        while not await self.racer.all_recorded():
            self._check(goal, until)
            await asyncio.sleep(LOOK_SECONDS)

    def _check(self, goal: int, until: float) -> None:
        if time.monotonic() > until or not all(one.running for one in self.workers):
            words = "\n".join(one.last_words() for one in self.workers)
            raise RuntimeError(f"{self.racer.name}: {self.tally.total} of {goal} jobs ran\n{words}")


@asynccontextmanager
async def crew_of(
    racer: Racer, file: Path, workers: int = 1, *, warm: bool = True
) -> AsyncIterator[Crew]:
    """Start workers that count in ``file``, warm them up, and stop them in the end."""
    tally = Tally(file, workers)
    crew = Crew(racer, tally, [racer.work(n, tally.environment(n)) for n in range(workers)])
    try:
        if warm:
            await crew.warm_up()
        yield crew
    finally:
        await asyncio.gather(*(one.stop(signal.SIGTERM, STOP_SECONDS) for one in crew.workers))
