"""Feeds end to end: followed, found by the clock, read by a real worker, told in the inbox."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from jobs.feeds.resource import FeedResource, FeedStatus
from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from jobs.ticks import Ticks
from service.dev.sandbox import Sandbox
from service.dev.sandbox.sites import Sites
from tests.jobs.conftest import ANNA, BERT, ended, submit, working

INBOX = "SELECT name, data, user_id FROM inbox ORDER BY created_at, id"


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    """Let the sandbox be asked, without a pause."""
    allowed = {"web_allow_private": sandbox.host, "web_delay_seconds": 0.0}
    return settings.model_copy(update=allowed)


@pytest.fixture
async def resources(settings: JobsSettings) -> AsyncIterator[Resources]:
    async with open_resources(settings) as opened:
        yield opened


async def follow(resources: Resources, sandbox: Sandbox, path: str) -> FeedResource:
    """Follow a feed that is due."""
    feed, new = await resources.feeds.create(ANNA, f"{sandbox.url}/sites/{path}", "")
    assert new
    return feed


async def follow_quietly(resources: Resources, sandbox: Sandbox, path: str) -> FeedResource:
    """Follow a feed that the worker's own clock does not find, whenever the test runs."""
    feed = await follow(resources, sandbox, path)
    await resources.db.fetch("UPDATE feeds SET next_at = now() + interval '1 day'")
    return feed


async def sync(resources: Resources, feed: FeedResource) -> Any:
    job = await submit(resources, "rss_sync", feed_id=str(feed.id))
    return await ended(resources, job)


async def inbox(resources: Resources) -> list[tuple[str, Any]]:
    return [(row["name"], row["data"]) for row in await resources.db.fetch(INBOX)]


def clock_of(resources: Resources) -> Ticks:
    """Return what a worker's loop calls."""
    return Ticks(resources.db, resources.registry, resources.acceptance, resources.announcer)


@pytest.mark.parametrize("name", ["rss.xml", "atom.xml", "feed.json"])
async def test_a_feed_is_read_asked_again_and_brings_what_is_new(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox, name: str
) -> None:
    feed = await follow_quietly(resources, sandbox, f"news/{name}")
    async with working(settings):
        first = await sync(resources, feed)
        second = await sync(resources, feed)
        sandbox.peer(Sites).publish("A fourth thing", "In short")
        third = await sync(resources, feed)

    counts = [(job.result["new"], job.result["unchanged"]) for job in (first, second, third)]
    assert counts == [(3, False), (0, True), (1, False)]
    asked = sandbox.calls("sites", f"/news/{name}")
    assert [call["status"] for call in asked] == [200, 304, 200]
    items = (await resources.feeds.items(ANNA, feed.id, None, 10)).data
    assert items[0].title == "A fourth thing"
    assert len(items) == 4
    told = await inbox(resources)
    assert [(kind, data["new"]) for kind, data in told] == [
        ("rss_sync_completed", 3),
        ("rss_sync_completed", 1),
    ]


async def test_the_clock_finds_feeds_that_are_due_once(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    feed = await follow(resources, sandbox, "news/rss.xml")
    paused = await follow(resources, sandbox, "news/atom.xml")
    await resources.feeds.change(ANNA, paused.id, {"paused": True})

    made = await clock_of(resources).fire()
    await resources.db.fetch("UPDATE ticks SET slot = slot - interval '15 minutes'")
    again = await clock_of(resources).fire()
    async with working(settings):
        job = await ended(resources, await resources.records.get(ANNA, made[0].id))

    assert [(row.kind, row.user_id, row.args) for row in made] == [
        ("rss_sync", "anna", {"feed_id": str(feed.id)})
    ]
    assert again == []
    assert job.result["new"] == 3
    now = await resources.feeds.get(ANNA, feed.id)
    assert now.next_at is not None
    assert now.fetched_at is not None
    assert now.next_at - now.fetched_at == timedelta(minutes=14)


async def test_more_feeds_than_one_look_takes_are_all_found(
    resources: Resources, sandbox: Sandbox
) -> None:
    await resources.db.fetch(
        "INSERT INTO feeds (id, org_id, user_id, url)"
        " SELECT gen_random_uuid(), 'acme', 'u' || n, 'https://a.example/' FROM generate_series(1, 700) n"
    )

    made = await clock_of(resources).fire()

    assert len({row.unique_key for row in made}) == 700


async def test_a_feed_that_is_gone_fails_at_once_and_is_told(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    feed = await follow_quietly(resources, sandbox, "gone/feed.xml")
    async with working(settings):
        job = await sync(resources, feed)

    assert (job.state, job.failures, job.error.code) == ("failed", 1, "http_410")
    told = [(kind, data["reason"]) for kind, data in await inbox(resources)]
    assert told == [("rss_sync_failed", "gone")]
    assert (await resources.feeds.get(ANNA, feed.id)).status == FeedStatus.GONE


async def test_a_moved_feed_is_asked_at_its_new_place(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    feed = await follow_quietly(resources, sandbox, "old/feed.xml")
    async with working(settings):
        await sync(resources, feed)
        again = await sync(resources, feed)

    assert again.result["unchanged"]
    assert again.result["url"] == f"{sandbox.url}/sites/news/rss.xml"
    assert len(sandbox.calls("sites", "/old/")) == 1


async def test_a_feed_that_fails_for_now_is_tried_again_by_the_same_job(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    feed = await follow_quietly(resources, sandbox, "news/rss.xml")
    sandbox.switch("sites", status=503, retry_after=1, times=1)
    async with working(settings):
        job = await sync(resources, feed)

    assert (job.state, job.attempt, job.result["new"]) == ("succeeded", 2, 3)
    now = await resources.feeds.get(ANNA, feed.id)
    assert (now.status, now.failures) == (FeedStatus.ACTIVE, 0)


async def test_a_page_instead_of_a_feed_fails_the_job_and_is_noted(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    feed = await follow_quietly(resources, sandbox, "broken/feed.xml")
    async with working(settings):
        job = await sync(resources, feed)

    assert (job.state, job.error.code) == ("failed", "not_a_feed")
    now = await resources.feeds.get(ANNA, feed.id)
    assert (now.status, now.failures) == (FeedStatus.FAILING, 1)
    assert await inbox(resources) == []


async def test_a_strangers_feed_fails_the_job(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    feed, _ = await resources.feeds.create(BERT, f"{sandbox.url}/sites/news/rss.xml", "")
    async with working(settings):
        job = await sync(resources, feed)

    assert (job.state, job.error.code) == ("failed", "not_found")
    assert sandbox.calls("sites") == []


async def test_the_sample_site_is_read_and_its_end_told_once(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    start = f"{sandbox.url}/index.html"
    async with working(settings):
        first = await submit(resources, "context_scraping", url=start, max_pages=3)
        one = await ended(resources, first)
        second = await submit(resources, "context_scraping", url=start, max_pages=3)
        two = await ended(resources, second)

    assert [page["changed"] for page in one.result["pages"]] == [True] * 3
    assert [page["changed"] for page in two.result["pages"]] == [False] * 3
    pages = [call for call in sandbox.calls("site") if call["path"] != "/robots.txt"]
    statuses = [call["status"] for call in pages]
    assert statuses == [200] * 3 + [304] * 3
    assert [kind for kind, _ in await inbox(resources)] == ["context_scraping_completed"] * 2


async def test_a_site_that_cannot_be_read_is_told_when_its_job_has_failed(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    async with working(settings):
        url = f"{sandbox.url}/sites/garden/missing.html"
        job = await ended(resources, await submit(resources, "context_scraping", url=url))

    assert (job.state, job.error.code if job.error else "") == ("failed", "http_404")
    assert [kind for kind, _ in await inbox(resources)] == ["job.failed"]
