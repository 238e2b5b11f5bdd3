"""Text messages of jobs: begun, taken for an attempt, held, skipped, and begun again.

A row is the job's memory of what it did outside, by the database's clock; ``sendings`` has what is written
around each call to the provider.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

State = Literal[
    "held",
    "asking",
    "queued",
    "sent",
    "delivered",
    "retrying",
    "undelivered",
    "failed",
    "skipped",
]
OPEN: frozenset[State] = frozenset({"held", "asking"})
"""States of a message that its attempt has yet to send."""
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class NewSms:
    """A text as a job begins it. Field order is parameter order; see ``models.sms``."""

    id: UUID
    org_id: str
    user_id: str
    job_id: UUID
    attempt: int
    to_number: str
    text: str
    urgent: bool = False
    inbox_ids: Sequence[UUID] = ()
    verification_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class SmsRow:
    """One text message. Field order is column order."""

    id: UUID
    org_id: str
    user_id: str
    job_id: UUID
    attempt: int
    to_number: str
    text: str = field(repr=False)
    urgent: bool
    inbox_ids: list[UUID]
    verification_id: UUID | None
    state: State
    sendings: int
    segments: int | None
    provider_id: str | None
    unanswered_at: datetime | None
    told: list[str]
    error: dict[str, Any] | None
    asked_at: datetime | None
    held_until: datetime | None
    again_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime
    updated_at: datetime


COLUMNS = ", ".join(f"m.{column.name}" for column in fields(SmsRow))

# What failed before the provider had it begins afresh, and so does what is to be sent again.
TAKEN = """job_id = $4, attempt = $5, error = NULL, again_at = NULL, updated_at = now(),
  state = CASE WHEN m.state IN ('failed', 'retrying') THEN 'held' ELSE m.state END"""

BEGIN = f"""
INSERT INTO sms_messages AS m (id, org_id, user_id, job_id, attempt, to_number, text, urgent, inbox_ids,
                               verification_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::uuid[], $10)
ON CONFLICT (id) DO UPDATE SET {TAKEN}
WHERE m.org_id = $2 AND m.user_id = $3 AND m.job_id = $4 AND m.attempt <= $5
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

# Another job's message is only taken over when that job is done with it.
TAKE = f"""
UPDATE sms_messages m SET {TAKEN}
WHERE m.id = $1 AND m.org_id = $2 AND m.user_id = $3
  AND (m.job_id = $4 AND m.attempt <= $5 OR m.job_id <> $4 AND m.state = 'retrying')
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

FIND = f"""
SELECT {COLUMNS} FROM sms_messages m WHERE m.id = $1 AND m.org_id = $2 AND m.user_id = $3
"""  # noqa: S608 - our own names

FORGET = """
DELETE FROM sms_messages WHERE org_id = $1 AND user_id = $2 AND created_at < now() - interval '1 year'
"""

OURS = "m.id = $1 AND m.job_id = $2 AND m.attempt = $3 AND m.state IN ('held', 'asking')"

HOLD = f"UPDATE sms_messages m SET held_until = $4, updated_at = now() WHERE {OURS}"  # noqa: S608

SKIP = f"""
UPDATE sms_messages m SET state = 'skipped', held_until = NULL, updated_at = now()
WHERE {OURS} RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

UNSEEN = """
SELECT count(*) = 0 OR bool_or(acked_at IS NULL AND read_at IS NULL) FROM inbox
WHERE id = ANY($1::uuid[]) AND org_id = $2 AND user_id = $3
"""

# What a job left behind that ended otherwise than by saying so: cancelled, out of attempts, expired.
SETTLE_LEFT = """
UPDATE sms_messages m SET state = 'failed', held_until = NULL, updated_at = now(),
  error = coalesce(m.error, $1::jsonb)
WHERE m.state IN ('held', 'asking') AND m.updated_at < now() - interval '1 minute'
  AND NOT EXISTS (SELECT FROM jobs j WHERE j.id = m.job_id AND j.finished_at IS NULL)
"""

# Put off, so that a job which comes to nothing is not the last.
BEGIN_AGAIN = """
UPDATE sms_messages m SET again_at = now() + interval '10 minutes', updated_at = now()
WHERE m.id IN (SELECT id FROM sms_messages WHERE state = 'retrying' AND again_at <= now()
               ORDER BY again_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING m.org_id, m.user_id, m.id, m.sendings
"""

# Of whom nothing was heard: looked after at ever longer intervals, for a day.
BEGIN_LOOK = """
UPDATE sms_messages m SET updated_at = now()
WHERE m.id IN (SELECT id FROM sms_messages
               WHERE state IN ('queued', 'sent') AND updated_at > now() - interval '1 day'
                 AND updated_at <= now() - greatest(interval '15 minutes', updated_at - asked_at)
               ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED)
RETURNING m.org_id, m.user_id, m.id, m.sendings
"""

WITHDRAW_CONSENT = """
UPDATE preferences SET sms_opt_in = false, updated_at = now()
WHERE org_id = $1 AND user_id = $2 AND phone = $3
"""

WITHDRAW_NUMBER = """
UPDATE preferences SET phone_verified_at = NULL, updated_at = now()
WHERE org_id = $1 AND user_id = $2 AND phone = $3
"""

Withdrawn = Literal["consent", "number"]
WITHDRAWING: Mapping[Withdrawn, str] = {"consent": WITHDRAW_CONSENT, "number": WITHDRAW_NUMBER}
"""What a provider's word takes back: that the user wants texts, or that the number is theirs."""

ENDED = {"code": "not_finished", "message": "The job that was to send it has ended."}


async def begin_message(session: "AsyncSession", new: NewSms) -> SmsRow | None:
    """Take a job's message for one attempt, made if it is the first; None when a later one has it.

    The owner's messages of more than a year ago are forgotten.
    """
    await run(session, FORGET, new.org_id, new.user_id)
    values = astuple(new)
    return await one(session, SmsRow, BEGIN, *values[:8], list(new.inbox_ids), new.verification_id)


async def take_message(
    session: "AsyncSession", owner: tuple[str, str], ident: UUID, job_id: UUID, attempt: int
) -> SmsRow | None:
    """Take a message that is to be sent again for one attempt; None when it is not this job's turn."""
    return await one(session, SmsRow, TAKE, ident, *owner, job_id, attempt)


async def find_message(
    session: "AsyncSession", owner: tuple[str, str], ident: UUID
) -> SmsRow | None:
    """Return a message, if it exists and is the owner's (org, user)."""
    return await one(session, SmsRow, FIND, ident, *owner)


async def hold_message(session: "AsyncSession", row: SmsRow, until: datetime) -> None:
    """Note until when a message is held."""
    await run(session, HOLD, *ours(row), until)


async def skip_message(session: "AsyncSession", row: SmsRow) -> SmsRow | None:
    """Note that a message is not needed any more."""
    return await one(session, SmsRow, SKIP, *ours(row))


async def still_unseen(session: "AsyncSession", row: SmsRow) -> bool:
    """Return whether one of the inbox entries that a message tells of is unseen, if they are there."""
    found = (await run(session, UNSEEN, row.inbox_ids, row.org_id, row.user_id)).one()
    return bool(found[0])


async def begin_again(session: "AsyncSession", limit: int) -> list[tuple[str, str, UUID, int]]:
    """Return (org, user, message, sendings) of what is to be sent again now.

    Settles first what ended jobs have left behind.
    """
    await run(session, SETTLE_LEFT, json_text(ENDED))
    return [tuple(row) for row in await run(session, BEGIN_AGAIN, limit)]


async def begin_look(session: "AsyncSession", limit: int) -> list[tuple[str, str, UUID, int]]:
    """Return (org, user, message, sendings) of what is on its way for long, and no call-back came."""
    return [tuple(row) for row in await run(session, BEGIN_LOOK, limit)]


async def withdraw(session: "AsyncSession", row: SmsRow, what: Withdrawn) -> None:
    """Take back what the provider's word contradicts, if the number is the owner's."""
    await run(session, WITHDRAWING[what], row.org_id, row.user_id, row.to_number)


def ours(row: SmsRow) -> tuple[UUID, UUID, int]:
    """Return what names a message as this attempt's."""
    return row.id, row.job_id, row.attempt
