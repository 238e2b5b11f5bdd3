"""A project's phases, as processors read and write them; ``jobs.store.phases`` is their owner's."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import run
from jobs.kept.tasks import COLUMNS as TASK_COLUMNS
from jobs.kept.tasks import TaskRow

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One phase. Field order is column order.

    ``status`` is open, doing, done or dropped. ``job_id`` is the job that made it.
    """

    id: UUID
    org_id: str
    user_id: str
    project_id: UUID
    name: str
    goal: str
    status: str
    starts_on: date
    due_on: date
    position: int
    job_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewPhase:
    """A phase to be kept. Its job gives it an id of its own, so it makes it once."""

    id: UUID
    org_id: str
    user_id: str
    project_id: UUID
    name: str
    goal: str
    starts_on: date
    due_on: date
    position: int
    job_id: UUID | None


COLUMNS = ", ".join(f"h.{field.name}" for field in fields(PhaseRow))
NEW = ", ".join(field.name for field in fields(NewPhase))
OWNED = "h.id = $1 AND h.org_id = $2 AND h.user_id = $3"

# In the order they are kept: by their days.
PHASES = f"""
SELECT {COLUMNS} FROM phases h WHERE h.project_id = $1 AND h.org_id = $2 AND h.user_id = $3
ORDER BY h.starts_on, h.position, h.id
"""  # noqa: S608 - our own names

# And those of other projects that wait for one of these.
TASKS = f"""
SELECT {TASK_COLUMNS} FROM tasks t
WHERE t.org_id = $2 AND t.user_id = $3 AND (
  t.project_id = $1
  OR t.depends_on && ARRAY(SELECT o.id FROM tasks o WHERE o.project_id = $1)
)
ORDER BY t.position, t.id
"""  # noqa: S608 - our own names

DELETE_TASKS = "DELETE FROM tasks WHERE id = ANY($1::uuid[]) AND org_id = $2 AND user_id = $3"
DELETE_PHASES = "DELETE FROM phases WHERE id = ANY($1::uuid[]) AND org_id = $2 AND user_id = $3"

KEEP = f"""
INSERT INTO phases ({NEW}) SELECT {NEW} FROM jsonb_populate_recordset(NULL::phases, $1::jsonb)
ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - our own names


async def plan_of(
    session: "AsyncSession", org: str, user: str, project: UUID, *, lock: bool = False
) -> tuple[list[PhaseRow], list[TaskRow]]:
    """Return a project's phases and tasks; with ``lock`` nobody changes them before the session ends.

    Among the tasks are those of other projects that depend on one of these.
    """
    locking = " FOR UPDATE" if lock else ""
    phases = await run(session, PHASES + locking, project, org, user)
    tasks = await run(session, TASKS + locking, project, org, user)
    return (
        [PhaseRow(**row) for row in phases.mappings()],
        [TaskRow(**row) for row in tasks.mappings()],
    )


async def make_room(
    session: "AsyncSession", org: str, user: str, phases: Sequence[UUID], tasks: Sequence[UUID]
) -> None:
    """Delete tasks, then phases, which must have no others."""
    await run(session, DELETE_TASKS, list(tasks), org, user)
    await run(session, DELETE_PHASES, list(phases), org, user)


async def keep_phases(session: "AsyncSession", phases: Sequence[NewPhase]) -> None:
    """Keep phases in one statement; those that are there already under their ids stay as they are.

    The database refuses one of a project that is not its user's.
    """
    await run(session, KEEP, json_text(phases))
