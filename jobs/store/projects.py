"""Projects as their owners keep them: listed, made, changed, deleted with their tasks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.kept.json_text import json_text
from jobs.kept.projects import CHANGE, COLUMNS, FIND, LOCK, NEW, OWNED, NewProject, ProjectRow

ADD = f"""
INSERT INTO projects AS p ({NEW})
SELECT {NEW} FROM jsonb_populate_record(NULL::projects, $1::text::jsonb) n
WHERE (SELECT count(*) FROM projects o WHERE o.org_id = n.org_id AND o.user_id = n.user_id) < $2
RETURNING {COLUMNS}
"""

LIST = f"""
SELECT {COLUMNS} FROM projects p
WHERE p.org_id = $1 AND p.user_id = $2 AND ($3::text[] IS NULL OR p.status = ANY($3))
  AND (p.created_at, p.id) < (coalesce($4::timestamptz, 'infinity'), $5::uuid)
ORDER BY p.created_at DESC, p.id DESC LIMIT $6
"""

# Its tasks go with it; tasks elsewhere no longer depend on them.
DELETE = f"""
WITH gone AS (
  DELETE FROM projects p WHERE {OWNED} RETURNING p.id
), its AS (
  SELECT array_agg(t.id) AS ids FROM tasks t JOIN gone ON t.project_id = gone.id
), freed AS (
  UPDATE tasks t SET depends_on = ARRAY(
    SELECT d.id FROM unnest(t.depends_on) WITH ORDINALITY AS d(id, at)
    WHERE d.id <> ALL(its.ids) ORDER BY d.at)
  FROM its WHERE t.org_id = $2 AND t.user_id = $3 AND t.project_id IS DISTINCT FROM $1
    AND t.depends_on && its.ids
)
SELECT id FROM gone
"""


async def add_project(db: Statements, project: NewProject, most: int) -> ProjectRow | None:
    """Keep a project, unless its owner has ``most`` already."""
    record = await db.fetchrow(ADD, json_text(project), most)
    return ProjectRow(*record) if record else None


async def find_project(
    db: Statements, owner: tuple[str, str], ident: UUID, *, lock: bool = False
) -> ProjectRow | None:
    """Return a project, if it is there and of ``owner`` (org, user)."""
    record = await db.fetchrow(LOCK if lock else FIND, ident, *owner)
    return ProjectRow(*record) if record else None


async def list_projects(
    db: Statements,
    owner: tuple[str, str],
    statuses: Sequence[str],
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ProjectRow]:
    """Return projects of ``owner`` older than ``behind``, newest first; of any status for none."""
    at, last = behind or (None, None)
    found = await db.fetch(LIST, *owner, list(statuses) or None, at, last, limit)
    return [ProjectRow(*record) for record in found]


async def change_project(
    db: Statements, owner: tuple[str, str], ident: UUID, changes: Mapping[str, Any]
) -> ProjectRow | None:
    """Change what ``changes`` names of a project; what it leaves out stays."""
    record = await db.fetchrow(CHANGE, ident, *owner, None, dict(changes))
    return ProjectRow(*record) if record else None


async def delete_project(db: Statements, owner: tuple[str, str], ident: UUID) -> bool:
    """Delete a project with its tasks. Returns whether there was one."""
    return bool(await db.fetch(DELETE, ident, *owner))
