"""Contents on their way out and gone out: one post a content and connection, by the database's clock."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.connections import ConnectionRow
from jobs.kept.contents import ContentRow
from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

KIND = "content_publishing"
LEASE = timedelta(minutes=2, seconds=15)
"""Longer than an attempt takes: no second job posts the same meanwhile."""
LONGEST_BRAND = 200
LONGEST_REASON = 500
ENDED = {"code": "not_finished", "message": "The job that was to publish it has ended."}


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post's row. Field order is column order; see ``models.post`` for the fields."""

    id: UUID
    org_id: str
    user_id: str
    content_id: UUID
    connection_id: UUID
    channel: str
    title: str
    brand: str
    hashtags: list[str]
    state: str
    idempotency_key: str
    provider_post_id: str | None
    url: str | None
    error: dict[str, Any] | None
    job_id: UUID | None
    held_until: datetime | None
    asked_at: datetime | None
    asked_text: str | None
    published_at: datetime | None
    measured_at: datetime | None
    created_at: datetime
    updated_at: datetime


COLUMNS = ", ".join(f"p.{field.name}" for field in fields(PostRow))

# Ours when nobody has it: another job's lease has run out, or it is this very job's.
CLAIM = f"""
INSERT INTO posts AS p (id, org_id, user_id, content_id, connection_id, channel, title, brand, hashtags,
                        idempotency_key, job_id, held_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text[], $10, $11, now() + $12::interval)
ON CONFLICT (content_id, connection_id) DO UPDATE SET
  state = 'publishing', title = excluded.title, brand = excluded.brand, hashtags = excluded.hashtags,
  job_id = excluded.job_id, held_until = excluded.held_until, error = NULL, updated_at = now()
WHERE p.org_id = excluded.org_id AND p.user_id = excluded.user_id AND p.state <> 'published'
  AND (p.held_until IS NULL OR p.held_until <= now() OR p.job_id = excluded.job_id)
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

FIND = f"""
SELECT {COLUMNS} FROM posts p
WHERE p.content_id = $1 AND p.connection_id = $2 AND p.org_id = $3 AND p.user_id = $4
"""  # noqa: S608 - our own names

HELD = "p.id = $1 AND p.job_id = $2"

# Looked at once more: it may have been withdrawn or moved since it was read.
ASK = f"""
UPDATE posts p SET updated_at = now(),
  asked_at = CASE WHEN $3 THEN now() ELSE coalesce(p.asked_at, now()) END,
  asked_text = CASE WHEN $3 THEN $4 ELSE coalesce(p.asked_text, $4) END
WHERE {HELD} AND p.state = 'publishing'
  AND EXISTS (SELECT FROM contents c WHERE c.id = p.content_id AND c.status <> 'draft'
              AND NOT (c.status = 'scheduled' AND c.connection_id = p.connection_id
                       AND c.publish_at > now() + interval '5 seconds'))
RETURNING p.id
"""  # noqa: S608 - our own names

KEEP = f"""
UPDATE posts p SET state = 'published', provider_post_id = $3, url = $4, published_at = coalesce($5, now()),
  error = NULL, held_until = NULL, asked_at = NULL, asked_text = NULL, updated_at = now()
WHERE {HELD} RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

# Another connection's hour is left alone: a content may go out by several.
SETTLE_CONTENT = """
UPDATE contents c SET status = $2, version = c.version + 1, updated_at = now()
WHERE c.id = $1 AND c.status <> $2 AND c.status <> 'draft'
  AND (c.status <> 'scheduled' OR c.connection_id = $3)
  AND ($2 <> 'failed' OR c.status = 'scheduled')
"""

LET_GO = f"""
UPDATE posts p SET state = $3, error = $4::jsonb, held_until = NULL, updated_at = now(),
  asked_at = CASE WHEN $5 THEN NULL ELSE p.asked_at END,
  asked_text = CASE WHEN $5 THEN NULL ELSE p.asked_text END
WHERE {HELD} AND p.state = 'publishing'
"""  # noqa: S608 - our own names

# Nobody was asked for it, and it is not to go out now: as if it had not been begun.
FORGET = """
DELETE FROM posts
WHERE content_id = $1 AND connection_id = $2 AND org_id = $3 AND user_id = $4
  AND state = 'publishing' AND asked_at IS NULL AND (held_until IS NULL OR held_until <= now())
"""

# What a job left behind that ended otherwise than by saying so: cancelled, out of attempts, expired.
SETTLE_LEFT = f"""
WITH left_behind AS (
  UPDATE posts p SET state = 'failed', error = coalesce(p.error, $1::jsonb), held_until = NULL,
    updated_at = now()
  WHERE p.state = 'publishing' AND p.updated_at < now() - interval '1 minute'
    AND NOT EXISTS (SELECT FROM jobs j WHERE j.id = p.job_id AND j.finished_at IS NULL)
    AND NOT EXISTS (SELECT FROM jobs j
                    WHERE j.org_id = p.org_id AND j.user_id = p.user_id AND j.kind = '{KIND}'
                      AND j.unique_key = p.idempotency_key AND j.finished_at IS NULL)
  RETURNING p.content_id, p.connection_id)
UPDATE contents c SET status = 'failed', version = c.version + 1, updated_at = now() FROM left_behind l
WHERE c.id = l.content_id AND c.connection_id = l.connection_id AND c.status = 'scheduled'
  AND c.publish_at <= now()
"""  # noqa: S608 - our own names

# Each is begun here, so that it is found once: until its job is done with it, or has failed for good.
BEGIN_DUE = """
WITH due AS (
  SELECT c.id, c.org_id, c.user_id, c.connection_id, c.title,
         coalesce((SELECT k.provider FROM connections k WHERE k.id = c.connection_id), '') AS channel
  FROM contents c
  WHERE c.status = 'scheduled' AND c.publish_at <= $1 AND c.connection_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM posts p WHERE p.content_id = c.id
                    AND p.connection_id = c.connection_id AND p.state = 'publishing')
  ORDER BY c.publish_at LIMIT $2),
begun AS (
  INSERT INTO posts AS p (id, org_id, user_id, content_id, connection_id, channel, title, idempotency_key)
  SELECT gen_random_uuid(), org_id, user_id, id, connection_id, channel, title,
         id || ':' || connection_id FROM due
  ON CONFLICT (content_id, connection_id) DO UPDATE SET state = 'publishing', updated_at = now()
  WHERE p.state = 'failed')
SELECT org_id, user_id, id, connection_id FROM due
"""


def idempotency_key(content_id: UUID, connection_id: UUID) -> str:
    """Return what names a post to its provider, whoever tries it however often."""
    return f"{content_id}:{connection_id}"


async def claim_post(
    session: "AsyncSession",
    ident: UUID,
    job_id: UUID,
    content: ContentRow,
    connection: ConnectionRow,
) -> PostRow | None:
    """Take a post for one attempt, as ``ident`` when it is new; None when it is published or another's."""
    key = idempotency_key(content.id, connection.id)
    about = (connection.provider, content.title, brand_of(content), content.hashtags, key)
    owner = (content.org_id, content.user_id)
    return await one(
        session, PostRow, CLAIM, ident, *owner, content.id, connection.id, *about, job_id, LEASE
    )


async def find_post(
    session: "AsyncSession", org: str, user: str, content_id: UUID, connection_id: UUID
) -> PostRow | None:
    """Return the post of a content by a connection, if there is one of this user's."""
    return await one(session, PostRow, FIND, content_id, connection_id, org, user)


async def ask_for_post(session: "AsyncSession", post: PostRow, text: str, *, afresh: bool) -> bool:
    """Note that the provider is asked now, for the first time if ``afresh``.

    False for a lost claim, and for a content that is not to go out any more, or not yet.
    """
    found = await run(session, ASK, post.id, post.job_id, afresh, text)
    return bool(found.first())


async def keep_post(
    session: "AsyncSession",
    post: PostRow,
    provider_post_id: str,
    url: str | None,
    at: datetime | None,
) -> PostRow | None:
    """Note that a post is out, and its content with it; None when another attempt has it."""
    kept = await one(session, PostRow, KEEP, post.id, post.job_id, provider_post_id, url, at)
    if kept is not None:
        await settle_content(session, kept, "published")
    return kept


async def settle_content(session: "AsyncSession", post: PostRow, status: str) -> None:
    """Give a content the status that its post has come to; a draft stays one."""
    await run(session, SETTLE_CONTENT, post.content_id, status, post.connection_id)


async def fail_post(
    session: "AsyncSession", post: PostRow, code: str, reason: str, *, refused: bool
) -> None:
    """Note that a post failed for good; ``refused`` when the provider said that it made none."""
    await let_go(session, post, "failed", code, reason, refused=refused)
    await settle_content(session, post, "failed")


async def pause_post(session: "AsyncSession", post: PostRow, code: str, reason: str) -> None:
    """Give a post back that another attempt is to try again."""
    await let_go(session, post, "publishing", code, reason, refused=False)


async def let_go(
    session: "AsyncSession", post: PostRow, state: str, code: str, reason: str, *, refused: bool
) -> None:
    """Give a post back in ``state``, with what went wrong."""
    error = json_text({"code": code, "message": reason[:LONGEST_REASON]})
    await run(session, LET_GO, post.id, post.job_id, state, error, refused)


async def forget_post(
    session: "AsyncSession", org: str, user: str, content_id: UUID, connection_id: UUID
) -> None:
    """Forget a post that was begun and that no provider was asked for."""
    await run(session, FORGET, content_id, connection_id, org, user)


async def begin_due(
    session: "AsyncSession", now: datetime, limit: int
) -> list[tuple[str, str, UUID, UUID]]:
    """Return (org, user, content, connection) of contents whose hour has come, and begin their posts.

    Settles first what ended jobs have left behind.
    """
    await run(session, SETTLE_LEFT, json_text(ENDED))
    found = await run(session, BEGIN_DUE, now, limit)
    return [(row.org_id, row.user_id, row.id, row.connection_id) for row in found]


def brand_of(content: ContentRow) -> str:
    """Return whose voice a content speaks in."""
    return content.brand_voice.strip()[:LONGEST_BRAND]
