"""E-mails as their owners look at them, and as who gets them unsubscribes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from jobs.db import Statements
from jobs.kept.emails import EmailRow

# A job that ended otherwise than by saying so (out of attempts, cancelled, removed) sends nothing any more.
STATE = """
CASE WHEN e.state = 'sending'
       AND NOT EXISTS (SELECT FROM jobs j WHERE j.id = e.job_id AND j.finished_at IS NULL)
     THEN 'failed' ELSE e.state END
"""
COLUMNS = f"""
e.id, e.org_id, e.user_id, e.job_id, e.attempt, e.list, e.address, e.subject, e.message_id, e.brief_id,
{STATE}, e.answer, e.error, e.asked_at, e.sent_at, e.unsubscribed_at, e.created_at, e.updated_at
"""

LIST = f"""
SELECT {COLUMNS} FROM emails e
WHERE e.org_id = $1 AND e.user_id = $2 AND ($3::text[] IS NULL OR {STATE} = ANY($3))
  AND ($4::uuid IS NULL OR e.job_id = $4)
  AND (e.created_at, e.id) < (coalesce($5::timestamptz, 'infinity'), $6::uuid)
ORDER BY e.created_at DESC, e.id DESC LIMIT $7
"""

FIND = f"SELECT {COLUMNS} FROM emails e WHERE e.id = $1 AND e.org_id = $2 AND e.user_id = $3"

ADDRESSED = f"SELECT {COLUMNS} FROM emails e WHERE e.id = $1 AND e.list IS NOT NULL"

# Of the hand-off and the brief the preferences tell; for other mails the row itself is the memory.
UNSUBSCRIBE = """
WITH gone AS (
  UPDATE emails e SET unsubscribed_at = coalesce(e.unsubscribed_at, now()), updated_at = now()
  WHERE e.id = $1 AND e.list IS NOT NULL RETURNING e.org_id, e.user_id, e.list
)
UPDATE preferences p SET updated_at = now(),
  email_opt_in = p.email_opt_in AND g.list <> 'handoff',
  brief_email = p.brief_email AND g.list <> 'brief'
FROM gone g WHERE p.org_id = g.org_id AND p.user_id = g.user_id AND g.list <> 'other'
"""

RESUBSCRIBE = """
UPDATE emails e SET unsubscribed_at = NULL, updated_at = now() FROM emails m
WHERE m.id = $1 AND m.list = 'other' AND e.list = 'other' AND e.org_id = m.org_id
  AND e.address = m.address AND e.unsubscribed_at IS NOT NULL
"""
LAST_ID = UUID(int=(1 << 128) - 1)

Owner = tuple[str, str]


async def list_emails(
    db: Statements,
    owner: Owner,
    wanted: tuple[Sequence[str], UUID | None],
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[EmailRow]:
    """Return e-mails of ``owner`` older than ``behind``, newest first; ``wanted``: states, job."""
    at, last = behind or (None, LAST_ID)
    states, job = wanted
    found = await db.fetch(LIST, *owner, list(states) or None, job, at, last, limit)
    return [EmailRow(*record) for record in found]


async def find_email(db: Statements, owner: Owner, ident: UUID) -> EmailRow | None:
    """Return an e-mail, if it is there and the owner's."""
    record = await db.fetchrow(FIND, ident, *owner)
    return EmailRow(*record) if record else None


async def addressed_email(db: Statements, ident: UUID) -> EmailRow | None:
    """Return an e-mail whose link was followed, whoever follows it."""
    record = await db.fetchrow(ADDRESSED, ident)
    return EmailRow(*record) if record else None


async def unsubscribe(db: Statements, ident: UUID) -> None:
    """Let no more mails of this one's list go to where it went. Again changes nothing."""
    await db.fetch(UNSUBSCRIBE, ident)


async def resubscribe(db: Statements, ident: UUID) -> None:
    """Let mails of the list ``other`` go again to where this one went. Again changes nothing."""
    await db.fetch(RESUBSCRIBE, ident)
