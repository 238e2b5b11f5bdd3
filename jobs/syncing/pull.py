"""Reading what has changed there, page after page: since the last time, or the whole window.

The whole window is read the first time, when Google has forgotten our sync token (410), and once a month,
because it moves with the days. A later attempt goes on with the page that the last one did not come to;
changes since a token are few, and simply read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from jobs.agenda.content import midnight
from jobs.agenda.merge import merge
from jobs.errors import Garbage, ProviderError, Refused
from jobs.ids import uuid7
from jobs.kept.synced_events import (
    all_day_events,
    lock_events,
    move_events,
    see_events,
    sweep_events,
)
from jobs.kept.syncs import forget_token, note_about
from jobs.providers.google_calendar import Reading, TokenEnded
from jobs.providers.google_events import EventPage
from jobs.syncing.apply import Merged, apply
from jobs.syncing.sync import Sync

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

BACK = timedelta(days=31)
AHEAD = timedelta(days=400)
WHOLE_EVERY = timedelta(days=30)
MOST_PAGES = 1_000
BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Course:
    """What is being read, and since when; ``whole`` names a reading of the whole window."""

    reading: Reading
    began: datetime
    whole: UUID | None = None

    @classmethod
    def of(cls, sync: Sync) -> Self:
        """Return the course of a calendar: its changes, or all of it."""
        row = sync.row
        fresh = row.full_at is not None and row.now - row.full_at < WHOLE_EVERY
        if row.sync_token and fresh:
            return cls(Reading(sync_token=row.sync_token), row.now)
        return cls.anew(sync)

    @classmethod
    def anew(cls, sync: Sync) -> Self:
        """Return the course of reading all of it."""
        now = sync.row.now
        return cls(Reading(window=(now - BACK, now + AHEAD)), now, uuid7())

    @classmethod
    def resumed(cls, sync: Sync, saved: object) -> Self | None:
        """Return the course that an earlier attempt has saved, if it was reading all of it."""
        course = saved.get("course") if isinstance(saved, Mapping) else None
        if not course:
            return None
        began = datetime.fromisoformat(course["began"])
        reading = Reading(window=(began - BACK, began + AHEAD), page=course["page"])
        return cls(reading, began, UUID(course["whole"]))

    def saved(self) -> dict[str, str] | None:
        """Return it as JSON; None when there is nothing worth going on with."""
        if self.whole is None or not self.reading.page:
            return None
        return {
            "began": self.began.isoformat(),
            "page": self.reading.page,
            "whole": str(self.whole),
        }


async def pull(sync: Sync, saved: object = None) -> None:
    """Read what has changed and keep it, each page in one transaction. Raises Refused, ProviderError."""
    course = Course.resumed(sync, saved) or Course.of(sync)
    for number in range(1, MOST_PAGES + 1):
        try:
            page = await sync.calendar.page(course.reading)
        except (TokenEnded, Refused) as error:
            course = await begun_again(sync, course, error)
            continue
        await keep_page(sync, course, page)
        if not page.next_page:
            return
        course = replace(course, reading=replace(course.reading, page=page.next_page))
        if course.whole is not None:
            await sync.save(course=course.saved())
            await sync.context.progress(0.2, f"Page {number} of everything")
    raise ProviderError("Google has more pages than anybody can read.")


async def begun_again(sync: Sync, course: Course, error: TokenEnded | Refused) -> Course:
    """Return the course of reading all of it, when what was asked with is no good any more.

    Raises the error when it was asked with nothing.
    """
    stale = isinstance(error, TokenEnded) or error.status == BAD_REQUEST
    if not stale or not (course.reading.sync_token or course.reading.page):
        if isinstance(error, TokenEnded):
            raise Garbage("Google says that a token has ended, but was given none.") from error
        raise error
    await sync.context.log("Google wants everything to be read again")
    async with sync.session() as session:
        await forget_token(session, sync.row.id, sync.context.job.id)
    return Course.anew(sync)


async def keep_page(sync: Sync, course: Course, page: EventPage) -> None:
    """Keep a page; with the last one what comes next, and what a whole reading has not seen goes."""
    last = not page.next_page
    if last and not page.sync_token:
        raise Garbage("Google's last page has no token for the next time.")
    if page.unreadable:
        await sync.context.log(f"{page.unreadable} events make no sense and are left out.")
    before = sync.tally.pulled
    async with sync.session() as session:
        await move_all_day(sync, session, page)
        await keep_events_of(sync, session, course, page)
        if last and course.whole is not None:
            window = course.reading.window or (course.began, course.began)
            sync.tally.pulled += await sweep_events(session, sync.row.id, course.whole, window)
            sync.tally.full = True
        await note_about(
            session,
            sync.row.id,
            sync.context.job.id,
            (page.name, page.timezone, page.access),
            sync_token=page.sync_token if last else None,
            full_at=course.began if last and course.whole is not None else None,
            changed=sync.tally.pulled > before,
        )
    sync.row = replace(sync.row, own_name=page.name)


async def keep_events_of(
    sync: Sync, session: "AsyncSession", course: Course, page: EventPage
) -> None:
    """Merge a page's events with those here; of one that comes twice the last counts."""
    events = {event.id: event for event in page.events}
    known = await lock_events(session, sync.row.id, list(events))
    merged = [
        Merged(known.get(ident), event, merge(known.get(ident), event))
        for ident, event in events.items()
    ]
    await apply(sync, session, merged, course.whole)
    if course.whole is not None:
        await see_events(session, sync.row.id, course.whole, list(events))


async def move_all_day(sync: Sync, session: "AsyncSession", page: EventPage) -> None:
    """Give all-day events their new midnights when the calendar's clock hangs elsewhere now."""
    if page.timezone == sync.timezone:
        return
    sync.timezone = page.timezone
    times = [
        (ident, midnight(first, sync.clock), midnight(last, sync.clock))
        for ident, first, last in await all_day_events(session, sync.row.id)
    ]
    await move_events(session, times)
