"""A worker beside the front door, and ways to wait for what it does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from starlette.applications import Starlette

from jobs.resources import Resources
from jobs.worker import Worker
from tests.jobs.conftest import working

Json = Any
EVENTS = "jobcast:events:*"
QUICK = {"relay_seconds": 0.2, "worker_grace_seconds": 5.0}


@asynccontextmanager
async def at_work(app: Starlette, **changed: Any) -> AsyncIterator[Worker]:
    """Run a worker on the application's servers, with quick sweeps."""
    settings = app.state.settings.model_copy(update=QUICK | changed)
    async with working(settings) as worker:
        yield worker


def resources_of(app: Starlette) -> Resources:
    found: Resources = app.state.resources
    return found


async def sql(app: Starlette, statement: str, *values: object) -> Any:
    """Run a statement and return its first value."""
    return await resources_of(app).db.pool.fetchval(statement, *values)


async def until(
    app: Starlette, look: Callable[[], Awaitable[Json]], wanted: Callable[[Json], bool]
) -> Json:
    """Look again after each event that is published, until what is seen is what is wanted."""
    async with asyncio.timeout(30), resources_of(app).redis.pubsub() as pubsub:
        await pubsub.psubscribe(EVENTS)
        while not wanted(seen := await look()):
            await pubsub.get_message(timeout=0.2)
        return seen


async def submit(
    client: httpx2.AsyncClient, headers: dict[str, str], kind: str, **more: Any
) -> Json:
    """Submit a job that is new."""
    answer = await client.post("/api/jobs", json={"kind": kind, **more}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def ended(client: httpx2.AsyncClient, headers: dict[str, str], job: Json) -> Json:
    """Wait for a job's final state."""
    prefer = {**headers, "Prefer": "wait=25"}
    found = (await client.get(f"/api/jobs/{job['id']}", headers=prefer)).json()
    assert found["finished_at"], found
    return found
