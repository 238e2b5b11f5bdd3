"""Kind ``analytics_collection`` on the bench: the sandbox's Mastodon over loopback, a real database."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from jobs.ids import uuid7
from jobs.processors.analytics_collection import analytics_collection, due_now
from jobs.testing import Job
from service.dev.sandbox.mastodon_posts import Status
from tests.jobs.processors.publishing import Newsroom

STATUSES = "/api/v1/accounts/"
ADD_POST = """
INSERT INTO posts (id, org_id, user_id, content_id, connection_id, channel, title, brand, hashtags, state,
                   idempotency_key, provider_post_id, published_at)
VALUES ($1, $2, $3, $1, $4, 'mastodon', 'T', $5, $6, 'published', 'k', $7, $8)
"""
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # a Wednesday


def code_of(job: Job) -> str | None:
    return job.error.code if job.error else None


async def published(
    newsroom: Newsroom,
    connection: UUID,
    *,
    age: timedelta = timedelta(minutes=10),
    at: datetime | None = None,
    brand: str = "warm",
    hashtags: tuple[str, ...] = ("Garden",),
) -> Status:
    """Let something have been posted some time ago."""
    posts = newsroom.mastodon.posts
    when = at or datetime.now(UTC) - age
    posts.clock = when.timestamp
    status = posts.post("garden", "Hello", [], "", "")
    posts.clock = time.time
    about = (connection, brand, list(hashtags), status.id, when)
    await newsroom.database.execute(ADD_POST, uuid7(), *newsroom.owner, *about)
    return status


async def due(newsroom: Newsroom, now: datetime | None = None) -> list[str]:
    async with newsroom.db() as session:
        return [one.unique_key for one in await due_now(session, now or datetime.now(UTC), 100)]


async def learnt(newsroom: Newsroom, facet: str, metric: str = "favourites") -> dict[str, Any]:
    rows = await newsroom.database.fetch(
        "SELECT brand, value, posts, total FROM learnings WHERE facet = $1 AND metric = $2",
        facet,
        metric,
    )
    return {f"{row['brand']}/{row['value']}": (row["posts"], row["total"]) for row in rows}


async def test_the_counters_of_this_hour_are_kept(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    statuses = [await published(newsroom, connection) for _ in range(3)]

    job = await newsroom.collect(connection)

    assert job.error is None
    assert (job.result.posts, job.result.measured, job.result.samples) == (3, 3, 9)
    found = await newsroom.samples()
    for status in statuses:
        counters = newsroom.mastodon.posts.counters(status)
        for metric in ("favourites", "reblogs", "replies"):
            assert found[status.id, metric] == counters[f"{metric}_count"]
    assert found[statuses[0].id, "favourites"] >= 30
    assert await newsroom.database.fetchval(
        "SELECT bool_and(hour = date_trunc('hour', hour) AND hour > now() - interval '61 minutes') "
        "FROM samples"
    )


async def test_a_second_run_of_the_hour_changes_nothing_but_values(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    statuses = [await published(newsroom, connection) for _ in range(2)]
    await newsroom.collect(connection)
    before = await newsroom.samples()
    for status in statuses:
        status.extra = 60

    job = await newsroom.collect(connection)

    after = await newsroom.samples()
    assert job.error is None
    assert after.keys() == before.keys()
    assert await newsroom.database.fetchval(  # the hour may have turned in between
        "SELECT count(*) <= count(DISTINCT (post_id, metric)) * count(DISTINCT hour) FROM samples"
    )
    assert after[statuses[0].id, "favourites"] == before[statuses[0].id, "favourites"] + 180
    assert (await learnt(newsroom, "channel"))["warm/mastodon"][0] == 2


async def test_one_post_is_read_by_its_id(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    status = await published(newsroom, connection)

    job = await newsroom.collect(connection)

    assert job.result.measured == 1
    paths = [call["path"] for call in newsroom.sandbox.calls("mastodon")]
    assert paths == [f"/api/v1/statuses/{status.id}"]


async def test_a_post_that_was_deleted_there_is_passed_over(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    gone = await published(newsroom, connection)
    newsroom.mastodon.posts.statuses.remove(gone)

    alone = await newsroom.collect(connection)
    await published(newsroom, connection)
    among = await newsroom.collect(connection)

    assert (alone.error, alone.result.posts, alone.result.measured) == (None, 1, 0)
    assert (among.error, among.result.posts, among.result.measured) == (None, 2, 1)


async def test_it_pages_as_far_as_there_are_posts_of_ours(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    for number in range(50):  # older than all of ours: never reached
        newsroom.mastodon.posts.clock = lambda: time.time() - 90_000
        newsroom.mastodon.posts.post("garden", f"Old {number}", [], "", "")
    for _ in range(95):
        await published(newsroom, connection)

    job = await newsroom.collect(connection)

    assert (job.result.measured, job.result.pages) == (95, 3)
    fractions = [progress.fraction for progress in job.progress]
    assert fractions == sorted(fractions)


async def test_when_the_rate_is_used_up_it_goes_on_when_that_is_new(newsroom: Newsroom) -> None:
    connection, mastodon = await newsroom.connect(), newsroom.mastodon
    for _ in range(100):
        await published(newsroom, connection)
    mastodon.policy = mastodon.policy.model_copy(update={"rate": 2, "window_seconds": 90})
    bench = newsroom.bench()

    job = bench.submit(analytics_collection, {"connection_id": str(connection)})
    await bench.until(lambda: job.state == "retrying")
    first = len(newsroom.sandbox.calls("mastodon"))
    mastodon.posts.clock = lambda: time.time() + 91
    mastodon.policy = mastodon.policy.model_copy(update={"rate": 300})
    await bench.run()

    assert job.error is None
    assert (job.result.measured, job.result.pages, job.result.samples) == (100, 3, 300)
    assert first == 2
    calls = newsroom.sandbox.calls("mastodon")
    assert [call["query"].get("max_id", "") != "" for call in calls] == [False, False, True, True]
    assert {call["status"] for call in calls} == {200}
    wait = job.attempts[1].started_at - job.attempts[0].started_at
    assert wait.total_seconds() == pytest.approx(90, abs=10)


async def test_a_page_that_is_refused_for_now_is_asked_again(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    for _ in range(50):
        await published(newsroom, connection)
    newsroom.sandbox.switch("mastodon", status=429, retry_after=30, times=1)

    job = await newsroom.collect(connection)

    assert (job.error, job.result.measured, len(job.attempts)) == (None, 50, 2)


@pytest.mark.parametrize(
    "switch", [{"status": 500}, {"garbage": True}, {"truncate": True}], ids=str
)
async def test_what_may_pass_is_tried_again(newsroom: Newsroom, switch: dict[str, Any]) -> None:
    connection = await newsroom.connect()
    for _ in range(2):
        await published(newsroom, connection)
    newsroom.sandbox.switch("mastodon", path=STATUSES, times=2, **switch)

    job = await newsroom.collect(connection)

    assert (job.state, len(job.attempts), job.result.measured) == ("succeeded", 3, 2)


async def test_a_token_that_is_refused_ends_the_connection(newsroom: Newsroom) -> None:
    connection = await newsroom.connect(credentials={"access_token": "another"})
    await published(newsroom, connection)

    job = await newsroom.collect(connection)

    assert (job.state, code_of(job), len(job.attempts)) == ("failed", "unauthorized", 1)
    assert await newsroom.database.fetchval("SELECT status FROM connections") == "expired"
    assert await due(newsroom) == []


async def test_a_connection_without_metrics_or_posts(newsroom: Newsroom) -> None:
    hook, mastodon = await newsroom.connect("webhook"), await newsroom.connect()

    jobs = [await newsroom.collect(ident) for ident in (hook, uuid7(), mastodon)]

    assert [code_of(job) for job in jobs] == ["no_metrics", "not_found", None]
    assert newsroom.sandbox.calls("mastodon") == []


async def test_what_is_learnt_is_counted_by_brand(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    posts = newsroom.mastodon.posts
    at = [NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)]
    first = await published(newsroom, connection, at=at[0], hashtags=("Garden", "Sea"))
    second = await published(newsroom, connection, at=at[1])
    third = await published(newsroom, connection, at=at[2], brand="dry", hashtags=())
    posts.clock = (NOW + timedelta(days=2)).timestamp
    likes = {s.id: posts.counters(s)["favourites_count"] for s in (first, second, third)}
    one, two, other = (likes[s.id] for s in (first, second, third))

    job = await newsroom.collect(connection)

    assert job.error is None
    assert await learnt(newsroom, "weekday") == {"warm/3": (2, one + two), "dry/4": (1, other)}
    assert await learnt(newsroom, "hour") == {
        "warm/9": (1, one),
        "warm/10": (1, two),
        "dry/9": (1, other),
    }
    assert await learnt(newsroom, "channel") == {
        "warm/mastodon": (2, one + two),
        "dry/mastodon": (1, other),
    }
    assert await learnt(newsroom, "hashtag") == {
        "warm/garden": (2, one + two),
        "warm/sea": (1, one),
    }
    total = sum(posts.counters(third).values())
    assert (await learnt(newsroom, "weekday", "engagement"))["dry/4"] == (1, total)


async def test_what_is_due_is_found_once_an_hour_while_posts_are_young(newsroom: Newsroom) -> None:
    young, old, hook, ended = [
        await newsroom.connect(),
        await newsroom.connect(),
        await newsroom.connect("webhook"),
        await newsroom.connect(status="expired"),
    ]
    for connection in (young, young, hook, ended):
        await published(newsroom, connection)
    await published(newsroom, old, age=timedelta(days=31))

    now = datetime.now(UTC)
    found = [await due(newsroom, now + timedelta(hours=h)) for h in (0, 0, 1)]

    assert found == [[f"connection:{young}"], [], [f"connection:{young}"]]


async def test_an_old_post_is_not_asked_for(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    await published(newsroom, connection, age=timedelta(days=31))

    job = await newsroom.collect(connection)

    assert (job.error, job.result.posts) == (None, 0)


def test_its_limits_are_as_promised() -> None:
    assert analytics_collection.timeout == timedelta(minutes=2)
    assert analytics_collection.max_attempts == 3
    assert analytics_collection.tick is not None
    assert analytics_collection.tick.cron == "0 * * * *"
