"""Tokens refreshed by real workers: submitted by hand, by the kind's clock, by two at once, and killed."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from jobs.ticks import Ticks
from service.dev.child import becomes_true
from service.dev.sandbox import Sandbox
from service.dev.sandbox.oauth import OAuth
from tests.e2e.program import ROOT, Program, started
from tests.jobs.conftest import ANNA, ended, submit, working
from tests.jobs.processors.connection import (
    SECRET_KEY,
    credentials_at,
    keep_connection,
    kept,
    opened,
    sealing,
)


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    return sealing(settings, sandbox)


async def inbox(resources: Resources) -> list[str]:
    found = await resources.db.fetch("SELECT name FROM inbox ORDER BY change_seq")
    return [row["name"] for row in found]


async def test_a_connection_gets_new_tokens(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    ident = await keep_connection(resources.db, sandbox, credentials_at(sandbox))

    async with working(settings):
        job = await ended(
            resources, await submit(resources, "token_refresh", connection_id=str(ident))
        )
        again = await ended(
            resources, await submit(resources, "token_refresh", connection_id=str(ident))
        )

    assert job.error is None
    assert (job.result["reason"], again.result["reason"]) == ("refreshed", "not_due")
    token = opened(await kept(resources.db, ident))["access_token"]
    assert sandbox.peer(OAuth).issuer.good(token)
    assert len(sandbox.calls("oauth", "/token")) == 1
    assert await inbox(resources) == ["token_refresh_completed"] * 2
    row = await resources.db.fetchrow("SELECT jobs::text AS told FROM jobs WHERE id = $1", job.id)
    assert row is not None
    assert "_secret" not in row["told"]
    assert token not in row["told"]


async def test_a_busy_provider_is_asked_again_when_it_says(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    sandbox.switch("oauth", status=429, retry_after=1, times=1)
    ident = await keep_connection(resources.db, sandbox, credentials_at(sandbox))

    async with working(settings):
        job = await ended(
            resources, await submit(resources, "token_refresh", connection_id=str(ident))
        )

    assert (job.state, job.attempt, job.result["refreshed"]) == ("succeeded", 2, True)


async def test_a_grant_that_has_ended_is_told_once(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    credentials = credentials_at(sandbox)
    sandbox.peer(OAuth).issuer.revoke("sandbox", credentials["refresh_token"])
    ident = await keep_connection(resources.db, sandbox, credentials)

    async with working(settings):
        job = await ended(
            resources, await submit(resources, "token_refresh", connection_id=str(ident))
        )

    assert job.error is not None
    assert (job.error.code, job.attempt) == ("invalid_grant", 1)
    assert (await kept(resources.db, ident)).status == "expired"
    assert await inbox(resources) == ["token_refresh_failed"]


async def test_two_workers_with_two_jobs_ask_the_provider_once(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    sandbox.switch("oauth", delay_seconds=0.3)
    ident = await keep_connection(resources.db, sandbox, credentials_at(sandbox))
    lonely = settings.model_copy(update={"worker_concurrency": 1})

    async with working(lonely), working(lonely):
        jobs = [
            await submit(resources, "token_refresh", connection_id=str(ident)) for _ in range(2)
        ]
        over = [await ended(resources, job) for job in jobs]

    assert sorted(job.result["reason"] for job in over) == ["not_due", "refreshed"]
    starts, ends = [job.started_at for job in over], [job.finished_at for job in over]
    assert max(start for start in starts if start) < min(end for end in ends if end)
    assert len(sandbox.calls("oauth", "/token")) == 1


async def test_the_clock_refreshes_what_ends_soon_and_makes_no_noise(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    ident = await keep_connection(resources.db, sandbox, credentials_at(sandbox))

    async with working(settings), open_resources(settings) as others:
        clocks = [Ticks(r.db, r.registry, r.acceptance, r.announcer) for r in (resources, others)]
        made = [row for rows in await asyncio.gather(*(c.fire() for c in clocks)) for row in rows]
        [job] = [row for row in made if row.kind == "token_refresh"]
        over = await ended(resources, await resources.records.get(ANNA, job.id))

    assert over.result["reason"] == "refreshed"
    assert over.unique_key == f"connection:{ident}"
    assert await inbox(resources) == []


@asynccontextmanager
async def worker_process(settings: JobsSettings) -> AsyncIterator[Program]:
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": SECRET_KEY,
        "WEB_ALLOW_PRIVATE": settings.web_allow_private,
        "LEASE_SECONDS": "1",
    }
    command = (sys.executable, "-m", "service", "worker")
    async with started(*command, cwd=ROOT, environment=environment) as program:
        await program.says("worker.started")
        program.keep_listening()
        yield program


async def test_a_worker_that_is_killed_while_the_provider_rotates_leaves_a_connection_that_says_so(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    ident = await keep_connection(resources.db, sandbox, credentials_at(sandbox))
    sandbox.switch("oauth", delay_seconds=0.5, times=1)

    async def asked() -> bool:
        return any(call["body"] for call in sandbox.calls("oauth", "/token"))

    async def rotated() -> bool:
        return sandbox.calls("oauth", "/token")[0]["status"] == 200

    async with worker_process(settings) as program:
        job = await submit(resources, "token_refresh", connection_id=str(ident))
        await becomes_true(asked, 20)
        program.process.send_signal(signal.SIGKILL)
        await program.ends()
    await becomes_true(rotated, 20)
    # The lease of the dead one runs out: not waited for here.
    await resources.db.fetch("UPDATE connections SET refreshing_until = now()")
    async with worker_process(settings):
        over = await ended(resources, job)

    row = await kept(resources.db, ident)
    assert over.error is not None
    assert (over.error.code, row.status) == ("invalid_grant", "expired")
    assert "had no answer that could be kept" in over.error.message
    assert await inbox(resources) == ["token_refresh_failed"]
