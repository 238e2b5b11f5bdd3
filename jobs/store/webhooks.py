"""Webhooks as their owners keep them: made, changed, rotated, disabled, deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jobs.db import Database, Statements
from jobs.ids import uuid7
from jobs.store.inbox import COLUMNS as INBOX
from jobs.store.inbox import InboxRow
from jobs.store.row import Owner
from jobs.store.sql import NUMBERED, wanted_at


@dataclass(frozen=True, slots=True)
class WebhookRow:
    """One webhook, without its secrets. Field order is column order."""

    id: UUID
    org_id: str
    user_id: str
    url: str
    description: str
    events: list[str]
    for_job: bool
    whole_org: bool
    old_secret_until: datetime | None
    failing_since: datetime | None
    disabled_at: datetime | None
    disabled_reason: str | None
    created_at: datetime


COLUMNS = ", ".join(f"w.{field.name}" for field in fields(WebhookRow))
OWNED = "w.id = $1 AND ($2::text IS NULL OR w.org_id = $2) AND ($3::text IS NULL OR w.user_id = $3)"


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook to be kept. ``secret`` is sealed."""

    org_id: str
    user_id: str
    url: str
    description: str
    events: Sequence[str]
    whole_org: bool
    secret: bytes


ADD = f"""
INSERT INTO webhooks AS w (id, org_id, user_id, url, description, events, whole_org, secret)
SELECT $1, $2, $3, $4, $5, $6::text[], $7, $8
WHERE (SELECT count(*) FROM webhooks o
       WHERE o.org_id = $2 AND o.user_id = $3 AND NOT o.for_job) < $9
RETURNING {COLUMNS}
"""

JOB_WEBHOOK = "SELECT id FROM webhooks WHERE org_id = $1 AND user_id = $2 AND url = $3 AND for_job"

# DO UPDATE, so that the row of somebody who was a moment faster comes back as well.
ADD_FOR_JOB = """
INSERT INTO webhooks (id, org_id, user_id, url, for_job, secret)
SELECT $1, $2, $3, $4, true, $5
WHERE (SELECT count(*) FROM webhooks o WHERE o.org_id = $2 AND o.user_id = $3 AND o.for_job) < $6
ON CONFLICT (org_id, user_id, url) WHERE for_job DO UPDATE SET url = excluded.url RETURNING id
"""

FIND = f"SELECT {COLUMNS} FROM webhooks w WHERE {OWNED}"

LIST = f"""
SELECT {COLUMNS} FROM webhooks w
WHERE w.org_id = $1 AND w.user_id = $2
  AND (w.created_at, w.id) < (coalesce($3::timestamptz, 'infinity'), $4::uuid)
ORDER BY w.created_at DESC, w.id DESC LIMIT $5
"""

# The address of a job's webhook is its key.
CHANGE = f"""
UPDATE webhooks w SET url = coalesce($4, w.url), events = coalesce($5::text[], w.events),
  description = coalesce($6, w.description),
  failing_since = CASE WHEN $4 <> w.url THEN NULL ELSE w.failing_since END
WHERE {OWNED} AND NOT ($4::text IS NOT NULL AND w.for_job)
RETURNING {COLUMNS}
"""

ENABLE = f"""
UPDATE webhooks w SET disabled_at = NULL, disabled_reason = NULL, failing_since = NULL
WHERE {OWNED}
RETURNING {COLUMNS}
"""

HOLD = """
UPDATE deliveries d SET next_at = NULL, problem = coalesce(d.problem, 'The webhook was disabled.')
FROM own WHERE d.webhook_id = own.id AND d.next_at IS NOT NULL
"""

DISABLE = f"""
WITH own AS (
  UPDATE webhooks w SET disabled_at = coalesce(w.disabled_at, now()),
    disabled_reason = coalesce(w.disabled_reason, $4)
  WHERE {OWNED} RETURNING {COLUMNS}
), held AS ({HOLD})
SELECT * FROM own
"""

GIVE_UP = f"""
WITH own AS MATERIALIZED (
  UPDATE webhooks SET disabled_at = now(), disabled_reason = $2
  WHERE id = $1 AND disabled_at IS NULL RETURNING id, org_id, user_id, url
), held AS ({HOLD}), {NUMBERED}
INSERT INTO inbox AS i (id, org_id, user_id, name, data, change_seq, handoff_at)
SELECT $3, org_id, user_id, 'webhook.disabled',
  jsonb_build_object('webhook_id', id, 'url', url, 'reason', $2::text), number, {wanted_at("numbered")}
FROM numbered RETURNING {INBOX}
"""

ROTATE = f"""
UPDATE webhooks w SET secret = $4, old_secret = w.secret, old_secret_until = now() + $5
WHERE {OWNED} RETURNING {COLUMNS}
"""

DELETE = f"""
WITH own AS (DELETE FROM webhooks w WHERE {OWNED} RETURNING w.id),
gone AS (DELETE FROM deliveries d USING own WHERE d.webhook_id = own.id)
SELECT id FROM own
"""


async def add_webhook(db: Statements, new: NewWebhook, most: int) -> WebhookRow | None:
    """Keep a webhook, unless its user has ``most`` already."""
    values = (new.url, new.description, list(new.events), new.whole_org, new.secret)
    return one(await db.fetch(ADD, uuid7(), new.org_id, new.user_id, *values, most))


async def job_webhook(
    db: Database, org: str, user: str, url: str, sealed_secret: bytes, most: int = 1_000
) -> UUID | None:
    """Return the webhook for jobs that name ``url``; made with ``sealed_secret`` by the first of them.

    None when the user's jobs have named ``most`` others already.
    """
    record = await db.fetchrow(JOB_WEBHOOK, org, user, url)
    if record is None:
        record = await db.fetchrow(ADD_FOR_JOB, uuid7(), org, user, url, sealed_secret, most)
    return record["id"] if record else None


async def find_webhook(db: Statements, owner: Owner, webhook_id: UUID) -> WebhookRow | None:
    """Return a webhook, if it exists and is the owner's."""
    return one(await db.fetch(FIND, webhook_id, owner.org, owner.user))


async def list_webhooks(
    db: Database, owner: tuple[str, str], behind: tuple[datetime, UUID] | None, limit: int
) -> list[WebhookRow]:
    """Return the webhooks of ``owner`` (org, user) made before ``behind``, newest first."""
    at, last = behind or (None, None)
    return [WebhookRow(*record) for record in await db.fetch(LIST, *owner, at, last, limit)]


async def change_webhook(
    db: Statements, owner: Owner, webhook_id: UUID, changes: Mapping[str, Any]
) -> WebhookRow | None:
    """Change ``url``, ``events`` or ``description``; the url of a job's webhook stays what it is."""
    values = [changes.get(name) for name in ("url", "events", "description")]
    return one(await db.fetch(CHANGE, webhook_id, owner.org, owner.user, *values))


async def enable_webhook(db: Statements, owner: Owner, webhook_id: UUID) -> WebhookRow | None:
    """Let events through again; what waited meanwhile waits for a replay."""
    return one(await db.fetch(ENABLE, webhook_id, owner.org, owner.user))


async def disable_webhook(
    db: Statements, owner: Owner, webhook_id: UUID, reason: str
) -> WebhookRow | None:
    """Send nothing more, and let what was on its way wait."""
    return one(await db.fetch(DISABLE, webhook_id, owner.org, owner.user, reason))


async def give_up_webhook(db: Database, webhook_id: UUID, reason: str) -> InboxRow | None:
    """Disable a webhook and tell its owner, in one statement; None when it was disabled before."""
    record = await db.fetchrow(GIVE_UP, webhook_id, reason, uuid7())
    return InboxRow(*record) if record else None


async def rotate_webhook(
    db: Statements, owner: Owner, webhook_id: UUID, sealed_secret: bytes, overlap: timedelta
) -> WebhookRow | None:
    """Sign with a new secret, and for the length of ``overlap`` with the one before as well."""
    values = (owner.org, owner.user, sealed_secret, overlap)
    return one(await db.fetch(ROTATE, webhook_id, *values))


async def delete_webhook(db: Statements, owner: Owner, webhook_id: UUID) -> bool:
    """Remove a webhook and all its deliveries."""
    return bool(await db.fetch(DELETE, webhook_id, owner.org, owner.user))


def one(records: Sequence[Any]) -> WebhookRow | None:
    """Return the first record as a row, None when there is none."""
    return WebhookRow(*records[0]) if records else None
