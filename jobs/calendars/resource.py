"""How calendars, their events and their conflicts look from outside."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from jobs.page import Page
from jobs.resource import JobFailure, Resource
from jobs.store.calendar_events import EventRow
from jobs.store.calendars import CalendarRow, ConflictRow


class CalendarStatus(StrEnum):
    """How a calendar is doing. A broken one is not asked until its connection or its user changes that."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILING = "failing"
    BROKEN = "broken"


class CalendarLinks(Resource):
    """Where to go from here."""

    self: str
    events: str
    conflicts: str


class CalendarResource(Resource):
    """A calendar that is kept in step with Google's. Times are RFC 3339 in UTC."""

    id: UUID
    connection_id: UUID
    remote_id: str = Field(description="What Google calls it; `primary` is the account's own")
    name: str = Field(description="The user's word for it, else its own; empty before it was read")
    own_name: str = Field(description="What it is called there")
    timezone: str = Field(description="Where its clock hangs")
    access: str = Field(description="What its user may do there: `owner`, `writer`, `reader`, …")
    status: CalendarStatus
    paused: bool
    pushed_until: datetime | None = Field(
        description="Until when Google tells us of changes by itself; none: it is asked every 15 minutes"
    )
    push_error: str = Field(description="Why Google does not tell us of changes")
    next_at: datetime | None = Field(description="When it is due; none while paused or broken")
    synced_at: datetime | None = Field(description="When both sides were last in step")
    changed_at: datetime | None = Field(description="When something last came from there")
    failures: int = Field(description="Jobs that failed since the last success")
    failing_since: datetime | None
    last_error: JobFailure | None
    created_at: datetime
    updated_at: datetime
    links: CalendarLinks

    @classmethod
    def of(cls, row: CalendarRow) -> "CalendarResource":
        """Return ``row`` as its user sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        here, resting = f"/api/calendars/{row.id}", row.paused or row.broken_at is not None
        failed = JobFailure(code=row.error_code, message=row.error) if row.error_code else None
        seen = {
            "name": row.name or row.own_name,
            "status": status_of(row),
            "pushed_until": row.channel_until if row.channel_id else None,
            "push_error": row.channel_error,
            "next_at": None if resting else row.next_at,
            "last_error": failed,
            "links": CalendarLinks(
                self=here, events=f"{here}/events", conflicts=f"{here}/conflicts"
            ),
        }
        return cls(**{**same, **seen})


def status_of(row: CalendarRow) -> CalendarStatus:
    """Return how a calendar is doing."""
    if row.paused:
        return CalendarStatus.PAUSED
    if row.broken_at is not None:
        return CalendarStatus.BROKEN
    return CalendarStatus.ACTIVE if row.failing_since is None else CalendarStatus.FAILING


class CalendarPage(Page[CalendarResource]):
    """Some calendars, newest first."""


class EventLinks(Resource):
    """Where to go from here."""

    self: str
    calendar: str


class EventResource(Resource):
    """One event, or one day of a repeating one.

    An all-day event has `starts_on` and `ends_on`, the last day not included; its `starts_at` and
    `ends_at` are the midnights in the calendar's zone.
    """

    id: UUID
    calendar_id: UUID
    title: str
    description: str
    location: str
    all_day: bool
    starts_at: datetime
    ends_at: datetime
    starts_on: date | None
    ends_on: date | None
    timezone: str = Field(description="Where the event's own clock hangs; empty: the calendar's")
    status: str = Field(description="`confirmed` or `tentative`")
    series: str = Field(description="What Google calls the repeating event it is a day of")
    url: str = Field(description="Where people see it at Google")
    in_step: bool = Field(description="False while Google is still to be told")
    version: int
    created_at: datetime
    updated_at: datetime
    links: EventLinks

    @classmethod
    def of(cls, row: EventRow) -> "EventResource":
        """Return ``row`` as its user sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        calendar = f"/api/calendars/{row.calendar_id}"
        links = EventLinks(self=f"{calendar}/events/{row.id}", calendar=calendar)
        return cls(**same, in_step=not row.pending, links=links)


class EventPage(Page[EventResource]):
    """Some events, first to begin first."""


class ConflictResource(Resource):
    """Both sides had changed an event, or Google refused a change: who won, and what the two had said."""

    id: UUID
    event_id: UUID
    job_id: UUID = Field(description="The job that found it")
    winner: Literal["local", "remote"] = Field(description="`local` is here, `remote` is at Google")
    reason: Literal["both_changed", "refused"]
    problem: str = Field(description="What Google said when it refused")
    local: dict[str, Any] | None = Field(description="What it said here; none: removed")
    remote: dict[str, Any] | None = Field(description="What it said there; none: removed")
    local_changed_at: datetime | None
    remote_changed_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: ConflictRow) -> "ConflictResource":
        """Return ``row`` as its user sees it."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ConflictPage(Page[ConflictResource]):
    """Some conflicts, newest first."""
