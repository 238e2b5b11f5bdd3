"""Brain dumps as owners see them: listed, read, deleted. ``jobs.kept.brain_dumps`` is their job's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements

MOST_SHOWN = 200

# What is under way is as its job is: that ends without another word when it fails or is cancelled.
STATUS = """
CASE WHEN d.status IN ('reading', 'waiting') AND (j.id IS NULL OR j.state IN ('failed', 'expired'))
     THEN 'failed'
     WHEN d.status IN ('reading', 'waiting') AND j.state = 'cancelled' THEN 'cancelled'
     ELSE d.status END AS status
"""
FROM = "FROM brain_dumps d LEFT JOIN jobs j ON j.id = d.id"

LIST = f"""
SELECT d.id, {STATUS}, left(d.text, {MOST_SHOWN}) AS beginning,
  coalesce(jsonb_array_length(d.proposals -> -1 -> 'operations'), 0) AS operations,
  (SELECT count(*) FROM jsonb_array_elements(d.outcomes) o WHERE o ->> 'outcome' = 'done')::int AS done,
  d.created_at, d.updated_at
{FROM} WHERE d.org_id = $1 AND d.user_id = $2
  AND (d.created_at, d.id) < (coalesce($3::timestamptz, 'infinity'), $4::uuid)
ORDER BY d.created_at DESC, d.id DESC LIMIT $5
"""

FIND = f"""
SELECT d.id, {STATUS}, d.text, d.context, d.tasks, d.extracted, d.proposals -> -1 AS proposal,
  d.outcomes, d.usage, d.created_at, d.updated_at, d.expires_at
{FROM} WHERE d.id = $1 AND d.org_id = $2 AND d.user_id = $3
"""

DELETE = "DELETE FROM brain_dumps WHERE id = $1 AND org_id = $2 AND user_id = $3 RETURNING id"


@dataclass(frozen=True, slots=True)
class BrainDumpLine:
    """A brain dump in a list. Field order is column order."""

    id: UUID
    status: str
    beginning: str
    operations: int
    done: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class BrainDumpWhole:
    """A brain dump with what was found, the newest proposal and what became of it."""

    id: UUID
    status: str
    text: str
    context: dict[str, Any]
    tasks: dict[str, Any]
    extracted: list[str]
    proposal: dict[str, Any] | None
    outcomes: list[dict[str, Any]]
    usage: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    expires_at: datetime


async def list_brain_dumps(
    db: Statements, owner: tuple[str, str], behind: tuple[datetime, UUID] | None, limit: int
) -> list[BrainDumpLine]:
    """Return brain dumps of ``owner`` (org, user) older than ``behind``, newest first."""
    at, last = behind or (None, None)
    found = await db.fetch(LIST, *owner, at, last, limit)
    return [BrainDumpLine(*record) for record in found]


async def find_brain_dump(
    db: Statements, owner: tuple[str, str], ident: UUID
) -> BrainDumpWhole | None:
    """Return a brain dump, if it is there and the owner's."""
    record = await db.fetchrow(FIND, ident, *owner)
    return BrainDumpWhole(*record) if record else None


async def delete_brain_dump(db: Statements, owner: tuple[str, str], ident: UUID) -> bool:
    """Forget a brain dump; returns whether there was one."""
    return await db.fetchrow(DELETE, ident, *owner) is not None
