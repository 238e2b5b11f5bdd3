import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from service.dev.child import becomes_true
from service.dev.postgres_server import PostgresServer
from tests.conftest import TEMPLATE
from tests.deploy.next_version import NEXT, make_next
from tests.deploy.rolling import Customer, Release, Site, customer
from tests.e2e.processes import SECRET
from tests.e2e.program import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

READ = ("/api/jobs", "/api/stats", "/api/queues", "/metrics", "/api/inbox")
SPENT = "SELECT id, state FROM jobs WHERE failures > 0 OR crashes > 0"
FOLLOWED = """
SELECT count(*) FROM jobs WHERE kind = 'brand_new' AND metadata->'batch'->>'id' = ANY($1)
"""
RELEASED = "SELECT count(*) FROM jobs WHERE attempt > 1"


@pytest.fixture
async def site(
    postgres: PostgresServer, template: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Site]:
    environment = {
        "DATABASE_URL": await postgres.create_database(f"rolling_{uuid4().hex[:8]}", TEMPLATE),
        "REDIS_URL": redis_url,
        "JWT_SECRET": SECRET,
        "SECRET_KEY": SECRET,
        "STORAGE_URL": f"file://{tmp_path}/uploads",
        "WORKER_GRACE_SECONDS": "5.5",
        "DRAIN_SECONDS": "0.5",
    }
    async with AsyncExitStack() as parts:
        yield Site(environment, parts)


async def test_a_rolling_deploy_and_its_rollback_lose_nothing(site: Site, tmp_path: Path) -> None:
    tree = make_next(tmp_path / "next")
    old = await site.start(ROOT)

    async with customer(site) as ann, asyncio.TaskGroup() as group:
        await heard_welcome(ann)
        work = group.create_task(ann.keep_submitting())
        await ann.some(10)
        new = await rolled_out(site, ann, old, tree)
        await ann.some(10)
        old = await rolled_back(site, ann, new)
        await ann.some(10)
        work.cancel()
        await ann.all()
        await site.stop(old)

    assert set(ann.endings.values()) == {1}
    assert {kind for _, kind in ann.endings} == {"job.succeeded"}
    assert ann.said["gap"] == 0
    assert ann.offsets == sorted(set(ann.offsets))
    assert ann.shades == {"old", "new"}
    assert await attempts_spent(site) == []


async def rolled_out(site: Site, ann: Customer, old: Release, tree: Path) -> Release:
    """Deploy the next version while this one works; return it."""
    await site.migrate(tree)
    await ann.some(10)  # this version's code on the next one's tables
    new = await site.start(tree, "tests.kinds,next_kinds")
    await versions_side_by_side(site)
    await work_only_the_next_version_knows(ann, old, new)
    await site.stop(old)
    return new


async def rolled_back(site: Site, ann: Customer, new: Release) -> Release:
    """Go back to this version, which leaves alone what it does not know; return it."""
    assert "works with it" in await site.migrate(ROOT)
    old = await site.start(ROOT)
    left = await ann.submit("brand_new", {"value": "left"}, new.base, delay=3600)
    ann.accepted.remove(left)
    await site.stop(new)
    await is_left_alone(site, left)
    return old


async def heard_welcome(ann: Customer) -> None:
    async def welcome() -> bool:
        return bool(ann.cursor)

    await becomes_true(welcome, 30)


async def versions_side_by_side(site: Site) -> None:
    """See both versions in the workers' leases: what the doctor tells of a deploy."""
    connection = await asyncpg.connect(site.environment["DATABASE_URL"])
    rows = await connection.fetch("SELECT info->>'version' AS version FROM workers")
    await connection.close()
    assert {row["version"] for row in rows} > {NEXT}


async def work_only_the_next_version_knows(ann: Customer, old: Release, new: Release) -> None:
    """Let the next version's kind run beside a worker that does not know it, and be looked at there."""
    jobs = [await ann.submit("brand_new", {"value": number}, new.base) for number in range(10)]
    batches = [await batch_that_ends_with_the_next_version(ann, new) for _ in range(4)]
    for job in jobs:
        await succeeded(ann.client, f"{new.base}/api/jobs/{job}")
    await have_their_last_jobs(ann.site, batches)
    for path in (*READ, f"/api/jobs/{jobs[0]}", f"/api/jobs/{jobs[0]}/events"):
        answer = await ann.client.get(f"{old.base}{path}")
        assert answer.status_code in {200, 403}, f"{path}: {answer.text}"


async def batch_that_ends_with_the_next_version(ann: Customer, new: Release) -> UUID:
    """Submit a batch that whichever worker ends its last job may complete, and what follows only one."""
    body = {
        "jobs": [{"kind": "echo", "args": {}}],
        "on_complete": {"kind": "brand_new", "args": {"value": "all over"}},
    }
    answer = await ann.client.post(f"{new.base}/api/jobs/batch", json=body)
    assert answer.is_success, answer.text
    ann.accepted += [job["id"] for job in answer.json()["jobs"]]
    return UUID(answer.json()["batch_id"])


async def have_their_last_jobs(site: Site, batches: list[UUID]) -> None:
    connection = await asyncpg.connect(site.environment["DATABASE_URL"])

    async def followed() -> bool:
        return await connection.fetchval(FOLLOWED, [str(b) for b in batches]) == len(batches)

    await becomes_true(followed, 20)
    await connection.close()


async def succeeded(client: httpx2.AsyncClient, url: str) -> None:
    answer = await client.get(url, headers={"Prefer": "wait=20"})

    assert (answer.json()["state"], answer.json()["attempt"]) == ("succeeded", 1)


async def is_left_alone(site: Site, job: str) -> None:
    """Make a job due that no running worker knows: it is queued, and stays so."""
    connection = await asyncpg.connect(site.environment["DATABASE_URL"])
    await connection.execute("UPDATE jobs SET run_at = now() WHERE id = $1", UUID(job))

    async def queued() -> bool:
        row = await connection.fetchrow("SELECT state, attempt FROM jobs WHERE id = $1", UUID(job))
        assert row is not None
        return tuple(row) == ("queued", 0)

    await becomes_true(queued, 20)
    await connection.close()


async def attempts_spent(site: Site) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(site.environment["DATABASE_URL"])
    spent = [tuple(row) for row in await connection.fetch(SPENT)]
    assert await connection.fetchval(RELEASED) > 0  # the deploy did interrupt somebody
    await connection.close()
    return spent
