"""The events of calendars as their users keep them: made, changed, removed; the sync tells Google.

Writing takes a calendar that was touched in the same transaction, which is what locks it.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from jobs.agenda.content import Content
from jobs.db import Statements
from jobs.ids import uuid7
from jobs.store.calendars import Behind


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as its user sees it. Field order is column order."""

    id: UUID
    calendar_id: UUID
    series: str
    title: str
    description: str
    location: str
    all_day: bool
    starts_at: datetime
    ends_at: datetime
    starts_on: date | None
    ends_on: date | None
    timezone: str
    status: str
    url: str
    pending: str
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which events are listed: those that touch the time between two moments."""

    since: datetime | None = None
    until: datetime | None = None


COLUMNS = ", ".join(f"e.{field.name}" for field in fields(EventRow))
THERE = "e.calendar_id = $1 AND e.pending <> 'delete'"

LIST = f"""
SELECT {COLUMNS} FROM calendar_events e
WHERE {THERE} AND e.starts_at >= '1970-01-01' AND e.starts_at < coalesce($2::timestamptz, 'infinity')
  AND e.ends_at > coalesce($3::timestamptz, '-infinity')
  AND ($4::timestamptz IS NULL OR (e.starts_at, e.id) > ($4, $5::uuid))
ORDER BY e.starts_at, e.id LIMIT $6
"""
FIND = f"SELECT {COLUMNS} FROM calendar_events e WHERE {THERE} AND e.id = $2"
LOCK = f"{FIND} FOR UPDATE"
ADD = f"""
INSERT INTO calendar_events AS e (id, calendar_id, remote_id, pending, changed_at, all_day, title,
  description, location, starts_at, ends_at, starts_on, ends_on, timezone, status)
SELECT $1, $2, $3, 'create', now(), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
WHERE (SELECT count(*) FROM calendar_events WHERE calendar_id = $2) < $14
RETURNING {COLUMNS}
"""
CHANGE = f"""
UPDATE calendar_events e SET all_day = $3, title = $4, description = $5, location = $6, starts_at = $7,
  ends_at = $8, starts_on = $9, ends_on = $10, timezone = $11, status = $12, changed_at = now(),
  pending = CASE e.pending WHEN '' THEN 'change' ELSE e.pending END, version = e.version + 1,
  updated_at = now()
WHERE {THERE} AND e.id = $2 RETURNING {COLUMNS}
"""
# What Google has never been told of needs no telling that it is gone.
FORGET = """
DELETE FROM calendar_events
WHERE calendar_id = $1 AND id = $2 AND pending = 'create' AND pushed_at IS NULL RETURNING id
"""
REMOVE = f"""
UPDATE calendar_events e SET pending = 'delete', changed_at = now(), version = e.version + 1,
  updated_at = now()
WHERE {THERE} AND e.id = $2 RETURNING e.id
"""
NOW = "SELECT now()"


async def list_events(
    db: Statements, calendar: UUID, stretch: Stretch, behind: Behind, limit: int
) -> list[EventRow]:
    """Return a calendar's events behind a place in their order, first to begin first."""
    at, last = behind or (None, None)
    asked = (stretch.until, stretch.since, at, last, limit)
    return [EventRow(*record) for record in await db.fetch(LIST, calendar, *asked)]


async def find_event(
    db: Statements, calendar: UUID, ident: UUID, *, lock: bool = False
) -> EventRow | None:
    """Return an event of a calendar."""
    return one(await db.fetch(LOCK if lock else FIND, calendar, ident))


async def add_event(db: Statements, calendar: UUID, content: Content, most: int) -> EventRow | None:
    """Add an event, to be told to Google under an id of ours; None when there are ``most`` already."""
    ident = uuid7()
    values = (content.all_day, *astuple(content), most)
    return one(await db.fetch(ADD, ident, calendar, ident.hex, *values))


async def change_event(
    db: Statements, calendar: UUID, ident: UUID, content: Content
) -> EventRow | None:
    """Let an event say something else, to be told to Google."""
    return one(await db.fetch(CHANGE, calendar, ident, content.all_day, *astuple(content)))


async def remove_event(db: Statements, calendar: UUID, ident: UUID) -> bool:
    """Remove an event; one that Google knows is hidden until it was told."""
    if await db.fetch(FORGET, calendar, ident):
        return True
    return bool(await db.fetch(REMOVE, calendar, ident))


async def moment(db: Statements) -> datetime:
    """Return the database's time."""
    [record] = await db.fetch(NOW)
    found: datetime = record[0]
    return found


def one(records: Sequence[Any]) -> EventRow | None:
    """Return the first record as a row, None when there is none."""
    return EventRow(*records[0]) if records else None
