"""Texts as their owners keep them: written by hand, changed, approved, scheduled, taken back, deleted.

Each change names the statuses it leaves, and with a version the text that its owner has seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.ids import uuid7
from jobs.kept.contents import COLUMNS, ContentRow

OWNED = "c.id = $1 AND c.org_id = $2 AND c.user_id = $3"
SEEN = "($4::int IS NULL OR c.version = $4)"
CHANGED = "version = c.version + 1, updated_at = now()"

ADD = f"""
INSERT INTO contents AS c (id, org_id, user_id, title, body, hashtags, variants, brand_voice, language)
SELECT $1, $2, $3, $4, $5, $6::text[], $7, $8, $9
WHERE (SELECT count(*) FROM contents o WHERE o.org_id = $2 AND o.user_id = $3) < $10
RETURNING {COLUMNS}
"""

FIND = f"SELECT {COLUMNS} FROM contents c WHERE {OWNED}"

LIST = f"""
SELECT {COLUMNS} FROM contents c
WHERE c.org_id = $1 AND c.user_id = $2 AND ($3::text[] IS NULL OR c.status = ANY($3))
  AND (c.created_at, c.id) < (coalesce($4::timestamptz, 'infinity'), $5::uuid)
ORDER BY c.created_at DESC, c.id DESC LIMIT $6
"""

CHANGE = f"""
UPDATE contents c SET title = coalesce($5, c.title), body = coalesce($6, c.body),
  hashtags = coalesce($7::text[], c.hashtags), variants = coalesce($8::jsonb, c.variants),
  brand_voice = coalesce($9, c.brand_voice), language = coalesce($10, c.language), {CHANGED}
WHERE {OWNED} AND {SEEN} AND c.status = 'draft' RETURNING {COLUMNS}
"""

APPROVE = f"""
UPDATE contents c SET status = 'approved', {CHANGED}
WHERE {OWNED} AND {SEEN} AND c.status = 'draft' RETURNING {COLUMNS}
"""

SCHEDULE = f"""
UPDATE contents c SET status = 'scheduled', connection_id = $5,
  publish_at = coalesce($6::timestamptz, now()), media = coalesce($7::jsonb, c.media), {CHANGED}
WHERE {OWNED} AND {SEEN} AND c.status IN ('approved', 'scheduled')
  AND EXISTS (SELECT FROM connections k
              WHERE k.id = $5 AND k.org_id = $2 AND k.user_id = $3 AND k.status = 'active')
RETURNING {COLUMNS}
"""

KEEP_MEDIA = """
UPDATE uploads SET
  expires_at = greatest(expires_at, interval '1 day' + least(coalesce($4::timestamptz, now()),
                                                             now() + interval '1 year'))
WHERE id = ANY($1::uuid[]) AND org_id = $2 AND user_id = $3 AND expires_at > now() RETURNING id
"""

WITHDRAW = f"""
UPDATE contents c SET status = 'draft', publish_at = NULL, connection_id = NULL, media = '[]', {CHANGED}
WHERE {OWNED} AND {SEEN} AND c.status IN ('approved', 'scheduled', 'failed') RETURNING {COLUMNS}
"""

DELETE = f"DELETE FROM contents c WHERE {OWNED} RETURNING c.id"


@dataclass(frozen=True, slots=True)
class NewContent:
    """A text written by hand."""

    title: str
    body: str
    hashtags: Sequence[str]
    variants: Mapping[str, str]
    brand_voice: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class OwnContent:
    """One text, named by its id and its owner; with ``version``, only as it was then."""

    id: UUID
    org: str
    user: str
    version: int | None = None

    @property
    def named(self) -> tuple[UUID, str, str]:
        """Return what names it."""
        return self.id, self.org, self.user


async def add_content(
    db: Statements, owner: tuple[str, str], text: NewContent, most: int
) -> ContentRow | None:
    """Keep a draft of ``owner`` (org, user), unless they have ``most`` texts already."""
    words = (text.title, text.body, list(text.hashtags), dict(text.variants))
    record = await db.fetchrow(ADD, uuid7(), *owner, *words, text.brand_voice, text.language, most)
    return ContentRow(*record) if record else None


async def find_content(db: Statements, own: OwnContent) -> ContentRow | None:
    """Return a text, if it is there and the owner's."""
    record = await db.fetchrow(FIND, *own.named)
    return ContentRow(*record) if record else None


async def list_contents(
    db: Statements,
    owner: tuple[str, str],
    statuses: Sequence[str],
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ContentRow]:
    """Return texts of ``owner`` older than ``behind``, newest first; of any status for none."""
    at, last = behind or (None, None)
    found = await db.fetch(LIST, *owner, list(statuses) or None, at, last, limit)
    return [ContentRow(*record) for record in found]


async def change_content(
    db: Statements, own: OwnContent, changes: Mapping[str, Any]
) -> ContentRow | None:
    """Change what ``changes`` names of a draft; what it leaves out stays."""
    names = ("title", "body", "hashtags", "variants", "brand_voice", "language")
    values = [changes.get(name) for name in names]
    record = await db.fetchrow(CHANGE, *own.named, own.version, *values)
    return ContentRow(*record) if record else None


async def approve_content(db: Statements, own: OwnContent) -> ContentRow | None:
    """Approve a draft."""
    record = await db.fetchrow(APPROVE, *own.named, own.version)
    return ContentRow(*record) if record else None


async def schedule_content(
    db: Statements,
    own: OwnContent,
    connection_id: UUID,
    publish_at: datetime | None,
    media: Sequence[Mapping[str, Any]] | None = None,
) -> ContentRow | None:
    """Let an approved text go out by an active connection of its owner; at once for no time.

    ``media`` None leaves what goes out with it.
    """
    told = None if media is None else list(media)
    record = await db.fetchrow(SCHEDULE, *own.named, own.version, connection_id, publish_at, told)
    return ContentRow(*record) if record else None


async def keep_media(
    db: Statements, own: OwnContent, uploads: Sequence[UUID], publish_at: datetime | None
) -> list[UUID]:
    """Keep uploads of the owner until a day after they go out, at most a year; return those there are."""
    found = await db.fetch(KEEP_MEDIA, list(uploads), own.org, own.user, publish_at)
    return [record["id"] for record in found]


async def withdraw_content(db: Statements, own: OwnContent) -> ContentRow | None:
    """Make a draft again of what is not published."""
    record = await db.fetchrow(WITHDRAW, *own.named, own.version)
    return ContentRow(*record) if record else None


async def delete_content(db: Statements, own: OwnContent) -> bool:
    """Forget a text, whatever its status. Returns whether there was one."""
    return bool(await db.fetch(DELETE, *own.named))
