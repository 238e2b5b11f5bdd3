"""What the tests of the engine share: open resources, a worker in this process, a listener."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jobs.queue import Submission
from jobs.resource import JobResource
from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from jobs.store.row import JobRow
from jobs.worker import Worker, open_worker
from realtime.caller import Caller

ANNA = Caller("anna", "acme", frozenset({"jobs:read", "jobs:write"}))
BERT = Caller("bert", "other", frozenset({"jobs:read", "jobs:write"}))


@pytest.fixture
def settings(settings: JobsSettings) -> JobsSettings:
    """Short leases and fast sweeps, and the kinds made for tests."""
    return settings.model_copy(
        update={
            "processors": "tests.kinds",
            "lease_seconds": 2.0,
            "relay_seconds": 0.2,
            "worker_grace_seconds": 6.0,
            "redis_timeout_seconds": 0.5,
        }
    )


@pytest.fixture
async def resources(settings: JobsSettings) -> AsyncIterator[Resources]:
    async with open_resources(settings) as opened:
        yield opened


@asynccontextmanager
async def working(settings: JobsSettings) -> AsyncIterator[Worker]:
    """Run a worker in this process; shut it down politely at the end."""
    async with open_worker(settings, watchdog=False) as worker:
        serving = asyncio.create_task(worker.serve())
        await worker.started.wait()
        try:
            yield worker
        finally:
            worker.shut_down()
            await serving


@pytest.fixture
async def worker(settings: JobsSettings) -> AsyncIterator[Worker]:
    async with working(settings) as running:
        yield running


async def submit(
    resources: Resources, kind: str, caller: Caller = ANNA, /, **args: Any
) -> JobResource:
    return await resources.queue.submit(caller, Submission(kind, args))


async def until(
    resources: Resources, job: JobResource | JobRow, wanted: Callable[[JobResource], bool]
) -> JobResource:
    """Wait until the record shows what is wanted: read again after each change that is published."""
    async with asyncio.timeout(20), resources.redis.pubsub() as pubsub:
        await pubsub.psubscribe("jobcast:events:job:*")
        while True:
            found = await resources.records.get(ANNA, job.id)
            if wanted(found):
                return found
            await pubsub.get_message(timeout=0.2)


async def ended(resources: Resources, job: JobResource | JobRow) -> JobResource:
    """Wait for the job's final state."""
    return await until(resources, job, lambda found: found.state.final)


async def running(resources: Resources, job: JobResource | JobRow) -> JobResource:
    """Wait until the job runs."""
    return await until(resources, job, lambda found: found.state == "running")
