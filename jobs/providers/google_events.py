"""Google Calendar's events as JSON, read and written (calendar/api/v3/reference/events)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jobs.agenda.content import Content, midnight
from jobs.agenda.sides import RemoteEvent
from jobs.agenda.zones import clock, found, known
from jobs.errors import Garbage
from jobs.wire_json import zulu

MARK = "jobcast"
"""The name of our private extended property."""

CANCELLED = "cancelled"
LONGEST_ID = 1024
NUL = "\x00"


class Answered(BaseModel):
    """Something Google says; fields that do not matter here are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class When(Answered):
    """A day, or a moment: with an offset, or by the clock of ``timeZone``."""

    date: str | None = None
    dateTime: datetime | None = None  # noqa: N815 - Google's word
    timeZone: str | None = None  # noqa: N815 - Google's word


class Properties(Answered):
    """What programs keep with an event."""

    private: dict[str, str] = Field(default_factory=dict)


class EventAnswer(Answered):
    """An event, as far as it matters here. One that was cancelled may say no more than its id."""

    id: str = Field(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\x00]+$")
    etag: str = ""
    status: str = "confirmed"
    updated: datetime | None = None
    summary: str | None = None
    description: str | None = None
    location: str | None = None
    htmlLink: str | None = None  # noqa: N815 - Google's word
    recurringEventId: str | None = None  # noqa: N815 - Google's word
    start: When | None = None
    end: When | None = None
    extendedProperties: Properties | None = None  # noqa: N815 - Google's word


class PageAnswer(Answered):
    """A page of events. The last one has the token for what comes later."""

    items: list[Any] = Field(default_factory=list)
    nextPageToken: str = ""  # noqa: N815 - Google's word
    nextSyncToken: str = ""  # noqa: N815 - Google's word
    summary: str = ""
    timeZone: str = ""  # noqa: N815 - Google's word
    accessRole: str = ""  # noqa: N815 - Google's word


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of events, and what the calendar says of itself. ``unreadable`` ones are left out."""

    events: list[RemoteEvent]
    unreadable: int
    next_page: str
    sync_token: str
    name: str
    timezone: str
    access: str


def read_page(data: object) -> EventPage:
    """Return a page. Raises Garbage for what is none."""
    try:
        page = PageAnswer.model_validate(data)
    except ValidationError as error:
        raise Garbage(f"Google answered with no page of events ({faults(error)}).") from error
    timezone = known(page.timeZone)
    events = [read_or_none(item, clock(timezone)) for item in page.items]
    readable = [event for event in events if event is not None]
    return EventPage(
        events=readable,
        unreadable=len(events) - len(readable),
        next_page=text(page.nextPageToken),
        sync_token=text(page.nextSyncToken),
        name=text(page.summary),
        timezone=timezone,
        access=text(page.accessRole),
    )


def read_event(data: object, here: ZoneInfo) -> RemoteEvent:
    """Return an event of a calendar whose clock hangs ``here``. Raises Garbage for what is none."""
    event = read_or_none(data, here)
    if event is None:
        raise Garbage("Google answered with something that is no event.")
    return event


def read_or_none(data: object, here: ZoneInfo) -> RemoteEvent | None:
    """Return an event, None when it makes no sense."""
    try:
        answer = EventAnswer.model_validate(data)
        content = None if answer.status == CANCELLED else content_of(answer, here)
    except (ValueError, OverflowError):  # pydantic's among them
        return None
    properties = answer.extendedProperties
    return RemoteEvent(
        id=answer.id,
        etag=text(answer.etag),
        updated_at=aware(answer.updated, UTC) if answer.updated else None,
        content=content,
        series=text(answer.recurringEventId),
        url=text(answer.htmlLink),
        mark=properties.private.get(MARK, "") if properties else "",
    )


def content_of(answer: EventAnswer, here: ZoneInfo) -> Content:
    """Return what an event says. Raises ValueError when it does not say when it is."""
    start, end = answer.start, answer.end or answer.start
    if start is None or end is None:
        raise ValueError("an event without a start")
    if start.date is None:
        begin = moment(start, here)
        said = Content(*words(answer), begin, max(moment(end, here), begin))
    else:
        first, last = day(start), day(end)
        last = max(last, first + timedelta(days=1))
        said = Content(*words(answer), midnight(first, here), midnight(last, here), first, last)
    return replace(said, timezone=text(start.timeZone), status=text(answer.status))


def words(answer: EventAnswer) -> tuple[str, str, str]:
    """Return title, description and location; a private event has none."""
    return text(answer.summary), text(answer.description), text(answer.location)


def day(when: When) -> date:
    """Return a date. Raises ValueError when it is a moment."""
    if when.date is None:
        raise ValueError("a day that ends at a moment")
    return date.fromisoformat(when.date)


def moment(when: When, here: ZoneInfo) -> datetime:
    """Return a moment in UTC. Raises ValueError when it is a day."""
    if when.dateTime is None:
        raise ValueError("a moment that ends on a day")
    return aware(when.dateTime, found(when.timeZone or "") or here)


def aware(at: datetime, here: tzinfo) -> datetime:
    """Return a time in UTC; one without an offset is by the clock ``here``."""
    return (at if at.tzinfo else at.replace(tzinfo=here)).astimezone(UTC)


def text(value: str | None) -> str:
    """Return a text that can be kept."""
    return (value or "").replace(NUL, "")


def faults(error: ValidationError) -> str:
    """Return how many faults there are, in words; what they are may be private."""
    count = error.error_count()
    return "1 fault" if count == 1 else f"{count} faults"


def written(content: Content, event_id: UUID) -> dict[str, Any]:
    """Return an event to be sent, with its mark. What it says nothing of stays as it is there."""
    return {
        "summary": content.title,
        "description": content.description,
        "location": content.location,
        "start": written_when(content, content.starts_at, content.starts_on),
        "end": written_when(content, content.ends_at, content.ends_on),
        "extendedProperties": {"private": {MARK: content.mark(event_id)}},
    }


def written_when(content: Content, at: datetime, on: date | None) -> Mapping[str, str | None]:
    """Return a time to be sent. The nulls take away what was said in the other way before."""
    if on is not None:
        return {"date": on.isoformat(), "dateTime": None, "timeZone": None}
    told = {"date": None, "dateTime": zulu(at.astimezone(UTC).isoformat())}
    return {**told, "timeZone": content.timezone} if content.timezone else told
