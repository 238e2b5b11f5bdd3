"""What a user's calendars say of a stretch of time. Keeping them in step is ``jobs.kept.syncs``'s."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.kept.statement import run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

# An event without a length is at its moment: the first of the stretch counts, the last does not.
BETWEEN = """
SELECT e.title, e.starts_at, e.ends_at, e.all_day, e.location,
       coalesce(nullif(c.name, ''), nullif(c.own_name, ''), c.remote_id) AS calendar_name
FROM calendar_events e JOIN calendars c ON c.id = e.calendar_id
WHERE c.org_id = $1 AND c.user_id = $2 AND c.left_at IS NULL AND e.pending <> 'delete'
  AND e.starts_at < $4 AND (e.ends_at > $3 OR (e.starts_at = e.ends_at AND e.starts_at >= $3))
ORDER BY e.starts_at, e.ends_at DESC, e.id LIMIT $5
"""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One event as a brief tells it; an all-day one is from midnight to midnight in its calendar's zone."""

    title: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    location: str
    calendar_name: str


async def events_between(
    session: "AsyncSession", org: str, user: str, begin: datetime, end: datetime, limit: int
) -> list[CalendarEntry]:
    """Return what a user's calendars have from ``begin`` until before ``end``, first to begin first."""
    found = await run(session, BETWEEN, org, user, begin, end, limit)
    return [CalendarEntry(**row) for row in found.mappings()]
