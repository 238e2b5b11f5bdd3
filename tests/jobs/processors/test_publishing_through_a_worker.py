"""Publishing and measuring through a real worker: scheduled, ticked, posted, told, measured, kept."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jobs import Kind
from jobs.acceptance import Acceptance
from jobs.inbox import InboxFilter
from jobs.limits import NO_LIMITS
from jobs.posts.resource import LearningFilter, PostFilter
from jobs.processor import Registry
from jobs.processors.analytics_collection import analytics_collection
from jobs.processors.content_publishing import content_publishing
from jobs.queue import Submission
from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from jobs.store import JobRow
from jobs.ticks import Ticks
from service.dev.child import becomes_true
from service.dev.sandbox import Sandbox
from tests.e2e.program import ROOT, Program, started
from tests.jobs.conftest import ANNA, BERT, ended, submit, working
from tests.jobs.processors.publishing import SECRET_KEY, TEXT, Newsroom, sealing

HOUR = timedelta(hours=1)
STATUSES = "/api/v1/statuses"


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    return sealing(settings, sandbox)


async def fire(resources: Resources, kind: Kind) -> list[JobRow]:
    """Do what a worker's loop does at each minute."""
    db, announcer, registry = resources.db, resources.announcer, Registry([kind])
    acceptance = Acceptance(resources.settings, db, registry, NO_LIMITS, announcer)
    return await Ticks(db, registry, acceptance, announcer).fire()


async def let_a_minute_pass(newsroom: Newsroom) -> None:
    """Make the slots that were dealt with older ones."""
    await newsroom.database.execute("UPDATE ticks SET slot = slot - interval '1 hour'")


def contents_of(rows: list[JobRow]) -> list[UUID]:
    return [UUID(row.args["content_id"]) for row in rows]


async def test_a_content_goes_out_at_its_minute_and_is_measured(
    resources: Resources, settings: JobsSettings, newsroom: Newsroom
) -> None:
    connection, now = await newsroom.connect(), datetime.now(UTC)
    content = await newsroom.write(
        "scheduled", connection=connection, publish_at=now - timedelta(seconds=1)
    )

    [job] = await fire(resources, content_publishing)
    async with working(settings):
        published = await ended(resources, await resources.records.get(ANNA, job.id))
        measured = await ended(
            resources,
            await submit(resources, "analytics_collection", connection_id=str(connection)),
        )

    assert (published.error, measured.error) == (None, None)
    assert newsroom.texts == [f"{TEXT}\n\n#Garden"]
    assert (await newsroom.content(content)).status == "published"
    [post] = (await resources.posts.list(ANNA, PostFilter())).data
    told = await resources.posts.get(ANNA, post.id)
    assert str(post.id) == published.result["post_id"]
    assert {sample.metric for sample in told.samples} == {"favourites", "reblogs", "replies"}
    learnt = await resources.posts.learnings(ANNA, LearningFilter())
    assert {(one.brand, one.posts) for one in learnt.data} == {("warm", 1)}
    assert {one.facet.value for one in learnt.data} == {"weekday", "hour", "channel", "hashtag"}
    inbox = await resources.inbox.list(ANNA, InboxFilter())
    assert [entry.name for entry in inbox.data] == ["content_published"]
    assert (await resources.posts.list(BERT, PostFilter())).data == []
    assert (await resources.posts.learnings(BERT, LearningFilter())).data == []


async def test_each_minute_finds_what_is_due_then_and_nothing_twice(
    resources: Resources, newsroom: Newsroom
) -> None:
    connection, now = await newsroom.connect(), datetime.now(UTC)
    first = await newsroom.write("scheduled", connection=connection, publish_at=now - HOUR)
    later = await newsroom.write("scheduled", connection=connection, publish_at=now + HOUR)

    made = [await fire(resources, content_publishing) for _ in range(2)]
    await let_a_minute_pass(newsroom)
    made.append(await fire(resources, content_publishing))
    await newsroom.database.execute("UPDATE contents SET publish_at = now() WHERE id = $1", later)
    await let_a_minute_pass(newsroom)
    made.append(await fire(resources, content_publishing))

    assert [contents_of(rows) for rows in made] == [[first], [], [], [later]]
    assert made[0][0].unique_key == f"{first}:{connection}"
    assert (made[0][0].org_id, made[0][0].user_id, made[0][0].notify) == ("acme", "anna", True)


async def test_a_job_that_was_cancelled_is_not_made_again(
    resources: Resources, newsroom: Newsroom
) -> None:
    connection = await newsroom.connect()
    content = await newsroom.write(
        "scheduled", connection=connection, publish_at=datetime.now(UTC) - HOUR
    )
    [job] = await fire(resources, content_publishing)
    await resources.queue.cancel(ANNA, job.id)
    await newsroom.database.execute("UPDATE posts SET updated_at = now() - interval '2 minutes'")
    await let_a_minute_pass(newsroom)

    again = await fire(resources, content_publishing)

    assert again == []
    assert (await newsroom.post())["error"]["code"] == "not_finished"
    assert (await newsroom.content(content)).status == "failed"


async def test_two_workers_and_two_jobs_make_one_post(
    resources: Resources, settings: JobsSettings, newsroom: Newsroom
) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    args = {"content_id": str(content), "connection_id": str(connection)}
    newsroom.sandbox.switch("mastodon", delay_seconds=0.3, times=1)

    async with working(settings), working(settings), open_resources(settings) as other:
        jobs = [
            await ways.queue.submit(ANNA, Submission("content_publishing", args))
            for ways in (resources, other)
        ]
        found = [await ended(resources, job) for job in jobs]

    assert [job.error for job in found] == [None, None]
    assert len(newsroom.texts) == 1


async def test_an_ended_connection_is_told_to_its_owner(
    resources: Resources, settings: JobsSettings, newsroom: Newsroom
) -> None:
    connection = await newsroom.connect(status="expired")
    content = await newsroom.write()
    args = {"content_id": str(content), "connection_id": str(connection)}

    async with working(settings):
        job = await submit(resources, "content_publishing", **args)
        found = await ended(resources, job)

    inbox = await resources.inbox.list(ANNA, InboxFilter())
    assert found.error is not None
    assert found.error.code == "connection_expired"
    [entry] = inbox.data
    assert (entry.name, entry.job_id) == ("content_publishing_failed", job.id)
    assert entry.data["code"] == "connection_expired"
    assert "has expired" in entry.data["reason"]


async def test_an_hour_finds_the_connections_with_young_posts(
    resources: Resources, settings: JobsSettings, newsroom: Newsroom
) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    args = {"content_id": str(content), "connection_id": str(connection)}
    async with working(settings):
        await ended(resources, await submit(resources, "content_publishing", **args))
    await let_a_minute_pass(newsroom)
    await newsroom.database.execute("UPDATE posts SET measured_at = NULL")
    await newsroom.database.execute("DELETE FROM jobs WHERE kind = 'analytics_collection'")

    made = await fire(resources, analytics_collection)
    again = await fire(resources, analytics_collection)

    assert [row.args for row in made] == [{"connection_id": str(connection)}]
    assert again == []


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


async def test_a_worker_that_is_killed_while_the_platform_posts_leads_to_one_post(
    resources: Resources, settings: JobsSettings, newsroom: Newsroom
) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", delay_seconds=0.5, path=STATUSES, times=1)

    async def asked() -> bool:
        return any(call["body"] for call in newsroom.sandbox.calls("mastodon", STATUSES))

    async def posted() -> bool:
        return len(newsroom.texts) == 1

    async with worker_process(settings) as program:
        args = {"content_id": str(content), "connection_id": str(connection)}
        job = await submit(resources, "content_publishing", **args)
        await becomes_true(asked, 20)
        program.process.send_signal(signal.SIGKILL)
        await program.ends()
    await becomes_true(posted, 20)
    left = await newsroom.post()
    async with worker_process(settings):
        over = await ended(resources, job)

    assert (left["state"], left["provider_post_id"]) == ("publishing", None)
    assert (over.error, over.attempt) == (None, 2)
    assert newsroom.texts == [f"{TEXT}\n\n#Garden"]
    assert over.result["provider_post_id"] == newsroom.mastodon.posts.statuses[0].id
    assert len(newsroom.sandbox.calls("mastodon", STATUSES)) == 2
    inbox = await resources.inbox.list(ANNA, InboxFilter())
    assert [entry.name for entry in inbox.data] == ["content_published"]
