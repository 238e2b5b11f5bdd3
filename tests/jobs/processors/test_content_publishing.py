"""Kind ``content_publishing`` on the bench: the sandbox's Mastodon and sink, a real database."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from jobs.errors import InvalidArgs
from jobs.ids import uuid7
from jobs.kept.connections import ConnectionRow
from jobs.processors.content_publishing import content_publishing, due_now
from jobs.providers.platforms import Post, PublishedPost
from jobs.testing import Job
from jobs.vault import Credentials
from service.dev.sandbox.mastodon_posts import shown
from tests.jobs.processors.publishing import TEXT, Newsroom

HOUR = timedelta(hours=1)
STATUSES = "/api/v1/statuses"
POSTED = f"{TEXT}\n\n#Garden"


def code_of(job: Job) -> str | None:
    return job.error.code if job.error else None


def pauses(job: Job) -> list[float]:
    """Return the seconds between an attempt's end and the next one's start."""
    ended = [a.ended_at for a in job.attempts]
    return [
        (later.started_at - end).total_seconds()
        for end, later in zip(ended, job.attempts[1:], strict=False)
        if end is not None
    ]


async def test_an_approved_content_is_posted_and_its_owner_told(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()

    job = await newsroom.publish(content, connection)

    assert job.error is None
    [status] = newsroom.mastodon.posts.statuses
    assert (status.account, status.text, status.language) == ("garden", POSTED, "en")
    post, kept = await newsroom.post(), await newsroom.content(content)
    assert (post["state"], post["provider_post_id"]) == ("published", status.id)
    assert post["url"] == job.result.url == f"{newsroom.sandbox.url}/mastodon/@garden/{status.id}"
    assert abs(post["published_at"].timestamp() - status.at) < 0.01
    assert (post["brand"], post["hashtags"], post["job_id"]) == ("warm", ["Garden"], job.id)
    assert (kept.status, kept.version) == ("published", 2)
    assert job.result.post_id == post["id"]
    assert not job.result.repeated
    told = [(notice.name, notice.data) for notice in job.notifications]
    data = {"content_id": str(content), "post_id": str(post["id"]), "channel": "mastodon"}
    assert told == [("content_published", {**data, "title": "Open at last", "url": post["url"]})]
    fractions = [progress.fraction for progress in job.progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


async def test_credentials_are_nowhere_to_be_seen(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()

    job = await newsroom.publish(content, connection)

    told = [*job.logs, *job.events, *job.notifications, *job.progress, job.row, job.result]
    assert "sandbox-token" not in repr(told)
    sent = [call["headers"]["authorization"] for call in newsroom.sandbox.calls("mastodon")]
    assert set(sent) == {"Bearer •••"}


async def test_without_a_variant_the_body_goes_out(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    await newsroom.database.execute("UPDATE contents SET variants = $1", {})

    await newsroom.publish(content, connection)

    assert newsroom.texts == ["Body in **Markdown**.\n\n#Garden"]


async def test_hashtags_that_are_there_or_do_not_fit_are_not_added(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    there = await newsroom.write(text="Come. #GARDEN")
    long = await newsroom.write(text="x" * 495)

    await newsroom.publish(there, connection)
    await newsroom.publish(long, connection)

    assert newsroom.texts == ["Come. #GARDEN", "x" * 495]


async def test_media_go_out_with_their_alt_text_and_are_removed(newsroom: Newsroom) -> None:
    newsroom.mastodon.posts.polls = 2
    connection, content = await newsroom.connect(), await newsroom.write()
    bench = newsroom.bench()
    upload = bench.upload(b"\x89PNG\r\n--not--a-boundary", name='a "b".png', media_type="image/png")
    args = {"content_id": str(content), "connection_id": str(connection)}
    media = [{"upload_id": str(upload), "alt": "A gate, open"}]

    job = bench.submit(content_publishing, {**args, "media": media})
    await bench.run()

    assert job.error is None
    [file] = newsroom.mastodon.posts.statuses[0].media
    assert (file.description, file.media_type) == ("A gate, open", "image/png")
    assert file.data == b"\x89PNG\r\n--not--a-boundary"
    polls = newsroom.sandbox.calls("mastodon", "/api/v1/media/")
    assert [call["status"] for call in polls] == [206, 206, 200]
    assert upload not in bench.storage


async def test_media_of_the_schedule_go_out(newsroom: Newsroom) -> None:
    connection, bench = await newsroom.connect(), newsroom.bench()
    upload = bench.upload(b"GIF", name="a.gif", media_type="image/gif")
    media = [{"upload_id": str(upload), "alt": ""}]
    past = datetime.now(UTC) - HOUR
    content = await newsroom.write("scheduled", connection=connection, publish_at=past, media=media)

    job = bench.submit(content_publishing, {"content_id": str(content)})
    await bench.run()

    assert job.error is None
    assert [m.data for m in newsroom.mastodon.posts.statuses[0].media] == [b"GIF"]


async def test_a_file_that_the_platform_does_not_take_ends_the_job_and_stays(
    newsroom: Newsroom,
) -> None:
    connection, content, bench = await newsroom.connect(), await newsroom.write(), newsroom.bench()
    upload = bench.upload(b"PK", name="a.zip", media_type="application/zip")
    args = {"content_id": str(content), "connection_id": str(connection)}

    job = bench.submit(content_publishing, {**args, "media": [{"upload_id": str(upload)}]})
    await bench.run()

    assert (job.state, code_of(job), len(job.attempts)) == ("failed", "refused", 1)
    assert "content type is invalid" in str(job.error)
    assert upload in bench.storage
    assert newsroom.texts == []


async def test_media_that_are_gone_end_the_job(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()

    job = await newsroom.publish(content, connection, media=[{"upload_id": str(uuid4())}])

    assert (job.state, code_of(job)) == ("failed", "media_gone")
    assert newsroom.texts == []


async def test_a_second_job_posts_nothing_and_says_so(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    first = await newsroom.publish(content, connection)

    second = await newsroom.publish(content, connection)

    assert second.result.repeated
    assert second.result.post_id == first.result.post_id
    assert second.notifications == []
    assert len(newsroom.texts) == 1
    assert len(newsroom.sandbox.calls("mastodon", STATUSES)) == 1


async def test_two_jobs_at_once_make_one_post(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", delay_seconds=0.3, times=1)
    bench = newsroom.bench()
    args = {"content_id": str(content), "connection_id": str(connection)}

    jobs = [bench.submit(content_publishing, args) for _ in range(2)]
    await bench.run()

    assert [job.state for job in jobs] == ["succeeded"] * 2
    assert sorted(job.result.repeated for job in jobs) == [False, True]
    assert len(newsroom.sandbox.calls("mastodon", STATUSES)) == 1
    assert len(newsroom.texts) == 1


async def test_a_content_goes_out_by_several_connections(newsroom: Newsroom) -> None:
    mastodon, hook = await newsroom.connect(), await newsroom.connect("webhook")
    content = await newsroom.write()

    await newsroom.publish(content, mastodon)
    job = await newsroom.publish(content, hook)

    assert job.error is None
    assert [post["channel"] for post in await newsroom.posts()] == ["mastodon", "webhook"]


async def test_when_the_answer_is_lost_the_same_key_finds_the_post(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", truncate=True, path=STATUSES, times=1)

    job = await newsroom.publish(content, connection)

    assert job.state == "succeeded"
    assert pauses(job) == pytest.approx([60.0], rel=0.1)
    calls = newsroom.sandbox.calls("mastodon", STATUSES)
    keys = {call["headers"]["idempotency-key"] for call in calls}
    assert (len(calls), keys) == (2, {f"{content}:{connection}"})
    assert newsroom.texts == [POSTED]


@pytest.mark.parametrize("other_posts", [0, 45])
async def test_later_than_the_key_is_remembered_the_post_is_looked_up(
    newsroom: Newsroom, other_posts: int
) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", truncate=True, path=STATUSES, times=1)
    bench, posts = newsroom.bench(), newsroom.mastodon.posts
    args = {"content_id": str(content), "connection_id": str(connection)}
    job = bench.submit(content_publishing, args)
    await bench.until(lambda: job.state == "retrying")
    await newsroom.database.execute("UPDATE posts SET asked_at = asked_at - interval '2 hours'")
    posts.clock = lambda: time.time() + 7_200
    for number in range(other_posts):
        posts.post("garden", f"Something else {number}", [], "", "")

    await bench.run()

    assert job.state == "succeeded"
    assert "An earlier try had published it." in [line.message for line in job.logs]
    assert [text for text in newsroom.texts if "opens" in text] == [POSTED]
    assert job.result.provider_post_id == posts.statuses[0].id
    assert len(newsroom.sandbox.calls("mastodon", STATUSES)) == 1


async def test_what_was_not_posted_after_all_is_posted_later(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", status=503, path=STATUSES, times=1)
    bench = newsroom.bench()
    args = {"content_id": str(content), "connection_id": str(connection)}
    job = bench.submit(content_publishing, args)
    await bench.until(lambda: job.state == "retrying")
    await newsroom.database.execute("UPDATE posts SET asked_at = asked_at - interval '2 hours'")
    newsroom.mastodon.posts.post("garden", "Something else", [], "", "")

    await bench.run()

    assert job.state == "succeeded"
    assert newsroom.texts == ["Something else", POSTED]


class Lingering:
    """Platforms whose first post is made, and whose answer to it never gets through."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.answered = False

    def at(self, row: ConnectionRow, credentials: Credentials) -> Any:
        platform = self._inner.at(row, credentials)
        if not self.answered:
            self._publish, platform.publish = platform.publish, self.publish
        return platform

    async def publish(self, post: Post) -> PublishedPost:
        await self._publish(post)
        self.answered = True
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


async def test_a_worker_lost_between_the_answer_and_our_commit_leads_to_one_post(
    newsroom: Newsroom,
) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    lingering = Lingering(newsroom.providers["platforms"])
    newsroom.providers["platforms"] = lingering
    bench = newsroom.bench()
    args = {"content_id": str(content), "connection_id": str(connection)}
    job = bench.submit(content_publishing, args)
    await bench.until(lambda: lingering.answered)
    assert ((await newsroom.post())["state"], newsroom.texts) == ("publishing", [POSTED])

    bench.crash(job)
    await bench.run()

    assert (job.state, len(job.attempts)) == ("succeeded", 2)
    assert newsroom.texts == [POSTED]
    assert len(newsroom.sandbox.calls("mastodon", STATUSES)) == 2
    assert [notice.name for notice in job.notifications] == ["content_published"]


async def test_a_worker_lost_after_our_commit_leads_to_no_second_call(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    bench = newsroom.bench()
    args = {"content_id": str(content), "connection_id": str(connection)}
    job = bench.submit(content_publishing, args)
    await bench.until(lambda: "Published." in [line.message for line in job.logs])

    bench.crash(job)
    await bench.run()

    assert job.state == "succeeded"
    assert newsroom.texts == [POSTED]
    assert [notice.name for notice in job.notifications] == ["content_published"]
    assert len(newsroom.sandbox.calls("mastodon", STATUSES)) == 1


@pytest.mark.parametrize(
    "switch",
    [
        {"status": 500},
        {"status": 503},
        {"garbage": True},
        {"truncate": True},
        {"status": 429},
    ],
    ids=str,
)
async def test_what_may_pass_is_tried_again_in_steps(
    newsroom: Newsroom, switch: dict[str, Any]
) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", path=STATUSES, times=2, **switch)

    job = await newsroom.publish(content, connection)

    assert job.state == "succeeded"
    assert pauses(job) == pytest.approx([60.0, 300.0], rel=0.1)
    assert newsroom.texts == [POSTED]


async def test_retry_after_is_obeyed(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", status=429, retry_after=17, path=STATUSES, times=1)

    job = await newsroom.publish(content, connection)

    assert job.state == "succeeded"
    assert pauses(job) == pytest.approx([17.0], abs=0.1)


async def test_the_end_of_the_rates_window_is_waited_for(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    mastodon = newsroom.mastodon
    mastodon.policy = mastodon.policy.model_copy(update={"rate": 1, "window_seconds": 40})
    began = time.monotonic()
    await newsroom.publish(await newsroom.write(), connection)
    content, bench = await newsroom.write(), newsroom.bench()
    args = {"content_id": str(content), "connection_id": str(connection)}

    job = bench.submit(content_publishing, args)
    await bench.until(lambda: job.state == "retrying")
    passed = time.monotonic() - began  # of the window, at most: a slow machine comes late

    mastodon.posts.clock = lambda: time.time() + 41
    await bench.run()
    assert job.state == "succeeded"
    assert 40 - passed - 1 < pauses(job)[0] < 41


async def test_a_slow_platform_is_not_waited_for_forever(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    newsroom.sandbox.switch("mastodon", delay_seconds=2.0, path=STATUSES, times=1)
    bench = newsroom.bench(patience=0.2)
    args = {"content_id": str(content), "connection_id": str(connection)}

    job = bench.submit(content_publishing, args)
    await bench.run()

    assert job.state == "succeeded"
    assert pauses(job) == pytest.approx([60.0], rel=0.1)
    assert newsroom.texts == [POSTED]


async def test_after_the_last_attempt_the_tick_lets_the_content_fail(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    past = datetime.now(UTC) - HOUR
    content = await newsroom.write("scheduled", connection=connection, publish_at=past)
    newsroom.sandbox.switch("mastodon", status=500)

    job = await newsroom.publish(content)

    assert (job.state, len(job.attempts)) == ("failed", 3)
    assert await due(newsroom) == []
    await newsroom.database.execute("UPDATE posts SET updated_at = now() - interval '2 minutes'")
    assert await due(newsroom) == []
    post = await newsroom.post()
    assert (post["state"], post["error"]["code"]) == ("failed", "provider_error")
    assert (await newsroom.content(content)).status == "failed"


async def test_a_text_that_is_too_long_fails_for_good_with_the_platforms_words(
    newsroom: Newsroom,
) -> None:
    connection = await newsroom.connect()
    past = datetime.now(UTC) - HOUR
    content = await newsroom.write(
        "scheduled", text="x" * 501, connection=connection, publish_at=past
    )

    job = await newsroom.publish(content)

    assert (job.state, code_of(job), len(job.attempts)) == ("failed", "refused", 1)
    assert "character limit of 500" in str(job.error)
    [notice] = job.notifications
    assert (notice.name, notice.data["content_id"]) == ("content_publishing_failed", str(content))
    assert "character limit of 500" in notice.data["reason"]
    post = await newsroom.post()
    assert (post["state"], post["error"]["code"], post["asked_at"]) == ("failed", "refused", None)
    assert (await newsroom.content(content)).status == "failed"
    assert await due(newsroom) == []


async def test_a_token_that_is_refused_ends_the_connection(newsroom: Newsroom) -> None:
    connection = await newsroom.connect(credentials={"access_token": "another"})
    content = await newsroom.write()

    job = await newsroom.publish(content, connection)

    assert (job.state, code_of(job), len(job.attempts)) == ("failed", "unauthorized", 1)
    row = await newsroom.database.fetchrow("SELECT status, status_reason FROM connections")
    assert row is not None
    assert row["status"] == "expired"
    assert "access token is invalid" in row["status_reason"]


async def test_a_token_that_can_be_refreshed_is_left_to_that(newsroom: Newsroom) -> None:
    held = {"access_token": "another", "refresh_token": "r"}
    connection, content = await newsroom.connect(credentials=held), await newsroom.write()

    job = await newsroom.publish(content, connection)

    assert code_of(job) == "unauthorized"
    assert await newsroom.database.fetchval("SELECT status FROM connections") == "active"


@pytest.mark.parametrize("status", ["expired", "revoked"])
async def test_a_connection_that_has_ended_ends_the_job(newsroom: Newsroom, status: str) -> None:
    connection = await newsroom.connect(status=status)
    past = datetime.now(UTC) - HOUR
    content = await newsroom.write("scheduled", connection=connection, publish_at=past)

    job = await newsroom.publish(content)

    assert (job.state, code_of(job)) == ("failed", f"connection_{status}")
    assert newsroom.sandbox.calls("mastodon") == []
    assert (await newsroom.content(content)).status == "failed"


async def test_reconnected_the_job_goes_on_when_it_is_retried_by_hand(newsroom: Newsroom) -> None:
    connection = await newsroom.connect(status="expired")
    past = datetime.now(UTC) - HOUR
    content = await newsroom.write("scheduled", connection=connection, publish_at=past)
    bench = newsroom.bench()
    job = bench.submit(content_publishing, {"content_id": str(content)})
    await bench.run()
    await newsroom.database.execute("UPDATE connections SET status = 'active'")

    bench.retry(job)
    await bench.run()

    assert job.state == "succeeded"
    assert (await newsroom.content(content)).status == "published"
    assert newsroom.texts == [POSTED]


async def test_a_draft_is_not_published(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write("draft")

    job = await newsroom.publish(content, connection)

    assert (job.state, code_of(job)) == ("failed", "not_approved")
    assert (newsroom.texts, await newsroom.posts()) == ([], [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE contents SET status = 'draft'", "not_approved"),
        ("UPDATE contents SET publish_at = now() + interval '1 hour'", "not_due"),
        ("DELETE FROM contents", "not_found"),
    ],
)
async def test_what_is_taken_back_at_the_last_moment_is_not_posted(
    newsroom: Newsroom, change: str, code: str
) -> None:
    connection = await newsroom.connect()
    past = datetime.now(UTC) - HOUR
    content = await newsroom.write("scheduled", connection=connection, publish_at=past)
    await due(newsroom)
    hold = "UPDATE posts SET held_until = now() + $1::interval, job_id = $2"
    await newsroom.database.execute(hold, HOUR, uuid7())
    bench = newsroom.bench()
    job = bench.submit(content_publishing, {"content_id": str(content)})
    waiting = "Another job publishes this content right now"
    await bench.until(lambda: waiting in [progress.message for progress in job.progress])

    await newsroom.database.execute(change)
    await newsroom.database.execute(hold, -HOUR, uuid7())
    await bench.run()

    assert (job.state, code_of(job)) == ("failed", code)
    assert newsroom.texts == []
    assert newsroom.sandbox.calls("mastodon") == []


async def test_what_was_moved_to_later_waits_for_its_hour(newsroom: Newsroom) -> None:
    connection, now = await newsroom.connect(), datetime.now(UTC)
    content = await newsroom.write("scheduled", connection=connection, publish_at=now - HOUR)
    assert len(await due(newsroom)) == 1
    await newsroom.database.execute("UPDATE contents SET publish_at = $1", now + HOUR)

    job = await newsroom.publish(content)

    assert (job.state, code_of(job)) == ("failed", "not_due")
    assert (newsroom.texts, await newsroom.posts()) == ([], [])
    assert (await newsroom.content(content)).status == "scheduled"
    await newsroom.database.execute("UPDATE contents SET publish_at = $1", now - HOUR)
    assert len(await due(newsroom)) == 1


async def test_what_is_not_there_or_not_mine_is_not_found(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect(), await newsroom.write()
    stranger = Newsroom(newsroom.database, newsroom.sandbox, newsroom.db, newsroom.providers)
    stranger.owner = ("acme", "bert")
    his = await stranger.write()

    jobs = [
        await newsroom.publish(uuid7(), connection),
        await newsroom.publish(content, uuid7()),
        await stranger.publish(content, connection),
        await stranger.publish(his, connection),
        await newsroom.publish(content),
    ]

    assert [code_of(job) for job in jobs] == ["not_found"] * 4 + ["no_connection"]
    assert (newsroom.texts, await newsroom.posts()) == ([], [])


@pytest.mark.parametrize(
    ("provider", "credentials", "base_url", "code"),
    [
        ("oauth2", None, None, "wrong_provider"),
        ("mastodon", {"secret": "x"}, None, "incomplete_connection"),
        ("mastodon", None, "", "incomplete_connection"),
        ("mastodon", None, "http://169.254.169.254/", "address_refused"),
        ("mastodon", None, "http://127.0.0.1:9/", "address_refused"),
        ("webhook", {"access_token": "x"}, None, "incomplete_connection"),
        ("webhook", {"secret": "no base64!"}, None, "incomplete_connection"),
    ],
)
async def test_a_connection_that_cannot_publish_ends_the_job(
    newsroom: Newsroom,
    provider: str,
    credentials: dict[str, str] | None,
    base_url: str | None,
    code: str,
) -> None:
    connection = await newsroom.connect(provider, credentials=credentials, base_url=base_url)
    content = await newsroom.write()

    job = await newsroom.publish(content, connection)

    assert (job.state, code_of(job), len(job.attempts)) == ("failed", code, 1)
    assert (await newsroom.post())["error"]["code"] == code


async def test_a_webhook_gets_a_signed_post_with_a_stable_id(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect("webhook"), await newsroom.write()
    bench = newsroom.bench()
    upload = bench.upload(b"GIF", name="a.gif", media_type="image/gif")
    newsroom.sandbox.switch("sink", truncate=True, times=1)
    args = {"content_id": str(content), "connection_id": str(connection)}

    job = bench.submit(
        content_publishing, {**args, "media": [{"upload_id": str(upload), "alt": "A"}]}
    )
    await bench.run()

    ident = f"{content}:{connection}"
    assert job.error is None
    assert newsroom.sink.tries == {ident: 2}
    assert job.result.provider_post_id == ident
    assert job.result.url == f"{newsroom.sandbox.url}/sink/posts/{ident}"
    told = newsroom.sink.received[ident]
    assert told["type"] == "content.published"
    assert told["data"] == {
        "content_id": str(content),
        "title": "Open at last",
        "text": "Body in **Markdown**.\n\n#Garden",
        "body": "Body in **Markdown**.",
        "hashtags": ["Garden"],
        "language": "en-GB",
        "media": [{"name": "a.gif", "media_type": "image/gif", "alt": "A", "base64": "R0lG"}],
    }


async def test_a_webhook_that_answers_in_plain_words_has_taken_it(newsroom: Newsroom) -> None:
    connection, content = await newsroom.connect("webhook"), await newsroom.write()
    newsroom.sandbox.switch("sink", garbage=True)

    job = await newsroom.publish(content, connection)

    assert job.error is None
    assert (job.result.url, job.result.provider_post_id) == (None, f"{content}:{connection}")


async def test_what_is_due_is_found_once_the_most_overdue_first(newsroom: Newsroom) -> None:
    connection, now = await newsroom.connect(), datetime.now(UTC)
    times = {"late": now - 2 * HOUR, "now": now - timedelta(seconds=1), "later": now + HOUR}
    ids = {
        name: await newsroom.write("scheduled", connection=connection, publish_at=at)
        for name, at in times.items()
    }
    await newsroom.write("approved", connection=connection, publish_at=now - HOUR)

    first, second = await due(newsroom), await due(newsroom)

    assert first == [f"{ids[name]}:{connection}" for name in ("late", "now")]
    assert second == []
    assert [post["state"] for post in await newsroom.posts()] == ["publishing"] * 2


async def test_a_deleted_connection_lets_its_content_fail(newsroom: Newsroom) -> None:
    connection = await newsroom.connect()
    past = datetime.now(UTC) - HOUR
    content = await newsroom.write("scheduled", connection=connection, publish_at=past)
    await newsroom.database.execute("DELETE FROM connections")
    assert len(await due(newsroom)) == 1

    job = await newsroom.publish(content)

    assert code_of(job) == "not_found"
    assert (await newsroom.content(content)).status == "failed"
    assert await due(newsroom) == []


async def due(newsroom: Newsroom) -> list[str]:
    """Return the keys of what a tick finds."""
    async with newsroom.db() as session:
        return [one.unique_key for one in await due_now(session, datetime.now(UTC), 100)]


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"content_id": "x"},
        {"content_id": str(uuid7()), "media": [{"upload_id": str(uuid7())}] * 5},
        {"content_id": str(uuid7()), "at": "now"},
    ],
    ids=["nothing", "no id", "too many media", "an hour"],
)
def test_wrong_args_are_refused(args: dict[str, object]) -> None:
    with pytest.raises(InvalidArgs):
        content_publishing.parse(args)


def test_the_example_in_the_schema_is_valid() -> None:
    examples = content_publishing.args.model_json_schema()["examples"]

    assert [content_publishing.parse(example) for example in examples]


def test_its_limits_are_as_promised() -> None:
    minutes = [content_publishing.backoff(n).total_seconds() / 60 for n in (1, 2, 3)]

    assert (content_publishing.timeout, content_publishing.max_attempts) == (
        timedelta(minutes=2),
        3,
    )
    assert minutes == pytest.approx([1, 5, 15], rel=0.1)
    assert content_publishing.tick is not None
    assert content_publishing.tick.cron == "* * * * *"


def test_what_mastodon_shows_of_a_text_is_marked_up() -> None:
    assert "<br />" not in shown("a\n\nb")
    assert shown("a & b") == "<p>a &amp; b</p>"
