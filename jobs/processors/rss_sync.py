"""Kind ``rss_sync``: ask a followed feed what is new, and keep each item once."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.context import Context
from jobs.errors import Discard, JobError, ProviderError
from jobs.ids import uuid7
from jobs.kept.feeds import (
    FeedRow,
    ItemRow,
    Reading,
    due_feeds,
    feed_failed,
    feed_flagged,
    feed_read,
    feed_seen,
    feed_waits,
    find_feed,
    found_by,
    keep_items,
)
from jobs.processor import processor
from jobs.providers.feed import MAX_URL, Feed, Item
from jobs.providers.feed_documents import read_feed
from jobs.providers.feed_identity import digest, identified
from jobs.providers.politeness import HostBusy
from jobs.providers.web import Fetched
from jobs.tick import Due, Tick

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

TIMEOUT = timedelta(minutes=1)
PATIENCE_SECONDS = 50.0
A_LITTLE = timedelta(minutes=1)
FRESH_FOR = timedelta(minutes=15) - A_LITTLE
"""A little less than the time between two ticks, so that each finds it due."""

FIRST_WAIT = timedelta(minutes=30)
LONGEST_WAIT = timedelta(days=1)
MOST_DOUBLINGS = 10
MOST_TOLD = 5
LONGEST_ERROR = 500
LONGEST_VALIDATOR = 500
GONE = "http_410"


class Args(BaseModel):
    """Which of the user's feeds to ask."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"feed_id": "01a203fe-315d-7704-ba1e-0be741383f9a"}]},
    )

    feed_id: UUID = Field(description="A feed of yours, by its id at `/api/feeds`")


class Result(BaseModel):
    """What asking brought. The items are at `/api/feeds/{feed_id}/items`."""

    feed_id: UUID
    url: str = Field(description="Where the feed is now")
    new: int = Field(0, description="Items never seen before")
    updated: int = Field(0, description="Items that say something else than before")
    known: int = Field(0, description="Items that are as they were")
    unchanged: bool = Field(False, description="Whether the feed as a whole is as it was")
    skipped: Literal["paused", "gone", "changed"] | None = Field(
        None, description="Why it was not asked, or why the answer does not count"
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What the feed answered; without a ``feed`` it is as it was."""

    fetched: Fetched
    sha256: str = ""
    feed: Feed | None = None


async def due(session: "AsyncSession", now: datetime, limit: int) -> list[Due]:
    """Return a job for each feed that is due, and put the feeds off until the next tick."""
    feeds = await due_feeds(session, now, limit, now + FRESH_FOR)
    return [Due(org, user, Args(feed_id=feed), f"feed:{feed}") for feed, org, user in feeds]


@processor("rss_sync", timeout=TIMEOUT, max_attempts=3, tick=Tick("*/15 * * * *", due))
async def rss_sync(context: Context, args: Args) -> Result:
    """Ask a feed what is new and keep each item once.

    Running it twice writes the same rows, one per feed and guid, link or hash, and asks only whether the
    feed has changed; items, validators and the time it is due next are written together. An attempt after
    one that was lost finds by the job's id what that one kept, and tells of it once.
    """
    feed = await followed(context, args.feed_id)
    if feed.paused or feed.ended_at is not None:
        return Result(feed_id=feed.id, url=feed.url, skipped="paused" if feed.paused else "gone")
    await context.progress(0.1, f"Asking {feed.url}")
    try:
        answer = await asked_in_time(context, feed)
    except HostBusy:
        raise
    except JobError as error:
        await failed(context, feed, error)
        raise
    result = await counted(context, await kept(context, feed, answer))
    await context.progress(1.0, words_for(result))
    return result


async def followed(context: Context, feed_id: UUID) -> FeedRow:
    """Return the feed. Raises Discard when it is not there, or another's."""
    async with context.db() as session:
        feed = await find_feed(session, context.org, context.user, feed_id)
    if feed is None:
        raise Discard("There is no such feed.", code="not_found")
    return feed


async def asked_in_time(context: Context, feed: FeedRow) -> Answer:
    """Ask for the feed, and give up while there is time to note it. Raises what ``asked`` raises."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asked(context, feed)
    except TimeoutError as error:
        raise ProviderError("The feed took too long.") from error


async def asked(context: Context, feed: FeedRow) -> Answer:
    """Ask for the feed and read it, unless it says or shows that it has not changed.

    Raises Discard for what is no feed or may not be fetched, ProviderError for what may pass.
    """
    fetched = await context.providers.feeds.get(feed.url, feed.etag, feed.last_modified)
    if fetched.unchanged:
        return Answer(fetched)
    sha256 = hashlib.sha256(fetched.body).hexdigest()
    if sha256 == feed.sha256:
        return Answer(fetched, sha256)
    await context.progress(0.5, f"Reading {len(fetched.body):,} bytes")
    read = await context.run_in_process(read_feed, fetched.body, fetched.charset, fetched.url)
    if read.cut:
        await context.log("The feed ends in the middle of an item; that one is left for later.")
    if read.left_out:
        await context.log(f"{read.left_out} items are too many; the oldest are left out.")
    return Answer(fetched, sha256, read)


async def kept(context: Context, feed: FeedRow, answer: Answer) -> Result:
    """Keep what the feed answered, all of it or, when it was changed meanwhile, nothing."""
    now = datetime.now(UTC)
    fetched, read = answer.fetched, answer.feed
    moved_to = fetched.moved_to if len(fetched.moved_to) <= MAX_URL else ""
    fresh_for = max(FRESH_FOR, read.fresh_for - A_LITTLE) if read and read.fresh_for else FRESH_FOR
    async with context.db() as session:
        url = await feed_seen(session, feed, moved_to, now, now + fresh_for)
        if url is None:
            return Result(feed_id=feed.id, url=feed.url, skipped="changed")
        if read is None:
            return Result(feed_id=feed.id, url=url, unchanged=True)
        items, ids_repeat = identified(read.items, feed.ids_repeat)
        await feed_read(session, feed, reading(answer, read, ids_repeat))
        new, updated = await keep_items(session, feed, context.job.id, rows_of(items, now), now)
    known = len(items) - new - updated
    return Result(feed_id=feed.id, url=url, new=new, updated=updated, known=known)


def rows_of(items: dict[str, Item], now: datetime) -> list[ItemRow]:
    """Return items by identity as rows; those of one time keep the order they have in the feed."""
    return [
        ItemRow(
            id=uuid7(),
            identity=identity,
            guid=item.guid,
            url=item.url,
            title=item.title,
            summary=item.summary,
            author=item.author,
            published_at=item.published_at,
            ordered_at=min(item.published_at or now, now) - timedelta(microseconds=place),
            enclosures=item.enclosures,
            sha256=digest(item),
        )
        for place, (identity, item) in enumerate(items.items())
    ]


def reading(answer: Answer, read: Feed, ids_repeat: bool) -> Reading:
    """Return what is kept of a feed beside its items."""
    return Reading(
        own_title=read.title,
        site_url=read.site_url,
        language=read.language,
        format=read.format,
        etag=shorter(answer.fetched.etag),
        last_modified=shorter(answer.fetched.last_modified),
        sha256=answer.sha256,
        ids_repeat=ids_repeat,
    )


def shorter(validator: str) -> str:
    """Return a validator that is worth keeping; cut off, it would match nothing."""
    return validator if len(validator) <= LONGEST_VALIDATOR else ""


async def counted(context: Context, result: Result) -> Result:
    """Return the result with all that this job found, and tell of it, in whichever attempt it did."""
    if not result.new and context.attempt == 1:
        return result
    async with context.db() as session:
        feed = await find_feed(session, context.org, context.user, result.feed_id)
        total, newest = await found_by(session, result.feed_id, context.job.id, MOST_TOLD)
    if feed is None or not total:
        return result
    title = feed.title or feed.own_title
    about = {"feed_id": str(feed.id), "url": result.url, "title": title}
    await context.notify("rss_sync_completed", {**about, "new": total, "items": newest})
    known = max(result.known - (total - result.new), 0)
    return result.model_copy(update={"new": total, "known": known})


def words_for(result: Result) -> str:
    """Return a result in words."""
    if result.skipped:
        return f"The feed is {result.skipped}"
    if result.unchanged:
        return "Nothing has changed"
    return f"{result.new} new, {result.updated} changed, {result.known} known"


async def failed(context: Context, feed: FeedRow, error: JobError) -> None:
    """Note a failure, let the feed wait longer with each, and tell its user once of one that lasts.

    Telling comes first: noted but not told, nobody ever would be.
    """
    now = datetime.now(UTC)
    gone = error.code == GONE
    about = {"feed_id": str(feed.id), "url": feed.url, "title": feed.title or feed.own_title}
    if gone:
        await context.notify("rss_sync_failed", {**about, "reason": "gone"})
    said = (error.code, str(error)[:LONGEST_ERROR])
    async with context.db() as session:
        failure = await feed_failed(session, feed, context.job.id, now, said, gone)
        if failure is not None:
            await feed_waits(session, feed, now + wait_after(failure.failures, error))
    if failure is None or gone or failure.flagged_at is not None:
        return
    if now - failure.failing_since >= context.providers.feeds.bad_after:
        since = failure.failing_since.isoformat()
        await context.notify("rss_sync_failed", {**about, "reason": "failing", "since": since})
        async with context.db() as session:
            await feed_flagged(session, feed, now)


def wait_after(failures: int, error: JobError) -> timedelta:
    """Return how long a feed is left alone: doubled with each failure, at least what it asks for."""
    asked_for = error.after if isinstance(error, ProviderError) and error.after else timedelta(0)
    doubled: timedelta = FIRST_WAIT * 2 ** min(failures - 1, MOST_DOUBLINGS)
    return max(min(doubled, LONGEST_WAIT), asked_for)
