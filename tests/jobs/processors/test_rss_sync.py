"""Kind ``rss_sync``, against a played site and a real database: each item once, failures told once."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from jobs.errors import Discard, InvalidArgs, ProviderError
from jobs.feeds import Feeds
from jobs.feeds.resource import FeedItemResource, FeedResource, FeedStatus
from jobs.ids import uuid7
from jobs.processors.rss_sync import (
    FRESH_FOR,
    LONGEST_WAIT,
    PATIENCE_SECONDS,
    Args,
    Result,
    rss_sync,
)
from jobs.settings import JobsSettings
from realtime.caller import Caller
from tests.jobs.processors.context import Attempts, RecordingContext
from tests.jobs.processors.test_feed_samples import SAMPLES
from tests.jobs.providers.site import Site, response

ANNA = Caller("anna", "acme", frozenset({"jobs:read", "jobs:write"}))
KIND = "rss_sync"
ETAG = '"one"'


def item(name: str, **fields: str) -> str:
    told = {"title": name, "link": f"https://a.example/{name}", "guid": f"id-{name}", **fields}
    return "".join(["<item>", *(f"<{k}>{v}</{k}>" for k, v in told.items() if v), "</item>"])


def feed_of(*items: str, **headers: Any) -> bytes:
    body = f'<rss version="2.0"><channel><title>Letters</title>{"".join(items)}</channel></rss>'
    return response(body.encode(), content_type="application/rss+xml", **headers)


@pytest.fixture
def feeds(attempts: Attempts, settings: JobsSettings, site: Site) -> Feeds:
    allowed = settings.model_copy(update={"web_allow_private": site.host, "max_feeds": 3})
    return Feeds(allowed, attempts.database)


@pytest.fixture
async def feed(feeds: Feeds, site: Site) -> FeedResource:
    made, _ = await feeds.create(ANNA, site.url("/feed"), "")
    return made


async def sync(context: RecordingContext, feed: FeedResource) -> Result:
    parsed = rss_sync.parse({"feed_id": str(feed.id)})
    result = await rss_sync.process(context, parsed)
    assert isinstance(result, Result)
    return result


async def items_of(feeds: Feeds, feed: FeedResource) -> list[FeedItemResource]:
    return (await feeds.items(ANNA, feed.id, None, 200)).data


async def failing(attempts: Attempts, feed: FeedResource) -> tuple[RecordingContext, str]:
    context = attempts.begin(KIND)
    with pytest.raises((Discard, ProviderError)) as caught:
        await sync(context, feed)
    return context, caught.value.code


async def test_new_items_are_kept_and_told(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = feed_of(item("b"), item("a"), etag=ETAG)
    context = attempts.begin(KIND)

    result = await sync(context, feed)

    assert (result.new, result.updated, result.known, result.unchanged) == (2, 0, 0, False)
    assert [one.title for one in await items_of(feeds, feed)] == ["b", "a"]
    newest = [{"title": name, "url": f"https://a.example/{name}"} for name in ("b", "a")]
    about = {"feed_id": str(feed.id), "url": feed.url, "title": "Letters"}
    assert context.told == [("rss_sync_completed", {**about, "new": 2, "items": newest})]
    assert context.fractions[-1] == 1.0
    assert context.messages[-1] == "2 new, 0 changed, 0 known"
    now = await feeds.get(ANNA, feed.id)
    assert (now.status, now.title, now.format) == (FeedStatus.ACTIVE, "Letters", "rss20")
    assert now.fetched_at is not None
    assert now.next_at is not None
    assert now.next_at - now.fetched_at == FRESH_FOR


async def test_a_second_run_asks_only_whether_it_changed(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    modified = "Mon, 23 Nov 2026 08:00:00 GMT"
    site.pages["/feed"] = feed_of(item("a"), etag=ETAG, last_modified=modified)
    await sync(attempts.begin(KIND), feed)
    site.pages["/feed"] = response(status="304 Not Modified")
    context = attempts.begin(KIND)

    result = await sync(context, feed)

    asked = site.headers("/feed")
    assert (asked["if-none-match"], asked["if-modified-since"]) == (ETAG, modified.lower())
    assert (result.unchanged, result.new, result.known) == (True, 0, 0)
    assert context.told == []
    assert len(await items_of(feeds, feed)) == 1


async def test_a_feed_without_validators_is_told_unchanged_by_its_bytes(
    attempts: Attempts, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = feed_of(item("a"))
    await sync(attempts.begin(KIND), feed)

    result = await sync(attempts.begin(KIND), feed)

    assert result.unchanged


async def test_only_what_is_new_or_changed_is_written(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = feed_of(item("b"), item("a"))
    await sync(attempts.begin(KIND), feed)
    before = {one.guid: one for one in await items_of(feeds, feed)}
    site.pages["/feed"] = feed_of(item("c"), item("b", title="B!"), item("a"))
    context = attempts.begin(KIND)

    result = await sync(context, feed)

    assert (result.new, result.updated, result.known) == (1, 1, 1)
    after = {one.guid: one for one in await items_of(feeds, feed)}
    assert after["id-a"] == before["id-a"]
    assert (after["id-b"].id, after["id-b"].title) == (before["id-b"].id, "B!")
    assert after["id-b"].updated_at > before["id-b"].updated_at
    assert [told[1]["new"] for told in context.told] == [1]


async def test_an_attempt_after_a_lost_one_tells_of_what_that_one_kept(
    attempts: Attempts, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = feed_of(item("b"), item("a"))
    lost = attempts.begin(KIND)
    first = await sync(lost, feed)
    context = attempts.begin(KIND, job=lost.job.id, attempt=2)

    second = await sync(context, feed)

    assert (first.new, second.new, second.unchanged) == (2, 2, True)
    assert context.told == lost.told  # the same name and data: the inbox has it once


async def test_an_unpublished_change_of_dates_makes_nothing_new(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    ahead, behind = "Sat, 24 Nov 2096 09:30:00 GMT", "Tue, 24 Nov 2026 09:30:00 GMT"
    site.pages["/feed"] = feed_of(
        item("old", pubDate=behind), item("future", pubDate=ahead), item("undated")
    )
    await sync(attempts.begin(KIND), feed)

    found = await items_of(feeds, feed)

    assert [one.guid for one in found] == ["id-future", "id-undated", "id-old"]
    assert [one.published_at and one.published_at.year for one in found] == [2096, None, 2026]


async def test_a_guid_that_repeats_is_distrusted_without_doubling_what_was_kept(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = feed_of(item("a", guid="offer"), item("n", guid="", link=""))
    await sync(attempts.begin(KIND), feed)
    site.pages["/feed"] = feed_of(
        item("b", guid="offer"), item("a", guid="offer"), item("n", guid="", link="")
    )

    both = await sync(attempts.begin(KIND), feed)
    site.pages["/feed"] = feed_of(item("b", guid="offer"), item("n", guid="", link=""))
    one = await sync(attempts.begin(KIND), feed)

    assert (both.new, both.updated, both.known) == (1, 0, 2)
    assert (one.new, one.updated, one.known) == (0, 0, 2)
    assert sorted(found.title for found in await items_of(feeds, feed)) == ["a", "b", "n"]


async def test_each_sample_is_kept_once_and_known_the_second_time(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    context = attempts.begin(KIND)
    for name in ("rss20-wordpress.xml", "atom10-xhtml-base.xml", "json11.json", "shift-jis.xml"):
        body = (SAMPLES / name).read_bytes()
        site.pages["/feed"] = response(body, content_type="application/octet-stream")
        assert (await sync(attempts.begin(KIND), feed)).new > 0
        site.pages["/feed"] = response(body + b"\n", content_type="text/plain")

        again = await sync(context, feed)

        assert (again.new, again.updated) == (0, 0)
        assert again.known > 0
    podcast = await items_of(feeds, feed)
    attached = next(one for one in podcast if one.title == "Kōkako").enclosures
    assert [(one.type, one.length) for one in attached] == [("audio/x-m4a", 89970236)]


@pytest.mark.parametrize("status", ["301 Moved", "308 Permanent"])
async def test_a_permanent_redirect_moves_the_feed(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site, status: str
) -> None:
    site.pages["/feed"] = response(status=status, location="/new")
    site.pages["/new"] = feed_of(item("a"))

    result = await sync(attempts.begin(KIND), feed)

    assert result.url == site.url("/new")
    assert (await feeds.get(ANNA, feed.id)).url == site.url("/new")


async def test_only_permanent_redirects_from_the_start_move_it(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = response(status="301 Moved", location="/a")
    site.pages["/a"] = response(status="302 Found", location="/b")
    site.pages["/b"] = response(status="301 Moved", location="/c")
    site.pages["/c"] = feed_of(item("a"))

    await sync(attempts.begin(KIND), feed)

    assert (await feeds.get(ANNA, feed.id)).url == site.url("/a")


async def test_a_redirect_to_a_page_or_to_another_feed_of_mine_moves_nothing(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = response(status="301 Moved", location="/page")
    site.pages["/page"] = response(b"<html>Parked</html>")
    assert (await failing(attempts, feed))[1] == "not_a_feed"
    site.pages["/page"] = feed_of(item("a"))
    await feeds.create(ANNA, site.url("/page"), "")

    result = await sync(attempts.begin(KIND), feed)

    assert (result.new, result.url) == (1, site.url("/feed"))


async def test_a_feed_that_is_gone_ends_and_is_told(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = response(status="410 Gone")

    context, code = await failing(attempts, feed)
    later = await sync(attempts.begin(KIND), feed)

    about = {"feed_id": str(feed.id), "url": feed.url, "title": "", "reason": "gone"}
    assert (code, context.told) == ("http_410", [("rss_sync_failed", about)])
    assert later.skipped == "gone"
    now = await feeds.get(ANNA, feed.id)
    assert (now.status, now.next_at) == (FeedStatus.GONE, None)
    assert site.paths.count("/feed") == 1


async def test_a_feed_that_fails_waits_longer_each_time_and_recovers(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    waits: list[timedelta] = []
    for _ in range(9):
        before = datetime.now(UTC)
        await failing(attempts, feed)
        now = await feeds.get(ANNA, feed.id)
        assert now.next_at is not None
        waits.append(now.next_at - before)
    assert (now.status, now.failures) == (FeedStatus.FAILING, 9)
    assert now.last_error is not None
    assert now.last_error.code == "http_404"
    site.pages["/feed"] = feed_of(item("a"))

    await sync(attempts.begin(KIND), feed)

    hours = [round(wait / timedelta(hours=1), 2) for wait in waits]
    assert hours == [0.5, 1, 2, 4, 8, 16, 24, 24, 24]
    recovered = await feeds.get(ANNA, feed.id)
    assert (recovered.status, recovered.failures) == (FeedStatus.ACTIVE, 0)
    assert (recovered.last_error, recovered.failing_since) == (None, None)


async def test_attempts_of_one_job_are_one_failure_and_retry_after_is_obeyed(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = response(status="503 Busy", retry_after="3600")
    job = uuid7()
    for attempt in (1, 2, 3):
        with pytest.raises(ProviderError) as caught:
            await sync(attempts.begin(KIND, job=job, attempt=attempt), feed)
        assert caught.value.after is not None

    now = await feeds.get(ANNA, feed.id)

    assert now.failures == 1
    assert now.next_at is not None
    assert now.next_at - datetime.now(UTC) > timedelta(minutes=55)


async def test_a_feed_that_fails_for_days_is_flagged_and_told_once(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    quiet, _ = await failing(attempts, feed)
    await attempts.database.fetch("UPDATE feeds SET failing_since = now() - interval '8 days'")

    loud, _ = await failing(attempts, feed)
    after, _ = await failing(attempts, feed)

    assert (quiet.told, after.told) == ([], [])
    ((name, told),) = loud.told
    assert (name, told["feed_id"], told["url"]) == ("rss_sync_failed", str(feed.id), feed.url)
    assert told["reason"] == "failing"
    assert (await feeds.get(ANNA, feed.id)).status == FeedStatus.FLAGGED


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (response(b"<html><title>x</title></html>"), "not_a_feed"),
        (response(b"", content_type="text/xml"), "not_a_feed"),
        (response(b"%PDF", content_type="application/pdf"), "wrong_type"),
        (response(status="403 No"), "http_403"),
        (response(status="500 Oops"), "provider_error"),
        (response(status="301 Moved", location="http://169.254.169.254/"), "address_refused"),
        (response(status="301 Moved", location="/feed"), "too_many_redirects"),
    ],
)
async def test_a_failure_has_its_code_and_is_noted(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site, answer: bytes, code: str
) -> None:
    site.pages["/feed"] = answer

    assert (await failing(attempts, feed))[1] == code

    now = await feeds.get(ANNA, feed.id)
    assert now.last_error is not None
    assert (now.last_error.code, now.failures) == (code, 1)


async def test_a_feed_that_takes_too_long_is_noted_before_the_attempt_ends(
    attempts: Attempts,
    feeds: Feeds,
    feed: FeedResource,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(sys.modules["jobs.processors.rss_sync"], "PATIENCE_SECONDS", 0.3)
    site.pages["/feed"] = hang

    _, code = await failing(attempts, feed)

    now = await feeds.get(ANNA, feed.id)
    assert now.last_error is not None
    assert (code, now.last_error.message) == ("provider_error", "The feed took too long.")
    assert timedelta(seconds=PATIENCE_SECONDS) < rss_sync.timeout


async def test_a_host_that_others_keep_busy_is_no_failure_of_its_feed(
    attempts: Attempts,
    feeds: Feeds,
    feed: FeedResource,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hanging = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hanging.set()
        await reader.read()

    monkeypatch.setattr("jobs.providers.feeds.PATIENCE_SECONDS", 0.05)
    site.pages["/feed"] = feed_of(item("a"))
    site.pages["/slow"] = hang
    slow = asyncio.create_task(attempts.providers.web.get(site.url("/slow")))
    await hanging.wait()

    context, code = await failing(attempts, feed)

    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    now = await feeds.get(ANNA, feed.id)
    assert (code, now.failures, now.status) == ("host_busy", 0, FeedStatus.ACTIVE)
    assert context.told == []
    assert (await sync(attempts.begin(KIND), feed)).new == 1


async def test_a_host_that_told_another_feed_to_wait_is_no_failure_of_this_one(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    other, _ = await feeds.create(ANNA, site.url("/other"), "")
    site.pages["/other"] = response(status="503 Busy", retry_after="3600")

    codes = [(await failing(attempts, one))[1] for one in (other, feed)]

    found = [await feeds.get(ANNA, one.id) for one in (other, feed)]
    assert codes == ["provider_error", "host_busy"]
    assert [one.failures for one in found] == [1, 0]
    assert "/feed" not in site.paths


async def test_robots_txt_is_obeyed(attempts: Attempts, feed: FeedResource, site: Site) -> None:
    site.pages["/robots.txt"] = response(b"User-agent: *\nDisallow: /feed")

    assert (await failing(attempts, feed))[1] == "robots"
    assert "/feed" not in site.paths


async def test_a_paused_feed_is_not_asked(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    await feeds.change(ANNA, feed.id, {"paused": True})

    result = await sync(attempts.begin(KIND), feed)

    assert (result.skipped, site.connections) == ("paused", 0)


async def test_a_url_that_changes_meanwhile_keeps_nothing_of_the_old_one(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    async def change(reader: Any, writer: Any) -> None:
        await feeds.change(ANNA, feed.id, {"url": site.url("/other")})
        writer.write(feed_of(item("a"), etag=ETAG))

    site.pages["/feed"] = change

    result = await sync(attempts.begin(KIND), feed)

    assert result.skipped == "changed"
    assert await items_of(feeds, feed) == []
    assert (await feeds.get(ANNA, feed.id)).fetched_at is None


async def test_a_feed_deleted_meanwhile_keeps_nothing(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    async def delete(reader: Any, writer: Any) -> None:
        await feeds.delete(ANNA, feed.id)
        writer.write(feed_of(item("a")))

    site.pages["/feed"] = delete

    assert (await sync(attempts.begin(KIND), feed)).skipped == "changed"
    assert await attempts.database.fetch("SELECT 1 FROM feed_items") == []


async def test_a_strangers_feed_does_not_exist(
    attempts: Attempts, feed: FeedResource, site: Site
) -> None:
    with pytest.raises(Discard) as caught:
        await sync(attempts.begin(KIND, user="bert"), feed)

    assert caught.value.code == "not_found"
    assert site.connections == 0


async def test_old_items_make_room_but_not_those_still_listed(
    attempts: Attempts,
    feeds: Feeds,
    feed: FeedResource,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jobs.kept.feeds.MOST_KEPT", 2)
    days = {name: f"{day} Nov 2026 10:00 GMT" for day, name in enumerate("abcd", 1)}
    site.pages["/feed"] = feed_of(*(item(name, pubDate=days[name]) for name in "ba"))
    await sync(attempts.begin(KIND), feed)
    site.pages["/feed"] = feed_of(*(item(name, pubDate=days[name]) for name in "dca"))

    result = await sync(attempts.begin(KIND), feed)

    assert (result.new, result.known) == (2, 1)
    assert [one.title for one in await items_of(feeds, feed)] == ["d", "c", "a"]


async def test_ten_thousand_items_are_bounded(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    site.pages["/feed"] = feed_of(*(item(str(number)) for number in range(10_000)))
    context = attempts.begin(KIND)

    result = await sync(context, feed)

    assert result.new == 1_000
    assert "9000 items are too many; the oldest are left out." in context.lines


async def test_a_feed_asks_to_be_left_alone_for_a_while(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    body = b'<rss version="2.0"><channel><title>Slow</title><ttl>180</ttl></channel></rss>'
    site.pages["/feed"] = response(body, content_type="text/xml")

    await sync(attempts.begin(KIND), feed)

    now = await feeds.get(ANNA, feed.id)
    assert now.next_at is not None
    assert now.fetched_at is not None
    assert now.next_at - now.fetched_at == timedelta(minutes=179)
    assert timedelta(minutes=179) < LONGEST_WAIT


@pytest.mark.parametrize("args", [{}, {"feed_id": "x"}, {"feed_id": str(uuid4()), "url": "y"}])
def test_wrong_args_are_refused(args: dict[str, object]) -> None:
    with pytest.raises(InvalidArgs):
        rss_sync.parse(args)


def test_the_kind_keeps_its_promises() -> None:
    assert (rss_sync.timeout, rss_sync.max_attempts) == (timedelta(minutes=1), 3)
    assert [rss_sync.parse(example) for example in Args.model_json_schema()["examples"]]


async def test_two_syncs_at_once_keep_each_item_once(
    attempts: Attempts, feeds: Feeds, feed: FeedResource, site: Site
) -> None:
    meeting = asyncio.Barrier(2)
    site.pages["/robots.txt"] = response(b"")
    site.pages["/feed"] = feed_of(item("b"), item("a"))

    async def together() -> Result:
        await meeting.wait()
        return await sync(attempts.begin(KIND), feed)

    one, two = await asyncio.gather(together(), together())

    assert one.new + two.new == 2
    assert len(await items_of(feeds, feed)) == 2
