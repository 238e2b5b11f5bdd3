"""A sync under way: the calendar that its job holds, where it is at Google, and what was done so far."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from jobs.agenda.zones import clock
from jobs.context import Context
from jobs.errors import Held
from jobs.kept.syncs import SyncRow, holds
from jobs.providers.google_calendar import GoogleCalendar

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

SOON = timedelta(seconds=10)


@dataclass(slots=True)
class Tally:
    """What all attempts of the job have done so far."""

    pulled: int = 0
    pushed: int = 0
    conflicts: int = 0
    full: bool = False

    @classmethod
    def resumed(cls, saved: object) -> "Tally":
        """Go on with what an earlier attempt has saved, if there is something."""
        if not isinstance(saved, Mapping):
            return cls()
        return cls(**{one.name: saved["tally"][one.name] for one in fields(cls)})


@dataclass(slots=True)
class Sync:
    """What the steps share. ``timezone`` is where the calendar's clock hangs, as last told."""

    context: Context
    row: SyncRow
    calendar: GoogleCalendar
    timezone: str
    tally: Tally = field(default_factory=Tally)

    @property
    def clock(self) -> ZoneInfo:
        """Return the calendar's own zone."""
        return clock(self.timezone)

    @asynccontextmanager
    async def session(self) -> "AsyncIterator[AsyncSession]":
        """Open a transaction in which the job surely holds the calendar. Raises Held when it does not."""
        async with self.context.db() as session:
            if not await holds(session, self.row.id, self.context.job.id):
                raise Held(SOON, "Another job has taken the calendar over, or it is gone.")
            yield session

    async def save(self, **more: object) -> None:
        """Save for a later attempt what was done, and where to go on."""
        await self.context.checkpoint({"tally": asdict(self.tally), **more})
