"""A user's projects, as processors read and write them; ``jobs.store.projects`` is their owner's."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

MOST_PROJECTS = 1_000
"""How many one user may have."""


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """One project. Field order is column order.

    ``status`` is active, paused, done or archived. ``job_id`` is the job that made it, None when a person
    did. ``due_on`` is never before ``starts_on``: the database refuses it.
    """

    id: UUID
    org_id: str
    user_id: str
    name: str
    description: str
    goal: str
    status: str
    starts_on: date | None
    due_on: date | None
    job_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project to be kept. A job gives it an id of its own (``derived_uuid7``), so it makes it once."""

    id: UUID
    org_id: str
    user_id: str
    name: str
    description: str = ""
    goal: str = ""
    status: str = "active"
    starts_on: date | None = None
    due_on: date | None = None
    job_id: UUID | None = None


COLUMNS = ", ".join(f"p.{field.name}" for field in fields(ProjectRow))
NEW = ", ".join(field.name for field in fields(NewProject))
OWNED = "p.id = $1 AND p.org_id = $2 AND p.user_id = $3"

FIND = f"SELECT {COLUMNS} FROM projects p WHERE {OWNED}"  # noqa: S608 - our own names
LOCK = f"{FIND} FOR NO KEY UPDATE"

LIST = f"""
SELECT {COLUMNS} FROM projects p WHERE p.org_id = $1 AND p.user_id = $2
ORDER BY array_position(ARRAY['active', 'paused', 'done', 'archived'], p.status),
  p.due_on NULLS LAST, p.created_at, p.id
LIMIT $3
"""  # noqa: S608 - our own names

COUNT = "SELECT count(*) FROM projects WHERE org_id = $1 AND user_id = $2"

KEEP = f"""
INSERT INTO projects ({NEW})
SELECT {NEW} FROM jsonb_populate_record(NULL::projects, $1::jsonb)
ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - our own names

# What the changes do not name stays as it is; a name with null is emptied.
CHANGE = f"""
UPDATE projects p SET (name, description, goal, status, starts_on, due_on) = (
    SELECT n.name, n.description, n.goal, n.status, n.starts_on, n.due_on
    FROM jsonb_populate_record(p, $5::jsonb) n
  ), version = p.version + 1, updated_at = now()
WHERE {OWNED} AND ($4::int IS NULL OR p.version = $4)
RETURNING {COLUMNS}
"""  # noqa: S608 - our own names


async def find_project(
    session: "AsyncSession", org: str, user: str, ident: UUID, *, lock: bool = False
) -> ProjectRow | None:
    """Return a project, if it is this user's; with ``lock`` nobody changes it before the session ends."""
    return await one(session, ProjectRow, LOCK if lock else FIND, ident, org, user)


async def list_projects(
    session: "AsyncSession", org: str, user: str, limit: int
) -> list[ProjectRow]:
    """Return the user's projects, at most ``limit``: active ones first, then by the day they are due."""
    found = await run(session, LIST, org, user, limit)
    return [ProjectRow(**row) for row in found.mappings()]


async def count_projects(session: "AsyncSession", org: str, user: str) -> int:
    """Return how many projects the user has."""
    return int((await run(session, COUNT, org, user)).scalar_one())


async def keep_project(session: "AsyncSession", project: NewProject) -> None:
    """Keep a project; one that is there already under its id stays as it is."""
    await run(session, KEEP, json_text(project))


async def change_project(
    session: "AsyncSession",
    org: str,
    user: str,
    ident: UUID,
    changes: Mapping[str, Any],
    version: int | None = None,
) -> ProjectRow | None:
    """Change what ``changes`` names of a project; with ``version``, only as it was then.

    None when it is not the user's, or at another version.
    """
    values = (ident, org, user, version, json_text(changes))
    return await one(session, ProjectRow, CHANGE, *values)
