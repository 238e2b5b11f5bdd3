"""Worker processes under a moved clock: kept up, killed now and then, and known to be done.

The kinds' own clocks are fired from here at each step: a worker would look again only after seconds.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from jobs.ticks import Ticks
from tests.faults.chaos.stack import Post
from tests.simulation.clock import DatabaseClock

PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.02
NEARLY = timedelta(milliseconds=100)

# What a worker has to do by now; what waits for a later hour is none of it.
BUSY = """
SELECT EXISTS (
    SELECT FROM jobs WHERE finished_at IS NULL AND (state IN ('queued', 'running') OR run_at <= now()))
  OR EXISTS (SELECT FROM inbox WHERE handoff_at <= now()) AS busy
"""

NEXT = "SELECT min(run_at) AS at FROM jobs WHERE state IN ('scheduled', 'retrying') AND run_at < $1"

LEFT = """
SELECT kind, state, attempt, run_at, worker_id::text, history->-1 AS last, now() AS now FROM jobs
WHERE finished_at IS NULL UNION ALL
SELECT name, 'handoff', 0, handoff_at, user_id, data, now() FROM inbox WHERE handoff_at <= now() LIMIT 20
"""


@dataclass
class Crew:
    """Workers at one database, and the process that moves its clock. ``killed`` counts SIGKILLs."""

    clock: DatabaseClock
    resources: Resources
    ticks: Ticks
    posts: list[Post] = field(default_factory=list)
    killed: int = 0

    async def steps(
        self, begin: datetime, end: datetime, step: timedelta, chance_of_kill: float, seed: int
    ) -> AsyncIterator[datetime]:
        """Go from ``begin`` to ``end``; a worker is killed at some steps. Yields each moment, when done."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        moment = begin
        while moment <= end:
            await self.clock.move_to(moment)
            await self.ticks.fire()
            if self.posts and chance.random() < chance_of_kill:
                self.kill(chance.choice(self.posts))
            await self.done()
            yield moment
            moment += step
            await self.go_on_until(moment - NEARLY)

    async def go_on_until(self, end: datetime) -> None:
        """Let what is to be done again before ``end`` be done at its time, not at the next step."""
        while (at := (await self.resources.db.fetch(NEXT, end))[0]["at"]) is not None:
            await self.clock.move_to(at + NEARLY)
            await self.done()

    def kill(self, post: Post) -> None:
        """End a worker as hard as it gets; another one is started by itself."""
        post.hit(signal.SIGKILL)
        self.killed += 1

    async def done(self) -> None:
        """Wait until there is nothing to do at this hour. Raises TimeoutError with what is left."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (await self.resources.db.fetch(BUSY))[0]["busy"]:
            if time.monotonic() > end:
                left = [dict(record) for record in await self.resources.db.fetch(LEFT)]
                raise TimeoutError(f"Still to do: {left}")
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def crew_of(
    clock: DatabaseClock,
    settings: JobsSettings,
    folder: Path,
    workers: int,
    environment: Mapping[str, str],
) -> AsyncIterator[Crew]:
    """Start worker processes with the ``environment``; they end with the block."""
    async with AsyncExitStack() as stack:
        resources = await stack.enter_async_context(open_resources(settings))
        ticks = Ticks(resources.db, resources.registry, resources.acceptance, resources.announcer)
        crew = Crew(clock, resources, ticks)
        whole = os.environ | dict(environment)
        for number in range(workers):
            post = Post(f"worker-{number}", "worker", whole, folder / f"worker-{number}.log")
            keeping = asyncio.create_task(post.keep())
            stack.push_async_callback(ended, post, keeping)
            crew.posts.append(post)
        yield crew


async def ended(post: Post, keeping: "asyncio.Task[None]") -> None:
    """End one worker and whoever would start it again."""
    keeping.cancel()
    if post.child is not None:
        await post.child.stop(signal.SIGKILL, 5.0)
