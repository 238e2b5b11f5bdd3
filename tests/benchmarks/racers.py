"""Who is measured: the product and its peers, each with a queue to fill and workers to empty it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import asyncpg
import httpx2

from service.dev.child import Child, becomes_true
from tests.benchmarks.cpu import Groups
from tests.benchmarks.stack import Stack, ended, token

FILL_SECONDS = 120.0
CALL = 1_000
CALLS_AT_ONCE = 4
NOTHING_LEFT = "SELECT NOT EXISTS (SELECT FROM jobs WHERE finished_at IS NULL)"
NOTHING_OPEN = """
SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
  AND pid <> pg_backend_pid() AND state <> 'idle')
"""
PRODUCT = "jobcast"


class Racer(Protocol):
    """A queue and its workers."""

    @property
    def name(self) -> str:
        """Return what tables call it."""

    async def fill(self, jobs: int) -> float:
        """Accept so many jobs that do nothing; return the seconds it took."""

    async def settle(self) -> None:
        """Let the servers finish what the filling left to do."""

    def work(self, slot: int, environment: dict[str, str]) -> Child:
        """Start one worker process at concurrency 100."""

    async def all_recorded(self) -> bool:
        """Say whether no job is left to do or to note down."""

    async def is_quiet(self) -> bool:
        """Say whether a worker that stands still now holds nothing that others wait for."""

    @property
    def servers(self) -> Groups:
        """Return the servers behind it."""


@dataclass
class Jobcast:
    """The product: HTTP in front, the record in Postgres. Jobs are spread over ``users`` evenly."""

    stack: Stack
    record: asyncpg.Connection
    users: int = 1
    _started: int = 0

    @property
    def name(self) -> str:
        """Return what tables call it."""
        return PRODUCT if self.users == 1 else f"{PRODUCT}, {self.users} orgs"

    async def fill(self, jobs: int) -> float:
        """Accept them one by one, from each user in turn; a handful in one call."""
        if jobs < CALL:
            return await in_batches(self.stack, [("drain-0", jobs)])
        begun = time.monotonic()
        filling = self.stack.program("fill", "fill", str(jobs), str(self.users))
        await becomes_true(partial(ended, filling), FILL_SECONDS)
        return time.monotonic() - begun

    async def settle(self) -> None:
        """Let the planner know the table, as it does a minute after a table's first rows."""
        await self.record.execute("VACUUM ANALYZE", timeout=600)

    def work(self, slot: int, environment: dict[str, str]) -> Child:
        """Start ``python -m service worker``, its log in a file."""
        self._started += 1
        name = f"worker-{self.users}-{self._started}"
        return self.stack.program(name, "service", "worker", **environment)

    async def all_recorded(self) -> bool:
        """Ask Postgres: one look into the index of unfinished jobs."""
        return bool(await self.record.fetchval(NOTHING_LEFT))

    async def is_quiet(self) -> bool:
        """Ask Postgres whether a transaction is open."""
        return bool(await self.record.fetchval(NOTHING_OPEN))

    @property
    def servers(self) -> Groups:
        """Return the servers behind it."""
        return {
            "postgres": running(self.stack.postgres.child),
            "redis": running(self.stack.redis.child),
            "web": [self.stack.programs["web"]],
        }


@asynccontextmanager
async def jobcast(stack: Stack, users: int = 1) -> AsyncIterator[Jobcast]:
    """Measure the product whose servers are running."""
    record = await asyncpg.connect(stack.database_url)
    try:
        yield Jobcast(stack, record, users)
    finally:
        await record.close()


async def in_batches(stack: Stack, calls: Sequence[tuple[str, int]]) -> float:
    """Submit batches of (user, jobs), a few calls in flight; return the seconds until the last 202."""
    loop = asyncio.get_running_loop()
    waiting = iter(calls)
    job = {"kind": "noop", "args": {"value": 1}}
    bodies = {size: json.dumps({"jobs": [job] * size}) for _, size in calls}
    headers = {user: {"Authorization": f"Bearer {token(user)}"} for user, _ in calls}

    async def submit(client: httpx2.AsyncClient) -> None:
        for user, size in waiting:
            sent = headers[user] | {"Content-Type": "application/json"}
            answer = await client.post("/api/jobs/batch", content=bodies[size], headers=sent)
            answer.raise_for_status()

    async with httpx2.AsyncClient(base_url=stack.url, timeout=60, trust_env=False) as client:
        begun = loop.time()
        await asyncio.gather(*(submit(client) for _ in range(CALLS_AT_ONCE)))
        return loop.time() - begun


def running(child: Child | None) -> list[Child]:
    """Return a server's process."""
    return [child] if child else []
