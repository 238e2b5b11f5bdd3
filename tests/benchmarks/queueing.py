"""The queue under load: one org's mountain of jobs beside another's single one, and an emptied Redis."""

from datetime import datetime

import asyncpg
import httpx2
from redis.asyncio import Redis

from service.dev.child import becomes_true
from tests.benchmarks.arrivals import Times
from tests.benchmarks.stack import Stack

CALL = 1_000
MOUNTAIN, WIPED = 100_000, 10_000
NEWCOMERS = 20
SHORT_SECONDS, LONG_SECONDS = 0.02, 1.0
PATIENCE_SECONDS = 120.0

STARTED = "SELECT 1 FROM jobs WHERE started_at > $1 LIMIT 1"
SINCE = "SELECT extract(epoch FROM clock_timestamp() - $1)::float8"
QUEUED = "SELECT count(*) FROM jobs WHERE state = 'queued'"
UNFINISHED = "SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1"


async def measure_queueing(stack: Stack) -> dict[str, Times]:
    """Return the newcomer's wait beside a mountain, and how soon an emptied queue is back."""
    async with stack.client("anna") as anna, stack.client("bert") as bert:
        wiped = await measure_wipe(stack, anna)
        await pile_up(anna, MOUNTAIN, SHORT_SECONDS)
        waits = [await wait_of_newcomer(bert) for _ in range(NEWCOMERS)]
        left = (await anna.get("/api/queues")).json()["data"][0]["queued"]
    beside = f"beside {MOUNTAIN:,} queued jobs of another org ({left:,} left at the end)"
    return {**wiped, f"submit → started {beside}": Times.of(waits)}


async def pile_up(client: httpx2.AsyncClient, jobs: int, seconds: float) -> None:
    """Submit so many jobs that take ``seconds`` each."""
    body = {"jobs": [{"kind": "slow", "args": {"seconds": seconds}}] * CALL}
    for _ in range(jobs // CALL):
        (await client.post("/api/jobs/batch", json=body)).raise_for_status()


async def wait_of_newcomer(client: httpx2.AsyncClient) -> float:
    """Submit one job and return how long it waited for its start."""
    answer = await client.post("/api/jobs", json={"kind": "echo"}, headers={"Prefer": "wait=25"})
    job = answer.json()
    began, created = map(datetime.fromisoformat, (job["started_at"], job["created_at"]))
    return (began - created).total_seconds()


async def measure_wipe(stack: Stack, client: httpx2.AsyncClient) -> dict[str, Times]:
    """Empty Redis under queued jobs; return when the next one started, and when all are back."""
    connection = await asyncpg.connect(stack.database_url)
    async with Redis.from_url(stack.redis_url) as redis:
        await pile_up(client, WIPED, LONG_SECONDS)
        wiped_at = await connection.fetchval("SELECT clock_timestamp()")
        await redis.flushall()

        async def one_started() -> bool:
            return bool(await connection.fetchval(STARTED, wiped_at))

        async def all_are_back() -> bool:
            queued = await connection.fetchval(QUEUED)
            return bool(await redis.zcard("arq:queue:anna") >= queued - CALL // 10)

        await becomes_true(one_started, PATIENCE_SECONDS)
        first = await connection.fetchval(SINCE, wiped_at)
        await becomes_true(all_are_back, PATIENCE_SECONDS)
        back = await connection.fetchval(SINCE, wiped_at)
    await client.post("/api/bulk", json={"action": "cancel", "filter": {"kind": "slow"}})

    async def drained() -> bool:
        return not await connection.fetchval(UNFINISHED)

    await becomes_true(drained, PATIENCE_SECONDS)
    await connection.close()
    return {
        f"FLUSHALL under {WIPED:,} queued jobs → the next start": Times.of([first]),
        f"FLUSHALL under {WIPED:,} queued jobs → all on the queue again": Times.of([back]),
    }
