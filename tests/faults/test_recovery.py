"""How soon: the two figures that are promised, measured where they are promised."""

import signal
import time

import pytest
from redis.asyncio import Redis

from jobs import store
from jobs.acceptance import new_rows
from jobs.ids import uuid7
from jobs.resources import open_resources
from jobs.store import NewJob
from service.dev.redis_server import RedisServer
from tests.faults.site import Site

QUEUED = 10_000
SLOTS = 10
SOON_SECONDS = 2.0
LEASE_SECONDS = 2.0


async def test_after_an_emptied_redis_ten_thousand_queued_jobs_go_on_within_two_seconds(
    up: Site, redis_server: RedisServer
) -> None:
    up.chosen |= {"relay_seconds": "1", "lease_seconds": "15", "worker_concurrency": str(SLOTS)}
    await queue_up(up)

    worker = await up.worker()
    await up.journal.tells("ran")
    async with Redis.from_url(redis_server.url) as redis:
        await redis.flushall()
    emptied, before = time.monotonic(), len(up.journal.executions())
    await up.journal.tells("ran", times=before + SLOTS + 1)
    waited = time.monotonic() - emptied

    assert waited < SOON_SECONDS
    worker.signal(signal.SIGKILL)


async def queue_up(up: Site) -> None:
    """Queue jobs as fast as Postgres takes them."""
    async with open_resources(up.settings()) as here:
        for _ in range(QUEUED // 1_000):
            jobs = [
                NewJob(uuid7(), "ann", "ann", "noted", {"seconds": 0.05}, 3, 60.0)
                for _ in range(1_000)
            ]
            await here.announcer.announce(new_rows(await store.accept(here.db, jobs)))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_dead_workers_jobs_run_again_within_two_leases(
    up: Site, how: signal.Signals
) -> None:
    up.chosen["lease_seconds"] = str(LEASE_SECONDS)
    await up.web_here()
    customer, watcher = await up.visitors()
    victim = await up.worker()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")
    await up.worker_here()

    victim.signal(how)
    died = time.monotonic()
    await up.journal.tells("ran", str(job), "2")
    waited = time.monotonic() - died
    up.gate.touch()

    await up.kept()
    assert waited < 2 * LEASE_SECONDS
