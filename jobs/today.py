"""Which day it is for a user: the database's moment on the clock of the zone in their preferences."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from jobs.errors import InvalidSchedule
from jobs.kept.statement import run
from jobs.zones import zone

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

NOW = """
SELECT now() AS moment,
  (SELECT p.timezone FROM preferences p WHERE p.org_id = $1 AND p.user_id = $2) AS timezone
"""


async def now_of(session: "AsyncSession", org: str, user: str) -> tuple[datetime, date]:
    """Return the moment, and the user's day at it; that of UTC for who has named no zone."""
    row = (await run(session, NOW, org, user)).one()
    return row.moment, day_in(row.moment, row.timezone or "UTC")


def day_in(moment: datetime, timezone: str) -> date:
    """Return the day of a moment in a zone; in UTC when that is none any more."""
    try:
        return moment.astimezone(zone(timezone)).date()
    except InvalidSchedule:
        return moment.astimezone(UTC).date()
