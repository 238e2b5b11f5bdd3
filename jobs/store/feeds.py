"""Feeds as their followers keep them: added, changed, paused, deleted, their items read.

What a sync writes is ``jobs.kept.feeds``'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.ids import uuid7
from jobs.store.row import Owner


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One feed as its follower sees it. Field order is column order."""

    id: UUID
    url: str
    title: str
    own_title: str
    site_url: str
    language: str
    format: str
    paused: bool
    next_at: datetime
    fetched_at: datetime | None
    changed_at: datetime | None
    failures: int
    failing_since: datetime | None
    flagged_at: datetime | None
    error_code: str
    error: str
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FeedItemRow:
    """One item of a feed. Field order is column order."""

    id: UUID
    guid: str
    url: str
    title: str
    summary: str
    author: str
    published_at: datetime | None
    ordered_at: datetime
    enclosures: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


COLUMNS = ", ".join(f"f.{field.name}" for field in fields(FeedRow))
ITEM = ", ".join(f"i.{field.name}" for field in fields(FeedItemRow))
OWNED = "f.id = $1 AND ($2::text IS NULL OR f.org_id = $2) AND ($3::text IS NULL OR f.user_id = $3)"

# A feed that is followed already comes back as it is; nothing comes back when there is no room.
ADD = f"""
WITH known AS (
  SELECT {COLUMNS} FROM feeds f WHERE f.org_id = $2 AND f.user_id = $3 AND f.url = $4
), added AS (
  INSERT INTO feeds AS f (id, org_id, user_id, url, title)
  SELECT $1, $2, $3, $4, $5
  WHERE (SELECT count(*) FROM feeds o WHERE o.org_id = $2 AND o.user_id = $3) < $6
  ON CONFLICT (org_id, user_id, url) DO NOTHING
  RETURNING {COLUMNS}
)
SELECT * FROM known UNION ALL SELECT * FROM added
"""

FIND = f"SELECT {COLUMNS} FROM feeds f WHERE {OWNED}"

LIST = f"""
SELECT {COLUMNS} FROM feeds f
WHERE f.org_id = $1 AND f.user_id = $2
  AND (f.created_at, f.id) < (coalesce($3::timestamptz, 'infinity'), $4::uuid)
ORDER BY f.created_at DESC, f.id DESC LIMIT $5
"""

# Another url is another feed to ask: nothing that was known of the old one holds for it.
CHANGE = f"""
WITH given AS (SELECT $4::text AS url, $5::text AS title, $6::boolean AS paused),
own AS (
  SELECT f.id, coalesce(given.url <> f.url, false) AS moved,
    coalesce(given.url <> f.url, false) OR given.paused IS FALSE AS again
  FROM feeds f, given WHERE {OWNED}
)
UPDATE feeds f SET
  url = coalesce(given.url, f.url), title = coalesce(given.title, f.title),
  paused = coalesce(given.paused, f.paused), updated_at = now(),
  etag = CASE WHEN own.moved THEN '' ELSE f.etag END,
  last_modified = CASE WHEN own.moved THEN '' ELSE f.last_modified END,
  sha256 = CASE WHEN own.moved THEN '' ELSE f.sha256 END,
  ids_repeat = f.ids_repeat AND NOT own.moved,
  next_at = CASE WHEN own.again THEN now() ELSE f.next_at END,
  failures = CASE WHEN own.again THEN 0 ELSE f.failures END,
  failing_since = CASE WHEN own.again THEN NULL ELSE f.failing_since END,
  flagged_at = CASE WHEN own.again THEN NULL ELSE f.flagged_at END,
  error_code = CASE WHEN own.again THEN '' ELSE f.error_code END,
  error = CASE WHEN own.again THEN '' ELSE f.error END,
  ended_at = CASE WHEN own.again THEN NULL ELSE f.ended_at END
FROM own, given WHERE f.id = own.id
RETURNING {COLUMNS}
"""

TAKEN = """
SELECT 1 FROM feeds f JOIN feeds o ON o.org_id = f.org_id AND o.user_id = f.user_id AND o.id <> f.id
WHERE f.id = $1 AND o.url = $2
"""

DELETE = f"DELETE FROM feeds f WHERE {OWNED} RETURNING f.id"

ITEMS = f"""
SELECT {ITEM} FROM feed_items i
WHERE i.feed_id = $1
  AND (i.ordered_at, i.id) < (coalesce($2::timestamptz, 'infinity'), $3::uuid)
ORDER BY i.ordered_at DESC, i.id DESC LIMIT $4
"""


async def add_feed(
    db: Statements, owner: tuple[str, str], url: str, title: str, most: int
) -> tuple[FeedRow, bool] | None:
    """Follow ``url`` and say whether that is new; None when its user follows ``most`` already.

    One that is followed already is left as it is.
    """
    ident = uuid7()
    for _ in range(2):  # somebody a moment faster is only seen by the next statement
        record = await db.fetchrow(ADD, ident, *owner, url, title, most)
        if record is not None:
            return FeedRow(*record), record["id"] == ident
    return None


async def find_feed(db: Statements, owner: Owner, feed_id: UUID) -> FeedRow | None:
    """Return a feed, if it exists and is the owner's."""
    return one(await db.fetch(FIND, feed_id, owner.org, owner.user))


async def list_feeds(
    db: Statements, owner: tuple[str, str], behind: tuple[datetime, UUID] | None, limit: int
) -> list[FeedRow]:
    """Return the feeds of ``owner`` (org, user) added before ``behind``, newest first."""
    at, last = behind or (None, None)
    return [FeedRow(*record) for record in await db.fetch(LIST, *owner, at, last, limit)]


async def change_feed(
    db: Statements, owner: Owner, feed_id: UUID, changes: Mapping[str, Any]
) -> FeedRow | None:
    """Change ``url``, ``title`` or ``paused``; another url, and no longer paused, make it due now."""
    values = [changes.get(name) for name in ("url", "title", "paused")]
    return one(await db.fetch(CHANGE, feed_id, owner.org, owner.user, *values))


async def url_taken(db: Statements, feed_id: UUID, url: str) -> bool:
    """Return whether the feed's user follows ``url`` by another feed."""
    return bool(await db.fetch(TAKEN, feed_id, url))


async def delete_feed(db: Statements, owner: Owner, feed_id: UUID) -> bool:
    """Remove a feed and all its items."""
    return bool(await db.fetch(DELETE, feed_id, owner.org, owner.user))


async def list_items(
    db: Statements, feed_id: UUID, behind: tuple[datetime, UUID] | None, limit: int
) -> list[FeedItemRow]:
    """Return a feed's items behind a place in their order, newest first."""
    at, last = behind or (None, None)
    return [FeedItemRow(*record) for record in await db.fetch(ITEMS, feed_id, at, last, limit)]


def one(records: Sequence[Any]) -> FeedRow | None:
    """Return the first record as a row, None when there is none."""
    return FeedRow(*records[0]) if records else None
