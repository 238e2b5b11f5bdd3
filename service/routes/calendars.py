"""Calendars over HTTP: take up, change, leave; their events read and written; where the sides disagreed."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from jobs.calendars.events import EventFilter
from jobs.calendars.resource import (
    CalendarPage,
    CalendarResource,
    ConflictPage,
    EventPage,
    EventResource,
)
from jobs.zones import Zone
from service import written
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response

FIRST_YEAR, LAST_YEAR = 1971, 9_000


def in_our_days(at: datetime) -> datetime:
    """Return a time that every zone can tell. Raises ValueError for one near the ends of time."""
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"a time between the years {FIRST_YEAR} and {LAST_YEAR}")
    return at


def in_our_years(on: date) -> date:
    """Return a day that every zone has. Raises ValueError for one near the ends of time."""
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise ValueError(f"a day between the years {FIRST_YEAR} and {LAST_YEAR}")
    return on


Moment = Annotated[written.Instant, AfterValidator(in_our_days)]
Day = Annotated[written.Day, AfterValidator(in_our_years)]
Name = Annotated[str, StringConstraints(max_length=200)]
RemoteId = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Title = Annotated[str, StringConstraints(max_length=1_000)]
Description = Annotated[str, StringConstraints(max_length=8_000)]
Location = Annotated[str, StringConstraints(max_length=1_000)]
EventZone = Zone | Annotated[str, StringConstraints(max_length=0)]
WHERE = {"Location": "The calendar"}
WHERE_EVENT = {"Location": "The event"}


class CalendarRequest(Body):
    """A calendar to keep in step."""

    connection_id: UUID = Field(description="A connection of yours to `google`")
    remote_id: RemoteId = Field(
        "primary", description="What Google calls it; `primary` is the account's own"
    )
    name: Name = Field("", description="Your word for it; empty: what it is called there")


class CalendarChange(Body):
    """What to change; what is left out stays."""

    name: Name | None = None
    paused: bool | None = Field(None, description="`false` also syncs it now")


class EventRequest(Body):
    """An event: with times, or with days (`ends_on` is the day after the last)."""

    title: Title = ""
    description: Description = ""
    location: Location = ""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    timezone: EventZone | None = Field(None, description="Where the event's clock hangs")
    starts_on: Day | None = None
    ends_on: Day | None = None


class EventChange(EventRequest):
    """What to change; what is left out stays. Beginning and end come together."""

    version: int | None = Field(None, ge=1, description="Only if it is still at this version")


def said(asked: EventRequest) -> dict[str, Any]:
    """Return only what a body says: what it leaves out stays as it is."""
    return asked.model_dump(exclude_unset=True, exclude_none=True)


class EventQuery(PageQuery):
    """Which events to list: those that touch the time between the two."""

    since: Moment | None = None
    until: Moment | None = None


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(CalendarPage)},
    problems=(400, 422),
)
async def list_calendars(call: Call) -> Response:
    """List my calendars, newest first."""
    query = call.query_as(PageQuery)
    page = await call.resources.calendars.list(call.caller, query.after, query.limit)
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=CalendarRequest,
    answers={
        201: Answer("Taken up; a job is reading it", CalendarResource, headers=WHERE),
        200: Answer("Taken up before, left as it is", CalendarResource, headers=WHERE),
    },
    problems=(400, 409, 415, 422),
)
async def create_calendar(call: Call) -> Response:
    """Keep a calendar in step with Google's, from 31 days ago to 400 days ahead."""
    asked = await call.body_as(CalendarRequest)
    wanted = (asked.connection_id, asked.remote_id, asked.name)
    calendar, new = await call.resources.calendars.create(call.caller, *wanted)
    return json_response(calendar, 201 if new else 200, {"Location": calendar.links.self})


@operation(
    scope="jobs:read", answers={200: Answer("The calendar", CalendarResource)}, problems=(404,)
)
async def read_calendar(call: Call) -> Response:
    """Read a calendar: how it is doing, and when it was last in step."""
    return json_response(await call.resources.calendars.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    body=CalendarChange,
    answers={200: Answer("The calendar", CalendarResource)},
    problems=(400, 404, 415, 422),
)
async def change_calendar(call: Call) -> Response:
    """Rename a calendar, pause it, or let it go on: then it is synced now, whatever was wrong."""
    ident = call.id
    changes: dict[str, Any] = (await call.body_as(CalendarChange)).model_dump(exclude_none=True)
    return json_response(await call.resources.calendars.change(call.caller, ident, changes))


@operation(scope="jobs:write", answers={204: Answer("Left")}, problems=(404,))
async def delete_calendar(call: Call) -> Response:
    """Leave a calendar and forget its events here. At Google they stay."""
    await call.resources.calendars.delete(call.caller, call.id)
    return Response(status_code=204)


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(ConflictPage)},
    problems=(400, 404, 422),
)
async def list_calendar_conflicts(call: Call) -> Response:
    """List where both sides had changed an event, newest first: the last writer won."""
    ident, query = call.id, call.query_as(PageQuery)
    page = await call.resources.calendars.conflicts(call.caller, ident, query.after, query.limit)
    return page_response(call, page)


@operation(
    scope="jobs:read",
    query=EventQuery,
    answers={200: page_of(EventPage)},
    problems=(400, 404, 422),
)
async def list_calendar_events(call: Call) -> Response:
    """List a calendar's events, first to begin first; a repeating one by its single days."""
    ident, query = call.id, call.query_as(EventQuery)
    wanted = EventFilter(**query.model_dump())
    page = await call.resources.calendars.events.list(call.caller, ident, wanted)
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=EventRequest,
    answers={201: Answer("Added; a job tells Google", EventResource, headers=WHERE_EVENT)},
    problems=(400, 404, 409, 415, 422),
)
async def create_calendar_event(call: Call) -> Response:
    """Add an event, between 31 days ago and a year ahead. A job tells Google at once."""
    ident = call.id
    given = said(await call.body_as(EventRequest))
    event = await call.resources.calendars.events.create(call.caller, ident, given)
    return json_response(event, 201, {"Location": event.links.self})


@operation(scope="jobs:read", answers={200: Answer("The event", EventResource)}, problems=(404,))
async def read_calendar_event(call: Call) -> Response:
    """Read an event."""
    ident, event = call.id, call.id_named("event_id")
    return json_response(await call.resources.calendars.events.get(call.caller, ident, event))


@operation(
    scope="jobs:write",
    body=EventChange,
    answers={200: Answer("The event; a job tells Google", EventResource)},
    problems=(400, 404, 409, 415, 422),
)
async def change_calendar_event(call: Call) -> Response:
    """Change an event; with `version` only as it was then, else 409. A job tells Google at once."""
    ident, event = call.id, call.id_named("event_id")
    given = said(await call.body_as(EventChange))
    version = given.pop("version", None)
    events = call.resources.calendars.events
    return json_response(await events.change(call.caller, ident, event, given, version))


@operation(scope="jobs:write", answers={204: Answer("Removed")}, problems=(404, 409))
async def delete_calendar_event(call: Call) -> Response:
    """Remove an event here, and by a job at Google."""
    ident, event = call.id, call.id_named("event_id")
    await call.resources.calendars.events.delete(call.caller, ident, event)
    return Response(status_code=204)
