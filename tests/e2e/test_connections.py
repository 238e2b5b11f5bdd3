"""Web and worker together fit the smallest plans: twenty connections to Postgres, twenty to Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx2
import pytest
from redis.asyncio import Redis

from tests.e2e.processes import Watcher, product

pytestmark = pytest.mark.e2e

SMALL_PLAN = 20
OF_THE_PRODUCT = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'jobcast%'"
BURST = 200
PAGE = {"kind": "context_scraping", "args": {"url": "http://127.0.0.1:9/"}}
"""Uses a session, then finds that the address may not be asked."""
STREAM = {"kind": "stream", "args": {"words": 20, "pause": 0.01}}


class Most:
    """The most connections that were seen, however often one looked."""

    def __init__(self, database: asyncpg.Connection, redis: Redis) -> None:
        self.postgres = 0
        self.redis = 0
        self._database = database
        self._redis = redis
        self._looking = asyncio.Lock()

    async def look(self) -> None:
        async with self._looking:
            self.postgres = max(self.postgres, await self._database.fetchval(OF_THE_PRODUCT))
            self.redis = max(self.redis, len(await self._redis.client_list()) - 1)


@asynccontextmanager
async def counted(database_url: str, redis_url: str) -> AsyncIterator[Most]:
    database = await asyncpg.connect(database_url)
    async with Redis.from_url(redis_url) as redis:
        yield Most(database, redis)
    await database.close()


async def test_web_and_worker_under_a_burst_fit_a_small_plan(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with product(database_url, redis_url, tmp_path) as stack:
        await asyncio.gather(stack.web(), stack.worker())
        async with counted(database_url, redis_url) as most, stack.client() as client:
            watcher = await Watcher(client).begin()
            jobs = await asyncio.gather(*(submit(client, n, most) for n in range(BURST)))
            for job in jobs:
                if job["kind"] == "stream":
                    await watcher.until(job["id"], "job.succeeded")
                    await most.look()

    assert 2 < most.postgres <= SMALL_PLAN
    assert 2 < most.redis <= SMALL_PLAN


async def submit(client: httpx2.AsyncClient, number: int, most: Most) -> dict[str, str]:
    answer = await client.post("/api/jobs", json=STREAM if number % 4 else PAGE)
    await most.look()
    return answer.raise_for_status().json()
