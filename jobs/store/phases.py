"""Phases as their owners keep them: listed by their days, changed, deleted with their tasks or without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.kept.phases import COLUMNS, OWNED, PhaseRow

FIND = f"SELECT {COLUMNS} FROM phases h WHERE {OWNED}"
LOCK = f"{FIND} FOR NO KEY UPDATE"

PLACE = "(h.starts_on::timestamp AT TIME ZONE 'UTC' + h.position * interval '1 microsecond')"

LIST = f"""
SELECT {COLUMNS} FROM phases h
WHERE h.org_id = $1 AND h.user_id = $2 AND ($3::uuid IS NULL OR h.project_id = $3)
  AND ($4::text[] IS NULL OR h.status = ANY($4))
  AND ($5::timestamptz IS NULL OR ({PLACE}, h.id) > ($5, $6::uuid))
ORDER BY {PLACE}, h.id LIMIT $7
"""

# What the changes do not name stays as it is.
CHANGE = f"""
UPDATE phases h SET (name, goal, status, starts_on, due_on, position) = (
    SELECT n.name, n.goal, n.status, n.starts_on, n.due_on, n.position
    FROM jsonb_populate_record(h, $4::jsonb) n
  ), version = h.version + 1, updated_at = now()
WHERE {OWNED} RETURNING {COLUMNS}
"""

DELETE = f"""
WITH freed AS (
  UPDATE tasks t SET phase_id = NULL, version = t.version + 1, updated_at = now()
  WHERE t.phase_id = $1 AND t.org_id = $2 AND t.user_id = $3
)
DELETE FROM phases h WHERE {OWNED} RETURNING h.id
"""

# Tasks elsewhere no longer depend on those that go.
DELETE_WITH_TASKS = f"""
WITH its AS (
  DELETE FROM tasks t WHERE t.phase_id = $1 AND t.org_id = $2 AND t.user_id = $3 RETURNING t.id
), ids AS (
  SELECT array_agg(its.id) AS gone FROM its
), freed AS (
  UPDATE tasks t SET depends_on = ARRAY(
    SELECT d.id FROM unnest(t.depends_on) WITH ORDINALITY AS d(id, at)
    WHERE d.id <> ALL(ids.gone) ORDER BY d.at)
  FROM ids WHERE t.org_id = $2 AND t.user_id = $3 AND t.phase_id IS DISTINCT FROM $1
    AND t.depends_on && ids.gone
)
DELETE FROM phases h WHERE {OWNED} RETURNING h.id
"""


@dataclass(frozen=True, slots=True)
class PhaseFilter:
    """Which phases a list is of; what is not said is no limit."""

    project: UUID | None = None
    statuses: Sequence[str] = ()


async def find_phase(
    db: Statements, owner: tuple[str, str], ident: UUID, *, lock: bool = False
) -> PhaseRow | None:
    """Return a phase, if it is there and of ``owner`` (org, user)."""
    record = await db.fetchrow(LOCK if lock else FIND, ident, *owner)
    return PhaseRow(*record) if record else None


async def list_phases(
    db: Statements,
    owner: tuple[str, str],
    wanted: PhaseFilter,
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[PhaseRow]:
    """Return phases of ``owner`` behind a place, in the order of their days."""
    at, last = behind or (None, None)
    asked = (wanted.project, list(wanted.statuses) or None)
    found = await db.fetch(LIST, *owner, *asked, at, last, limit)
    return [PhaseRow(*record) for record in found]


async def change_phase(
    db: Statements, owner: tuple[str, str], ident: UUID, changes: Mapping[str, Any]
) -> PhaseRow | None:
    """Change what ``changes`` names of a phase; what it leaves out stays."""
    record = await db.fetchrow(CHANGE, ident, *owner, dict(changes))
    return PhaseRow(*record) if record else None


async def delete_phase(
    db: Statements, owner: tuple[str, str], ident: UUID, *, with_tasks: bool
) -> bool:
    """Delete a phase, with its tasks or out from under them. Returns whether there was one."""
    return bool(await db.fetch(DELETE_WITH_TASKS if with_tasks else DELETE, ident, *owner))
