"""Text messages as their owners look at them, and as the provider's call-backs move them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.kept.sendings import MOVE
from jobs.kept.sms import COLUMNS, FIND, WITHDRAWING, SmsRow, State, Withdrawn
from jobs.store.inbox import COLUMNS as INBOX
from jobs.store.inbox import InboxRow
from jobs.store.sql import wanted_at

LIST = f"""
SELECT {COLUMNS} FROM sms_messages m
WHERE m.org_id = $1 AND m.user_id = $2 AND ($3::text[] IS NULL OR m.state = ANY($3))
  AND (m.created_at, m.id) < (coalesce($4::timestamptz, 'infinity'), $5::uuid)
ORDER BY m.created_at DESC, m.id DESC LIMIT $6
"""

LOCK_BY_ID = f"SELECT {COLUMNS} FROM sms_messages m WHERE m.id = $1 FOR NO KEY UPDATE"

LOCK_BY_PROVIDER = f"""
SELECT {COLUMNS} FROM sms_messages m WHERE m.provider_id = $1 FOR NO KEY UPDATE
"""

NOTE = "UPDATE sms_messages SET told = array_append(told, $2) WHERE id = $1"

TELL = f"""
WITH own AS MATERIALIZED (
  SELECT $1::uuid AS id, $2::text AS org_id, $3::text AS user_id, $4::uuid AS job_id
  WHERE NOT EXISTS (SELECT FROM inbox WHERE id = $1)
), taken AS (
  INSERT INTO sequences AS s (org_id, user_id, seq) SELECT org_id, user_id, 1 FROM own
  ON CONFLICT (org_id, user_id) DO UPDATE SET seq = s.seq + 1 RETURNING seq
), hooked AS (
  INSERT INTO deliveries (id, webhook_id, type, subject_id, change_seq)
  SELECT gen_random_uuid(), w.id, 'notification.' || $5::text, own.id, taken.seq
  FROM taken, own JOIN webhooks w ON w.org_id = own.org_id AND w.disabled_at IS NULL
    AND NOT w.for_job AND (w.user_id = own.user_id OR w.whole_org)
    AND w.events && ARRAY['notification.' || $5, 'notification.*']
)
INSERT INTO inbox AS i (id, org_id, user_id, job_id, name, data, change_seq, handoff_at)
SELECT own.id, own.org_id, own.user_id, own.job_id, $5, $6::jsonb, taken.seq, {wanted_at("own")}
FROM own, taken
RETURNING {INBOX}
"""

Owner = tuple[str, str]


async def list_messages(
    db: Statements,
    owner: Owner,
    states: Sequence[str],
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[SmsRow]:
    """Return messages of ``owner`` (org, user) made before ``behind``, newest first."""
    at, last = behind or (None, None)
    found = await db.fetch(LIST, *owner, list(states) or None, at, last, limit)
    return [SmsRow(*record) for record in found]


async def read_message(db: Statements, owner: Owner, ident: UUID) -> SmsRow | None:
    """Return a message, if it exists and is the owner's."""
    record = await db.fetchrow(FIND, ident, *owner)
    return SmsRow(*record) if record else None


async def lock_message(db: Statements, ident: UUID | None, provider_id: str) -> SmsRow | None:
    """Return the message that a call-back is about, by our id if it names one, locked."""
    asked = (LOCK_BY_ID, ident) if ident is not None else (LOCK_BY_PROVIDER, provider_id)
    record = await db.fetchrow(*asked)
    return SmsRow(*record) if record else None


async def note_told(db: Statements, row: SmsRow, name: str) -> None:
    """Remember that a call-back was heard."""
    await db.fetch(NOTE, row.id, name)


async def move_message(
    db: Statements,
    row: SmsRow,
    provider_id: str,
    state: State,
    error: dict[str, Any] | None,
    again_in: timedelta | None,
) -> None:
    """Write down where a message has come to, and when it is to be sent again, if it is."""
    values = (state, error, again_in, provider_id, row.state, row.sendings)
    await db.fetch(MOVE, row.id, *values)


async def withdraw_number(db: Statements, row: SmsRow, what: Withdrawn) -> None:
    """Take back what the provider's word contradicts, if the number is the owner's."""
    await db.fetch(WITHDRAWING[what], row.org_id, row.user_id, row.to_number)


async def tell_of_message(
    db: Statements, row: SmsRow, entry: UUID, name: str, data: dict[str, Any]
) -> InboxRow | None:
    """Put an entry about a message into its owner's inbox; None when it is there already."""
    values = (entry, row.org_id, row.user_id, row.job_id, name, data)
    record = await db.fetchrow(TELL, *values)
    return InboxRow(*record) if record else None
