"""E-mails on their way and gone out, as the job that sends one keeps it: one row, written around the DATA.

A row is the job's memory of what it did outside. ``asked_at`` is written before a server is given the
mail, the end after its answer; what lies in between is a mail of which nobody knows whether it went.
"""

from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

LONGEST_ANSWER = 500


@dataclass(frozen=True, slots=True)
class NewEmail:
    """An e-mail about to be sent. Field order is column order; see ``models.email`` for the fields."""

    id: UUID
    org_id: str
    user_id: str
    job_id: UUID
    attempt: int
    list: str | None
    address: str
    subject: str
    message_id: str
    brief_id: UUID | None


@dataclass(frozen=True, slots=True)
class EmailRow(NewEmail):
    """One e-mail's row. Field order is column order."""

    state: str
    answer: str | None
    error: str | None
    asked_at: datetime | None
    sent_at: datetime | None
    unsubscribed_at: datetime | None
    created_at: datetime
    updated_at: datetime


COLUMNS = ", ".join(f"e.{field.name}" for field in fields(EmailRow))
OPEN = "e.sent_at IS NULL AND e.asked_at IS NULL"

# What was given to a server stays as it was given. What failed otherwise begins afresh.
BEGIN = f"""
INSERT INTO emails AS e (id, org_id, user_id, job_id, attempt, list, address, subject, message_id, brief_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET attempt = excluded.attempt, updated_at = now(),
  state = CASE WHEN {OPEN} THEN 'sending' ELSE e.state END,
  address = CASE WHEN {OPEN} THEN excluded.address ELSE e.address END
WHERE e.org_id = excluded.org_id AND e.user_id = excluded.user_id AND e.job_id = excluded.job_id
  AND e.attempt <= excluded.attempt
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

# Links in mails have to work for long, and who unsubscribed stays so.
FORGET = """
DELETE FROM emails WHERE org_id = $1 AND user_id = $2 AND unsubscribed_at IS NULL
  AND created_at < now() - interval '1 year'
"""

FIND = f"SELECT {COLUMNS} FROM emails e WHERE e.id = $1 AND e.org_id = $2 AND e.user_id = $3"  # noqa: S608

ASK = f"""
UPDATE emails e SET asked_at = now(), updated_at = now()
WHERE e.id = $1 AND e.attempt = $2 AND {OPEN} RETURNING e.id
"""  # noqa: S608 - our own names

# Whoever gave the mail away knows what became of it, also when another attempt has the row by now.
KEEP = f"""
UPDATE emails e SET state = 'sent', answer = $2, error = NULL, sent_at = coalesce(e.sent_at, now()),
  updated_at = now()
WHERE e.id = $1 RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

LET_GO = """
UPDATE emails e SET state = $3, error = $4, answer = $5, updated_at = now(),
  asked_at = CASE WHEN $6 THEN NULL ELSE e.asked_at END
WHERE e.id = $1 AND e.attempt = $2 AND e.sent_at IS NULL
"""

UNSUBSCRIBED = """
SELECT 1 FROM emails e WHERE e.org_id = $1 AND e.address = $2 AND e.unsubscribed_at IS NOT NULL
  AND e.list = 'other' LIMIT 1
"""

DISTRUST = """
UPDATE preferences p SET email_verified_at = NULL, updated_at = now()
WHERE p.org_id = $1 AND p.user_id = $2 AND lower(p.email) = lower($3)
"""


async def begin_email(session: "AsyncSession", email: NewEmail) -> EmailRow | None:
    """Take an e-mail over for ``email.attempt`` of its job, made if it is the first.

    None when a later attempt has it already, or another job. The owner's mails of more than a year ago
    are forgotten.
    """
    await run(session, FORGET, email.org_id, email.user_id)
    return await one(session, EmailRow, BEGIN, *astuple(email))


async def find_email(session: "AsyncSession", org: str, user: str, ident: UUID) -> EmailRow | None:
    """Return an e-mail, if it is this user's."""
    return await one(session, EmailRow, FIND, ident, org, user)


async def ask_for_email(session: "AsyncSession", email: EmailRow) -> bool:
    """Note that a server is given the mail now. False when another attempt has it, or it was given."""
    return bool((await run(session, ASK, email.id, email.attempt)).first())


async def keep_email(session: "AsyncSession", email: EmailRow, answer: str) -> EmailRow | None:
    """Note that a server has taken the mail; None when the row is gone."""
    return await one(session, EmailRow, KEEP, email.id, answer[:LONGEST_ANSWER])


async def let_email_go(
    session: "AsyncSession", email: EmailRow, state: str, told: tuple[str, str], *, refused: bool
) -> None:
    """Note why a mail is not sent (``told``: code, words); ``refused`` when no server has it for sure."""
    code, answer = told
    values = (email.id, email.attempt, state, code, answer[:LONGEST_ANSWER], refused)
    await run(session, LET_GO, *values)


async def is_unsubscribed(session: "AsyncSession", org: str, address: str) -> bool:
    """Return whether who reads ``address`` wants no more mails of the list ``other`` from this org."""
    return (await run(session, UNSUBSCRIBED, org, address)).first() is not None


async def distrust_address(session: "AsyncSession", org: str, user: str, address: str) -> None:
    """Note that the user's address is no mailbox (any more): it has to be verified again."""
    await run(session, DISTRUST, org, user, address)
