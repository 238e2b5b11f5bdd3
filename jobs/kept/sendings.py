"""Sendings of text messages: one at a time a message, counted, and looked for when their end is unknown.

The provider knows no idempotency key: ``unanswered_at`` is written before it is asked, and as long as it
stands the message is not asked for again.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobs.kept.json_text import json_text
from jobs.kept.sms import COLUMNS, OURS, SmsRow, State, ours
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

# One user's sendings are counted one after the other: two jobs at once do not both take the last one.
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended($1::text || chr(31) || $2::text, 16))"

COUNT = """
SELECT coalesce(sum(sendings), 0) FROM sms_messages
WHERE org_id = $1 AND user_id = $2 AND asked_at >= $3
"""

ASK = f"""
UPDATE sms_messages m SET state = 'asking', sendings = m.sendings + 1, asked_at = now(),
  unanswered_at = now(), provider_id = NULL, segments = NULL, held_until = NULL, updated_at = now()
WHERE {OURS} AND m.unanswered_at IS NULL
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

# It was looked for and is not there. Its number is not used again: who knows.
NOT_THERE = f"""
UPDATE sms_messages m SET state = 'held', unanswered_at = NULL, updated_at = now()
WHERE {OURS} RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

UNSENT = "m.state IN ('held', 'asking', 'failed')"

# Whoever asked for this sending may tell of it; a call-back that came first knows more.
KEEP = f"""
UPDATE sms_messages m SET provider_id = $3, segments = coalesce($5, m.segments), unanswered_at = NULL,
  sent_at = coalesce(m.sent_at, now()), error = CASE WHEN {UNSENT} THEN NULL ELSE m.error END,
  state = CASE WHEN {UNSENT} THEN $4 ELSE m.state END, held_until = NULL, updated_at = now()
WHERE m.id = $1 AND m.sendings = $2 AND (m.provider_id IS NULL OR m.provider_id = $3)
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

# ``$6``: the provider did not take it, so it was no sending.
LET_GO = f"""
UPDATE sms_messages m SET state = coalesce($4, m.state), error = $5::jsonb, held_until = NULL,
  sendings = m.sendings - (CASE WHEN $6 THEN 1 ELSE 0 END),
  unanswered_at = CASE WHEN $6 THEN NULL ELSE m.unanswered_at END, updated_at = now()
WHERE {OURS}
"""  # noqa: S608 - our own names

# As it was when that was decided: a call-back and a look of ours do not both move it.
MOVE = """
UPDATE sms_messages m SET state = $2, error = $3::jsonb, again_at = now() + $4::interval,
  provider_id = $5, unanswered_at = NULL, held_until = NULL, sent_at = coalesce(m.sent_at, now()),
  delivered_at = CASE WHEN $2 = 'delivered' THEN now() END, updated_at = now()
WHERE m.id = $1 AND m.state = $6 AND m.sendings = $7
RETURNING m.id
"""

KNOWN = "SELECT provider_id FROM sms_messages WHERE provider_id = ANY($1::text[])"


async def sendings_since(session: "AsyncSession", row: SmsRow, begin: datetime) -> int:
    """Count what the owner was sent since ``begin``; until the session ends nobody else counts or sends."""
    owner = (row.org_id, row.user_id)
    await run(session, ALONE, *owner)
    found = (await run(session, COUNT, *owner, begin)).one()
    return int(found[0])


async def ask_message(session: "AsyncSession", row: SmsRow) -> SmsRow | None:
    """Note that the provider is asked now; None when another attempt has the message."""
    return await one(session, SmsRow, ASK, *ours(row))


async def not_there(session: "AsyncSession", row: SmsRow) -> SmsRow | None:
    """Note that a sending without an answer came to nothing; None when another attempt has it."""
    return await one(session, SmsRow, NOT_THERE, *ours(row))


async def keep_message(
    session: "AsyncSession", row: SmsRow, provider_id: str, state: State, segments: int | None
) -> SmsRow | None:
    """Note that the provider has taken this sending; None when it knows it by another name."""
    return await one(session, SmsRow, KEEP, row.id, row.sendings, provider_id, state, segments)


async def fail_message(
    session: "AsyncSession", row: SmsRow, error: Mapping[str, Any], *, refused: bool
) -> None:
    """Note that a message is not sent; ``refused`` when the provider said that it has not taken it."""
    await run(session, LET_GO, *ours(row), "failed", json_text(error), refused)


async def pause_message(
    session: "AsyncSession", row: SmsRow, error: Mapping[str, Any], *, refused: bool
) -> None:
    """Give a message back that another attempt is to try again."""
    state = "held" if refused else None
    await run(session, LET_GO, *ours(row), state, json_text(error), refused)


async def known_ids(session: "AsyncSession", ids: Collection[str]) -> set[str]:
    """Return those of a provider's ids that belong to messages here."""
    return {row[0] for row in await run(session, KNOWN, list(ids))}


async def move_message(
    session: "AsyncSession",
    row: SmsRow,
    state: State,
    error: Mapping[str, Any] | None,
    again_in: timedelta | None,
) -> bool:
    """Write down where a sending has come to; False when that is known otherwise by now."""
    told = json_text(error) if error is not None else None
    values = (row.id, state, told, again_in, row.provider_id, row.state, row.sendings)
    return bool((await run(session, MOVE, *values)).first())
