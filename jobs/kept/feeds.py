"""A followed feed as its sync sees it, and what it brought: each item once, by its identity.

Adding, changing and showing feeds is ``jobs.store.feeds``'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

FIND = """
SELECT id, org_id, user_id, url, title, own_title, paused, etag, last_modified, sha256, ids_repeat,
       failures, failing_since, flagged_at, ended_at
FROM feeds WHERE id = $1 AND org_id = $2 AND user_id = $3
"""
# What was read of one url never lands on another: its follower may have changed it meanwhile.
SEEN = """
UPDATE feeds SET
  url = CASE WHEN $3 = '' OR EXISTS (
      SELECT 1 FROM feeds o WHERE o.org_id = feeds.org_id AND o.user_id = feeds.user_id AND o.url = $3
    ) THEN url ELSE $3 END,
  next_at = $4, fetched_at = $5, failures = 0, failed_job = NULL, failing_since = NULL,
  flagged_at = NULL, error_code = '', error = ''
WHERE id = $1 AND url = $2 AND ended_at IS NULL
RETURNING url
"""
READ = """
UPDATE feeds SET own_title = $2, site_url = $3, language = $4, format = $5, etag = $6,
  last_modified = $7, sha256 = $8, ids_repeat = $9
WHERE id = $1
"""
CHANGED = "UPDATE feeds SET changed_at = $2 WHERE id = $1"
FAILED = """
UPDATE feeds SET
  failures = failures + CASE WHEN failed_job = $3 THEN 0 ELSE 1 END, failed_job = $3,
  failing_since = coalesce(failing_since, $4), error_code = $5, error = $6,
  ended_at = CASE WHEN $7 THEN coalesce(ended_at, $4) ELSE ended_at END
WHERE id = $1 AND url = $2
RETURNING failures, failing_since, flagged_at
"""
NOT_BEFORE = "UPDATE feeds SET next_at = $3 WHERE id = $1 AND url = $2"
FLAGGED = "UPDATE feeds SET flagged_at = coalesce(flagged_at, $3) WHERE id = $1 AND url = $2"

# The same words as ``feed_identity.identity``, for what was kept while the feed was trusted.
DISTRUST = """
UPDATE feed_items SET identity = encode(sha256(convert_to(
  CASE WHEN guid <> '' THEN concat('both ', guid, ' ', url)
       ELSE concat('words ', url, ' ', coalesce(nullif(title, ''), summary)) END, 'UTF8')), 'hex')
WHERE feed_id = $1
"""
KEEP = """
INSERT INTO feed_items AS i (id, feed_id, identity, guid, url, title, summary, author, published_at,
                             ordered_at, enclosures, sha256, job_id, created_at, updated_at)
SELECT g.id, $1, g.identity, g.guid, g.url, g.title, g.summary, g.author, g.published_at,
       g.ordered_at, g.enclosures, g.sha256, $2, $3, $3
FROM jsonb_to_recordset($4::jsonb) AS g(
  id uuid, identity text, guid text, url text, title text, summary text, author text,
  published_at timestamptz, ordered_at timestamptz, enclosures jsonb, sha256 text)
ORDER BY g.identity
ON CONFLICT (feed_id, identity) DO UPDATE SET
  guid = excluded.guid, url = excluded.url, title = excluded.title, summary = excluded.summary,
  author = excluded.author, published_at = excluded.published_at, enclosures = excluded.enclosures,
  sha256 = excluded.sha256, updated_at = excluded.updated_at
WHERE i.sha256 <> excluded.sha256
RETURNING i.created_at = i.updated_at AS new
"""
# What the feed still lists stays: it would come back as new.
FORGET = """
DELETE FROM feed_items WHERE feed_id = $1 AND identity <> ALL($2::text[]) AND id IN (
  SELECT id FROM feed_items WHERE feed_id = $1 ORDER BY ordered_at DESC, id DESC OFFSET $3)
"""
FOUND_BY = """
SELECT title, url, count(*) OVER () AS total FROM feed_items
WHERE feed_id = $1 AND job_id = $2 ORDER BY ordered_at DESC, id DESC LIMIT $3
"""
# Each is put off until the next tick, also for when its job is lost; the sync itself says when it is due.
DUE = """
WITH due AS (
  SELECT id FROM feeds WHERE NOT paused AND ended_at IS NULL AND next_at <= $1
  ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE feeds SET next_at = $3 FROM due WHERE feeds.id = due.id
RETURNING feeds.id, feeds.org_id, feeds.user_id
"""
MOST_KEPT = 5_000
"""Items a feed keeps, beside all it lists."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What a sync must know of a feed. Everything but ``url`` and ``title`` is what earlier ones left."""

    id: UUID
    org_id: str
    user_id: str
    url: str
    title: str
    own_title: str
    paused: bool
    etag: str
    last_modified: str
    sha256: str
    ids_repeat: bool
    failures: int
    failing_since: datetime | None
    flagged_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A feed that answered with a document: what is kept of it beside its items."""

    own_title: str
    site_url: str
    language: str
    format: str
    etag: str
    last_modified: str
    sha256: str
    ids_repeat: bool


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item as it is kept. ``sha256`` is of all that it says; it is written again when that changes."""

    id: UUID
    identity: str
    guid: str
    url: str
    title: str
    summary: str
    author: str
    published_at: datetime | None
    ordered_at: datetime
    enclosures: Sequence[Any]
    sha256: str


@dataclass(frozen=True, slots=True)
class Failure:
    """How a feed stands after it failed."""

    failures: int
    failing_since: datetime
    flagged_at: datetime | None


async def find_feed(session: "AsyncSession", org: str, user: str, feed_id: UUID) -> FeedRow | None:
    """Return a feed, if it is this user's."""
    return await one(session, FeedRow, FIND, feed_id, org, user)


async def feed_seen(
    session: "AsyncSession", feed: FeedRow, moved_to: str, now: datetime, next_at: datetime
) -> str | None:
    """Note that a feed answered, and forget its failures; return the url it has now.

    ``moved_to`` becomes its url unless its user follows that already. None when its user changed or
    deleted it meanwhile, or it ended: then nothing may be kept.
    """
    row = (await run(session, SEEN, feed.id, feed.url, moved_to, next_at, now)).first()
    return str(row.url) if row else None


async def feed_read(session: "AsyncSession", feed: FeedRow, reading: Reading) -> None:
    """Keep what a feed says of itself, and what it will be asked with."""
    if reading.ids_repeat and not feed.ids_repeat:
        await run(session, DISTRUST, feed.id)
    values = (reading.own_title, reading.site_url, reading.language, reading.format)
    kept = (reading.etag, reading.last_modified, reading.sha256, reading.ids_repeat)
    await run(session, READ, feed.id, *values, *kept)


async def keep_items(
    session: "AsyncSession", feed: FeedRow, job: UUID, items: Sequence[ItemRow], now: datetime
) -> tuple[int, int]:
    """Keep items by identity, in one statement; return how many are new and how many changed.

    What is already kept and the same is not written. Of those no longer listed only the newest stay.
    """
    told = json_text(items)
    written = await run(session, KEEP, feed.id, job, now, told)
    new = [row.new for row in written]
    if any(new):
        await run(session, CHANGED, feed.id, now)
        await run(session, FORGET, feed.id, [item.identity for item in items], MOST_KEPT)
    return sum(new), len(new) - sum(new)


async def found_by(
    session: "AsyncSession", feed_id: UUID, job: UUID, most: int
) -> tuple[int, list[dict[str, str]]]:
    """Return how many items a job found, in all its attempts, and the newest ``most`` of them."""
    rows = (await run(session, FOUND_BY, feed_id, job, most)).all()
    return rows[0].total if rows else 0, [{"title": row.title, "url": row.url} for row in rows]


async def feed_failed(
    session: "AsyncSession",
    feed: FeedRow,
    job: UUID,
    now: datetime,
    error: tuple[str, str],
    ended: bool,
) -> Failure | None:
    """Note a failure, once a job however many attempts fail; ``error`` is its code and message.

    None when its user changed or deleted it meanwhile.
    """
    return await one(session, Failure, FAILED, feed.id, feed.url, job, now, *error, ended)


async def feed_waits(session: "AsyncSession", feed: FeedRow, until: datetime) -> None:
    """Let a feed be due again at ``until``."""
    await run(session, NOT_BEFORE, feed.id, feed.url, until)


async def feed_flagged(session: "AsyncSession", feed: FeedRow, now: datetime) -> None:
    """Note that a feed's user was told that it is broken."""
    await run(session, FLAGGED, feed.id, feed.url, now)


async def due_feeds(
    session: "AsyncSession", now: datetime, limit: int, next_at: datetime
) -> Sequence[tuple[UUID, str, str]]:
    """Return feeds that are due (id, org, user), those that waited longest, and put them off."""
    return [tuple(row) for row in await run(session, DUE, now, limit, next_at)]
