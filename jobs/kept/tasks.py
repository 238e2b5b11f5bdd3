"""A user's tasks, as processors read and write them; ``jobs.store.tasks`` is their owner's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_TASKS = 10_000
"""How many one user may have."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task. Field order is column order.

    ``status`` is open, doing, done or dropped; ``priority`` 0 to 3, the most urgent. ``depends_on`` are
    tasks of the same user to be done before it. ``job_id`` is the job that made it, None when a person did.
    """

    id: UUID
    org_id: str
    user_id: str
    project_id: UUID | None
    phase_id: UUID | None
    title: str
    notes: str
    status: str
    priority: int
    starts_on: date | None
    due_on: date | None
    estimate_minutes: int | None
    depends_on: list[UUID]
    position: int
    job_id: UUID | None
    completed_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be kept. A job gives it an id of its own (``derived_uuid7``), so it makes it once."""

    id: UUID
    org_id: str
    user_id: str
    title: str
    project_id: UUID | None = None
    phase_id: UUID | None = None
    notes: str = ""
    status: str = "open"
    priority: int = 1
    starts_on: date | None = None
    due_on: date | None = None
    estimate_minutes: int | None = None
    depends_on: Sequence[UUID] = ()
    position: int = 0
    job_id: UUID | None = None


COLUMNS = ", ".join(f"t.{field.name}" for field in fields(TaskRow))
NEW = ", ".join(field.name for field in fields(NewTask))
OWNED = "t.id = $1 AND t.org_id = $2 AND t.user_id = $3"

FIND = f"""
SELECT {COLUMNS} FROM tasks t
WHERE t.id = ANY($1::uuid[]) AND t.org_id = $2 AND t.user_id = $3 ORDER BY t.id
"""  # noqa: S608 - our own names
LOCK = f"{FIND} FOR NO KEY UPDATE"

# By the day they are due those that are overdue come first, whatever day it is.
OPEN = f"""
SELECT {COLUMNS} FROM tasks t
WHERE t.org_id = $1 AND t.user_id = $2 AND t.status IN ('open', 'doing')
ORDER BY t.due_on NULLS LAST, t.priority DESC, t.status = 'doing' DESC, t.position, t.id
LIMIT $3
"""  # noqa: S608 - our own names

COUNT = "SELECT count(*) FROM tasks WHERE org_id = $1 AND user_id = $2"

KEEP = f"""
INSERT INTO tasks ({NEW}, completed_at)
SELECT {NEW}, CASE WHEN status = 'done' THEN now() END
FROM jsonb_populate_recordset(NULL::tasks, $1::jsonb)
ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - our own names

# What the changes do not name stays as it is; a name with null is emptied. Another project is another plan,
# so a task that moves leaves its phase behind.
CHANGE = f"""
UPDATE tasks t SET (project_id, phase_id, title, notes, status, priority, starts_on, due_on,
                    estimate_minutes, depends_on, position, completed_at) = (
    SELECT n.project_id,
      CASE WHEN $5::jsonb ? 'phase_id' OR n.project_id IS NOT DISTINCT FROM t.project_id
           THEN n.phase_id END,
      n.title, n.notes, n.status, n.priority, n.starts_on, n.due_on, n.estimate_minutes, n.depends_on,
      n.position, CASE WHEN n.status = 'done' THEN coalesce(t.completed_at, now()) END
    FROM jsonb_populate_record(t, $5::jsonb) n
  ), version = t.version + 1, updated_at = now()
WHERE {OWNED} AND ($4::int IS NULL OR t.version = $4)
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

DELETE = f"""
WITH gone AS (
  DELETE FROM tasks t WHERE {OWNED} AND ($4::int IS NULL OR t.version = $4) RETURNING t.id
), freed AS (
  UPDATE tasks t SET depends_on = array_remove(t.depends_on, gone.id) FROM gone
  WHERE t.org_id = $2 AND t.user_id = $3 AND gone.id = ANY(t.depends_on)
)
SELECT id FROM gone
"""  # noqa: S608 - our own names


async def find_tasks(
    session: "AsyncSession", org: str, user: str, ids: Sequence[UUID], *, lock: bool = False
) -> list[TaskRow]:
    """Return those of the tasks that are this user's, by id.

    With ``lock`` nobody changes them before the session ends.
    """
    found = await run(session, LOCK if lock else FIND, list(ids), org, user)
    return [TaskRow(**row) for row in found.mappings()]


async def open_tasks(session: "AsyncSession", org: str, user: str, limit: int) -> list[TaskRow]:
    """Return what the user has yet to do, at most ``limit``.

    What is due first comes first, what is due no day last; of one day the most urgent, and what is begun.
    """
    found = await run(session, OPEN, org, user, limit)
    return [TaskRow(**row) for row in found.mappings()]


async def count_tasks(session: "AsyncSession", org: str, user: str) -> int:
    """Return how many tasks the user has."""
    return int((await run(session, COUNT, org, user)).scalar_one())


async def keep_tasks(session: "AsyncSession", tasks: Sequence[NewTask]) -> None:
    """Keep tasks in one statement; those that are there already under their ids stay as they are.

    The database refuses one of a project that is not its user's.
    """
    await run(session, KEEP, json_text(tasks))


async def change_task(
    session: "AsyncSession",
    org: str,
    user: str,
    ident: UUID,
    changes: Mapping[str, Any],
    version: int | None = None,
) -> TaskRow | None:
    """Change what ``changes`` names of a task; with ``version``, only as it was then.

    None when it is not the user's, or at another version.
    """
    values = (ident, org, user, version, json_text(changes))
    return await one(session, TaskRow, CHANGE, *values)


async def delete_task(
    session: "AsyncSession", org: str, user: str, ident: UUID, version: int | None = None
) -> bool:
    """Delete a task; others no longer depend on it. Returns whether there was one, at ``version``."""
    found = await run(session, DELETE, ident, org, user, version)
    return found.first() is not None
