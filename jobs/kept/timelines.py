"""A course's timeline and the text it was read from, kept for a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

FIND = """
SELECT id, org_id, user_id, title, pages, result, created_at, expires_at FROM timelines
WHERE id = $1 AND org_id = $2 AND user_id = $3 AND expires_at > now()
"""
KEEP = """
INSERT INTO timelines (id, org_id, user_id, title, pages, result, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET
  title = excluded.title, pages = excluded.pages, result = excluded.result,
  expires_at = excluded.expires_at
WHERE timelines.org_id = excluded.org_id AND timelines.user_id = excluded.user_id
"""
LIST = """
SELECT id, title, coalesce(jsonb_array_length(result->'courses'), 0) AS courses,
       coalesce(jsonb_array_length(result->'events'), 0) AS events, created_at, expires_at
FROM timelines WHERE org_id = $1 AND user_id = $2 AND expires_at > now()
  AND (created_at, id) < (coalesce($3::timestamptz, 'infinity'), $4::uuid)
ORDER BY created_at DESC, id DESC LIMIT $5
"""
DELETE = """
DELETE FROM timelines WHERE id = $1 AND org_id = $2 AND user_id = $3 AND expires_at > now()
"""


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """The id of the job that first read it, so that running the job twice writes one row.

    ``pages`` is the document's text (rows of cells), so that it can be read again without the file.
    """

    id: UUID
    org_id: str
    user_id: str
    title: str
    pages: Any
    result: Any
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """A timeline as lists show it, without what was found."""

    id: UUID
    title: str
    courses: int
    events: int
    created_at: datetime
    expires_at: datetime


async def list_timelines(
    session: "AsyncSession",
    org: str,
    user: str,
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[TimelineLine]:
    """Return a user's timelines made before ``behind`` that have not expired, newest first."""
    found = await run(session, LIST, org, user, *(behind or (None, None)), limit)
    return [TimelineLine(**row) for row in found.mappings()]


async def find_timeline(
    session: "AsyncSession", org: str, user: str, ident: UUID
) -> TimelineRow | None:
    """Return a timeline that has not expired, if it is this user's."""
    return await one(session, TimelineRow, FIND, ident, org, user)


async def keep_timeline(session: "AsyncSession", timeline: TimelineRow) -> None:
    """Write the timeline, over an earlier one of the same id and owner."""
    values = (
        timeline.id,
        timeline.org_id,
        timeline.user_id,
        timeline.title,
        json_text(timeline.pages),
        json_text(timeline.result),
        timeline.created_at,
        timeline.expires_at,
    )
    await run(session, KEEP, *values)


async def delete_timeline(session: "AsyncSession", org: str, user: str, ident: UUID) -> bool:
    """Remove a timeline, if it is this user's and has not expired; return whether there was one."""
    return bool((await run(session, DELETE, ident, org, user)).rowcount)
