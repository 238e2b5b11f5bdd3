"""What the processes hold: connections while work is accepted and done at once, and memory."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field

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
MOST_CONNECTIONS, MOST_WORKER, MOST_WEB = 20, 120, 100
COLUMNS = ("what", "at", "figure", "of")
Row = tuple[str | float, ...]


@dataclass
class Connections:
    """The most that web and worker together had open at any look."""

    stack: Stack
    record: asyncpg.Connection
    postgres: int = 0
    redis: int = 0
    looks: int = field(default=0)

    async def watch(self) -> None:
        """Look until cancelled."""
        async with Redis.from_url(self.stack.redis.url) as redis:
            while True:
                self.postgres = max(self.postgres, await self.record.fetchval(BACKENDS))
                self.redis = max(self.redis, len(await redis.client_list()) - 1)
                self.looks += 1
                await asyncio.sleep(LOOK_SECONDS)


async def measure_footprint(host: Host, effort: Effort) -> Part:
    """Look at a web process and a worker that were just started, then at work, then after it."""
    stack = await host.stack(empty=True)
    await stack.renew()
    stack.used = True
    load = await host.load()
    web = stack.programs["web"]
    memory: list[Row] = [("web", "just started", megabytes(web), "MB resident")]
    async with jobcast(stack) as product, crew_of(product, host.file()) as crew:
        [worker] = crew.workers
        await asyncio.sleep(IDLE_SECONDS)
        memory.append(("worker, all kinds loaded", "idle", megabytes(worker), "MB resident"))
        connections = Connections(stack, product.record)
        watching = asyncio.create_task(connections.watch())
        tokens = [token(f"held-{number}") for number in range(IN_FLIGHT)]
        order = closed(stack.port, IN_FLIGHT, 0.0, effort.counted_seconds, tokens)
        await load.ask(json.dumps(order))
        watching.cancel()
        begun = crew.tally.total
        await product.fill(effort.drain_jobs)
        await crew.emptied(begun + effort.drain_jobs)
        after = f"after {crew.tally.total:,} jobs"
        memory.append(("worker, all kinds loaded", after, megabytes(worker), "MB resident"))
        memory.append(("web", f"after accepting {after[6:]}", megabytes(web), "MB resident"))
    load_told = f"{IN_FLIGHT} in flight and a worker at work"
    held: list[Row] = [
        ("web and one worker", load_told, float(connections.postgres), "Postgres connections"),
        ("web and one worker", load_told, float(connections.redis), "Redis connections"),
    ]
    notes = [f"connections looked at {connections.looks} times"]
    return Part(
        "footprint", "What the processes hold", COLUMNS, held + memory, bars(held, memory), notes
    )


def megabytes(program: Child) -> float:
    """Return the resident memory of a program and all it has started, in MB."""
    total = 0
    for process in program.family():
        with suppress(OSError, psutil.Error):
            total += resident(process.pid)
    return total / 1e6


def bars(held: list[Row], memory: list[Row]) -> list[Bar]:
    """Hold the processes to the issue's limits."""
    connections = [
        at_most(f"≤ {MOST_CONNECTIONS} {row[3]}, web and worker", float(row[2]), MOST_CONNECTIONS)
        for row in held
    ]
    limits = {"web": MOST_WEB, "worker, all kinds loaded": MOST_WORKER}
    return connections + [
        at_most(
            f"{row[0]}, {row[1]}: ≤ {limits[str(row[0])]} MB", float(row[2]), limits[str(row[0])]
        )
        for row in memory
    ]
