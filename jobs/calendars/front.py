"""The front of the calendars: what their users may do with them. Others' do not exist."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jobs.acceptance import Acceptance
from jobs.calendars.events import Events
from jobs.calendars.hook import Hook
from jobs.calendars.resource import (
    CalendarPage,
    CalendarResource,
    ConflictPage,
    ConflictResource,
)
from jobs.calendars.syncs import Syncs, own
from jobs.db import Database, Statements
from jobs.errors import CalendarFull, InvalidCalendar
from jobs.found import found
from jobs.place import Place
from jobs.settings import JobsSettings
from jobs.store import calendars as kept
from jobs.store.calendars import CalendarRow
from realtime.caller import Caller


class Calendars:
    """A user's calendars. ``events`` are what is in them, ``hook`` is where Google tells of changes."""

    def __init__(self, settings: JobsSettings, db: Database, acceptance: Acceptance) -> None:
        self._most = settings.max_calendars
        self._db = db
        self._syncs = Syncs(acceptance)
        self.events = Events(db, self._syncs, settings.max_calendar_events)
        self.hook = Hook(settings, db, self._syncs)

    async def create(
        self, caller: Caller, connection: UUID, remote_id: str, name: str
    ) -> tuple[CalendarResource, bool]:
        """Take a calendar up, have it read, and say whether that is new; a known one stays as it is.

        Raises InvalidCalendar, CalendarFull.
        """
        if not await kept.google_connection(self._db, own(caller), connection):
            raise InvalidCalendar("/connection_id", "there is no such connection to google")
        added = await kept.add_calendar(
            self._db, own(caller), connection, remote_id, name, self._most
        )
        if added is None:
            raise CalendarFull(self._most, "calendars")
        row, new = added
        if new:
            await self._syncs.submit(row, calendar="added")
        return CalendarResource.of(row), new

    async def list(self, caller: Caller, after: str | None, limit: int) -> CalendarPage:
        """Return a page of the caller's calendars, newest first. Raises BadCursor."""
        behind = Place.behind(after)
        rows = await kept.list_calendars(self._db, own(caller), behind, limit + 1)
        return CalendarPage.cut(rows, limit, CalendarResource.of)

    async def get(self, caller: Caller, ident: UUID) -> CalendarResource:
        """Return a calendar. Raises NotFound."""
        return CalendarResource.of(await self._own(caller, ident))

    async def change(
        self, caller: Caller, ident: UUID, changes: Mapping[str, Any]
    ) -> CalendarResource:
        """Change ``name`` or ``paused``; no longer paused, it is synced now. Raises NotFound."""
        row = found(await kept.change_calendar(self._db, own(caller), ident, changes))
        if changes.get("paused") is False:
            await self._syncs.submit(row, calendar="resumed")
        return CalendarResource.of(row)

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Leave a calendar and forget its events; at Google nothing changes. Raises NotFound."""

        async def work(db: Statements) -> CalendarRow:
            return found(await kept.leave_calendar(db, own(caller), ident))

        await self._syncs.submit(await self._db.in_transaction(work), event="left")

    async def conflicts(
        self, caller: Caller, ident: UUID, after: str | None, limit: int
    ) -> ConflictPage:
        """Return a page of a calendar's conflicts, newest first. Raises NotFound, BadCursor."""
        behind = Place.behind(after)
        row = await self._own(caller, ident)
        rows = await kept.list_conflicts(self._db, row.id, behind, limit + 1)
        return ConflictPage.cut(rows, limit, ConflictResource.of)

    async def _own(self, caller: Caller, ident: UUID) -> CalendarRow:
        return found(await kept.find_calendar(self._db, own(caller), ident))
