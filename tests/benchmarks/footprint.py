"""What the processes hold: connections while work is accepted and done at once, and memory."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg
import psutil
from redis.asyncio import Redis

from service.dev.child import Child
from tests.benchmarks.accept import closed
from tests.benchmarks.crew import crew_of
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.racers import jobcast
from tests.benchmarks.realtime.memory import resident
from tests.benchmarks.realtime.report import Bar, Part, at_most
from tests.benchmarks.stack import Stack, token

IN_FLIGHT = 32
LOOK_SECONDS = 0.05
IDLE_SECONDS = 1.0
BACKENDS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
  AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
WEB, WORKER, TOGETHER = "web", "worker, all kinds loaded", "web and one worker"
MOST = {WEB: 100, WORKER: 120, TOGETHER: 20}
COLUMNS = ("what", "at", "figure", "of")
Row = tuple[str | float, ...]


@dataclass
class Connections:
    """The most that web and worker together had open at any look."""

    stack: Stack
    record: asyncpg.Connection
    postgres: int = 0
    redis: int = 0
    looks: int = 0

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Look again and again until the block ends."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _watch(self) -> None:
        async with Redis.from_url(self.stack.redis.url) as redis:
            while True:
                self.postgres = max(self.postgres, await self.record.fetchval(BACKENDS))
                self.redis = max(self.redis, len(await redis.client_list()) - 1)
                self.looks += 1
                await asyncio.sleep(LOOK_SECONDS)

    @property
    def rows(self) -> list[Row]:
        """Return what was seen."""
        when = f"{IN_FLIGHT} in flight and a worker at work"
        return [
            (TOGETHER, when, float(self.postgres), "Postgres connections"),
            (TOGETHER, when, float(self.redis), "Redis connections"),
        ]


async def measure_footprint(host: Host, effort: Effort) -> Part:
    """Look at a web process and a worker that were just started, then at work, then after it."""
    stack = await host.stack()
    await stack.renew()
    web, load = stack.programs["web"], await host.load()
    memory = [held(WEB, "just started", web)]
    async with jobcast(stack) as product, crew_of(product, host.file()) as crew:
        await asyncio.sleep(IDLE_SECONDS)
        memory.append(held(WORKER, "idle", crew.workers[0]))
        connections = Connections(stack, product.record)
        tokens = [token(f"held-{number}") for number in range(IN_FLIGHT)]
        async with connections.watched():
            order = closed(stack.port, IN_FLIGHT, 0.0, effort.counted_seconds, tokens)
            await load.ask(json.dumps(order))
        begun = crew.tally.total
        await product.fill(effort.drain_jobs)
        await crew.emptied(begun + effort.drain_jobs)
        after = f"after {crew.tally.total:,} jobs"
        memory += [held(WORKER, after, crew.workers[0]), held(WEB, after, web)]
    notes = [f"connections looked at {connections.looks} times"]
    rows = connections.rows + memory
    return Part("footprint", "What the processes hold", COLUMNS, rows, bars(rows), notes)


def held(what: str, when: str, program: Child) -> Row:
    """Return a row of what a program holds now."""
    return (what, when, megabytes(program), "MB resident")


def megabytes(program: Child) -> float:
    """Return the resident memory of a program and all it has started, in MB."""
    total = 0
    for process in program.family():
        with suppress(OSError, psutil.Error):
            total += resident(process.pid)
    return total / 1e6


def bars(rows: list[Row]) -> list[Bar]:
    """Hold the processes to the issue's limits."""
    return [
        at_most(f"{what}, {when}: ≤ {MOST[str(what)]} {of}", float(figure), MOST[str(what)])
        for what, when, figure, of in rows
    ]
