"""Events as their users keep them. Each change is committed first, and then told to Google by a job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.agenda.content import Content
from jobs.agenda.zones import clock
from jobs.calendars.resource import EventPage, EventResource
from jobs.calendars.syncs import Syncs, own
from jobs.calendars.wanted import changed_content, content_of, new_content
from jobs.db import Database, Statements
from jobs.errors import CalendarFull, CalendarReadOnly, NotFound, VersionConflict
from jobs.found import found
from jobs.place import Place
from jobs.store import calendar_events as kept
from jobs.store.calendar_events import EventRow, Stretch
from jobs.store.calendars import CalendarRow, find_calendar, touch_calendar
from realtime.caller import Caller

WRITABLE = frozenset({"", "writer", "owner"})


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are listed."""

    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    limit: int = 50


class Events:
    """The events of a user's calendars."""

    def __init__(self, db: Database, syncs: Syncs, most: int) -> None:
        self._db = db
        self._syncs = syncs
        self._most = most

    async def list(self, caller: Caller, calendar: UUID, wanted: EventFilter) -> EventPage:
        """Return a page of a calendar's events, first to begin first. Raises NotFound, BadCursor."""
        behind = Place.behind(wanted.after)
        row = found(await find_calendar(self._db, own(caller), calendar))
        stretch = Stretch(wanted.since, wanted.until)
        rows = await kept.list_events(self._db, row.id, stretch, behind, wanted.limit + 1)
        return EventPage.cut(
            rows, wanted.limit, EventResource.of, lambda event: Place(event.starts_at, event.id)
        )

    async def get(self, caller: Caller, calendar: UUID, ident: UUID) -> EventResource:
        """Return an event. Raises NotFound."""
        row = found(await find_calendar(self._db, own(caller), calendar))
        return EventResource.of(found(await kept.find_event(self._db, row.id, ident)))

    async def create(
        self, caller: Caller, calendar: UUID, given: Mapping[str, Any]
    ) -> EventResource:
        """Add an event. Raises NotFound, CalendarReadOnly, InvalidCalendar, CalendarFull."""

        async def work(db: Statements) -> tuple[CalendarRow, EventRow | None]:
            row = await writable(db, caller, calendar)
            content = new_content(given, clock(row.timezone), await kept.moment(db))
            return row, await kept.add_event(db, row.id, content, self._most)

        row, event = await self._db.in_transaction(work)
        if event is None:
            raise CalendarFull(self._most, "events in a calendar")
        await self._syncs.submit(row, event=str(event.id))
        return EventResource.of(event)

    async def change(
        self,
        caller: Caller,
        calendar: UUID,
        ident: UUID,
        given: Mapping[str, Any],
        version: int | None = None,
    ) -> EventResource:
        """Change what is given, with ``version`` only as it was then.

        Raises NotFound, CalendarReadOnly, InvalidCalendar, VersionConflict.
        """

        async def work(db: Statements) -> tuple[CalendarRow, EventRow, bool]:
            row = await writable(db, caller, calendar)
            event = at_version(await kept.find_event(db, row.id, ident, lock=True), version)
            before, now = content_of(event), await kept.moment(db)
            content = changed_content(before, given, clock(row.timezone), now)
            if same(before, content):
                return row, event, False
            return row, found(await kept.change_event(db, row.id, ident, content)), True

        row, event, changed = await self._db.in_transaction(work)
        if changed:
            await self._syncs.submit(row, event=str(event.id))
        return EventResource.of(event)

    async def delete(self, caller: Caller, calendar: UUID, ident: UUID) -> None:
        """Remove an event, here now and at Google by a job. Raises NotFound, CalendarReadOnly."""

        async def work(db: Statements) -> CalendarRow:
            row = await writable(db, caller, calendar)
            if not await kept.remove_event(db, row.id, ident):
                raise NotFound
            return row

        await self._syncs.submit(await self._db.in_transaction(work), event=str(ident))


async def writable(db: Statements, caller: Caller, ident: UUID) -> CalendarRow:
    """Return a calendar that may be changed, touched and locked. Raises NotFound, CalendarReadOnly."""
    row = found(await touch_calendar(db, own(caller), ident))
    if row.access not in WRITABLE:
        raise CalendarReadOnly
    return row


def at_version(event: EventRow | None, version: int | None) -> EventRow:
    """Return an event that is still at a version. Raises NotFound, VersionConflict."""
    found_event = found(event)
    if version is not None and version != found_event.version:
        raise VersionConflict(found_event.version)
    return found_event


def same(before: Content, after: Content) -> bool:
    """Say whether nothing is to be told."""
    return (before.digest, before.timezone) == (after.digest, after.timezone)
