"""Tasks as their owners keep them: listed, made, changed, deleted, and what they depend on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.kept.json_text import json_text
from jobs.kept.tasks import CHANGE, COLUMNS, DELETE, FIND, LOCK, NEW, NewTask, TaskRow

# With $3 it comes last in its project, whatever its position says.
PLACED = """
CASE WHEN $3 THEN coalesce((SELECT max(o.position) + 1 FROM tasks o WHERE o.project_id = n.project_id), 0)
     ELSE n.position END
"""

ADD = f"""
INSERT INTO tasks AS t ({NEW}, completed_at)
SELECT {NEW.replace("position", PLACED)}, CASE WHEN n.status = 'done' THEN now() END
FROM jsonb_populate_record(NULL::tasks, $1::text::jsonb) n
WHERE (SELECT count(*) FROM tasks o WHERE o.org_id = n.org_id AND o.user_id = n.user_id) < $2
RETURNING {COLUMNS}
"""

LIST = f"""
SELECT {COLUMNS} FROM tasks t
WHERE t.org_id = $1 AND t.user_id = $2 AND ($3::text[] IS NULL OR t.status = ANY($3))
  AND ($4::uuid IS NULL OR t.project_id = $4) AND ($5::uuid IS NULL OR t.phase_id = $5)
  AND ($6::date IS NULL OR t.due_on <= $6)
  AND (t.created_at, t.id) < (coalesce($7::timestamptz, 'infinity'), $8::uuid)
ORDER BY t.created_at DESC, t.id DESC LIMIT $9
"""

# Two who each add half of a circle take turns, so the second sees it.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('tasks:' || $1 || ':' || $2, 0))"

REACHED = """
WITH RECURSIVE reached AS (
  SELECT t.id, t.depends_on FROM tasks t
  WHERE t.id = ANY($3::uuid[]) AND t.org_id = $1 AND t.user_id = $2
  UNION
  SELECT t.id, t.depends_on FROM reached r
  JOIN tasks t ON t.id = ANY(r.depends_on) AND t.org_id = $1 AND t.user_id = $2
)
SELECT id FROM reached
"""


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list is of; what is not said is no limit."""

    statuses: Sequence[str] = ()
    project: UUID | None = None
    phase: UUID | None = None
    due_until: date | None = None


async def add_task(
    db: Statements, task: NewTask, most: int, *, last: bool = False
) -> TaskRow | None:
    """Keep a task, as the ``last`` of its project or at its position, unless its owner has ``most``."""
    record = await db.fetchrow(ADD, json_text(task), most, last)
    return TaskRow(*record) if record else None


async def find_task(
    db: Statements, owner: tuple[str, str], ident: UUID, *, lock: bool = False
) -> TaskRow | None:
    """Return a task, if it is there and of ``owner`` (org, user)."""
    record = await db.fetchrow(LOCK if lock else FIND, [ident], *owner)
    return TaskRow(*record) if record else None


async def list_tasks(
    db: Statements,
    owner: tuple[str, str],
    wanted: TaskFilter,
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[TaskRow]:
    """Return tasks of ``owner`` older than ``behind``, newest first."""
    at, last = behind or (None, None)
    asked = (list(wanted.statuses) or None, wanted.project, wanted.phase, wanted.due_until)
    found = await db.fetch(LIST, *owner, *asked, at, last, limit)
    return [TaskRow(*record) for record in found]


async def reached_from(db: Statements, owner: tuple[str, str], ids: Collection[UUID]) -> set[UUID]:
    """Return the owner's tasks among ``ids`` and all that those depend on, over however many others.

    Until the transaction ends nobody else of the owner's asks the same.
    """
    await db.fetch(ONE_AT_A_TIME, *owner)
    return {UUID(str(record["id"])) for record in await db.fetch(REACHED, *owner, list(ids))}


async def change_task(
    db: Statements, owner: tuple[str, str], ident: UUID, changes: Mapping[str, Any]
) -> TaskRow | None:
    """Change what ``changes`` names of a task; what it leaves out stays."""
    record = await db.fetchrow(CHANGE, ident, *owner, None, dict(changes))
    return TaskRow(*record) if record else None


async def delete_task(db: Statements, owner: tuple[str, str], ident: UUID) -> bool:
    """Delete a task; others no longer depend on it. Returns whether there was one."""
    return bool(await db.fetch(DELETE, ident, *owner, None))
