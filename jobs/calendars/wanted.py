"""What somebody wants an event to say: checked, filled up from what it says, and turned into content."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jobs.agenda.content import Content, midnight
from jobs.errors import InvalidCalendar
from jobs.store.calendar_events import EventRow

BACK = timedelta(days=31)
AHEAD = timedelta(days=365)
"""Where events may be: well within what is read of the other side."""

LONGEST = timedelta(days=366)
TIMES = ("starts_at", "ends_at")
DAYS = ("starts_on", "ends_on")
WORDS = ("title", "description", "location")
EMPTY = Content("", "", "", datetime.min.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))


def content_of(row: EventRow) -> Content:
    """Return what an event says."""
    words = (row.title, row.description, row.location, row.starts_at, row.ends_at)
    return Content(*words, row.starts_on, row.ends_on, row.timezone, row.status)


def new_content(given: Mapping[str, Any], here: ZoneInfo, now: datetime) -> Content:
    """Return what a new event says. Raises InvalidCalendar when it has no times, or odd ones."""
    if not any(name in given for name in (*TIMES, *DAYS)):
        raise InvalidCalendar("/starts_at", "an event needs times, or days")
    return changed_content(EMPTY, given, here, now)


def changed_content(
    content: Content, given: Mapping[str, Any], here: ZoneInfo, now: datetime
) -> Content:
    """Return ``content`` with what is given; times and days replace each other, in pairs.

    ``here`` is the calendar's zone. Raises InvalidCalendar for times that make no sense.
    """
    words = {name: given[name] for name in WORDS if name in given}
    timed, days = pair(given, TIMES), pair(given, DAYS)
    if timed and days:
        raise InvalidCalendar("/starts_on", "give either times or days")
    if "timezone" in given and not timed:
        raise InvalidCalendar("/timezone", "a zone comes with times")
    if timed:
        begin, end = (at.astimezone(UTC).replace(microsecond=0) for at in timed)
        when = {"starts_at": begin, "ends_at": end, "starts_on": None, "ends_on": None}
        zone = given.get("timezone", content.timezone)
        return within(replace(content, **words, **when, timezone=zone), now)
    if days:
        times = {"starts_at": midnight(days[0], here), "ends_at": midnight(days[1], here)}
        when = {**times, "starts_on": days[0], "ends_on": days[1]}
        return within(replace(content, **words, **when, timezone=""), now)
    return replace(content, **words)


def pair(given: Mapping[str, Any], names: tuple[str, str]) -> tuple[Any, Any] | None:
    """Return the two of a pair, None when neither is there. Raises InvalidCalendar for half a pair."""
    found = [given[name] for name in names if name in given]
    if len(found) == 1:
        missing = next(name for name in names if name not in given)
        raise InvalidCalendar(f"/{missing}", "beginning and end come together")
    return (found[0], found[1]) if found else None


def within(content: Content, now: datetime) -> Content:
    """Return content whose times can be kept. Raises InvalidCalendar for others."""
    names = DAYS if content.all_day else TIMES
    length = content.ends_at - content.starts_at
    if length < timedelta(0) or (content.all_day and not length):
        raise InvalidCalendar(f"/{names[1]}", "it ends before it begins")
    if length > LONGEST:
        raise InvalidCalendar(f"/{names[1]}", "it is longer than a year")
    if not now - BACK <= content.starts_at <= now + AHEAD:
        detail = "events are kept from 31 days ago to a year ahead"
        raise InvalidCalendar(f"/{names[0]}", detail)
    return content
