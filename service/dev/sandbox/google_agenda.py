"""What the Google Calendar of the sandbox remembers: calendars, events with etags, what changed when.

Each change takes the next number. A sync token is the number a reading began at, so whatever changed while
its pages were read is told again by the next one.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

IDENTIFIER = re.compile(r"[a-v0-9]{5,1024}")
SYNC_TOKEN = re.compile(r"sync-(\d+)-(\d+)")
PAGE_TOKEN = re.compile(r"page-(\d+)-(\d+)-(\d+)")
CANCELLED = "cancelled"
Body = dict[str, Any]


class Complaint(Exception):
    """Google refuses a call, in its own words."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


@dataclass(slots=True)
class Event:
    """An event as it was last changed: the ``number`` of that change is its etag."""

    id: str
    body: Body
    number: int
    updated: float
    status: str = "confirmed"

    @property
    def etag(self) -> str:
        """Return its etag, quotes and all."""
        return f'"{self.number:016d}"'


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reading asks for: the changes since a token, or a window; which page, how large."""

    sync_token: str = ""
    page_token: str = ""
    window: tuple[datetime | None, datetime | None] = (None, None)
    size: int = 250


@dataclass(frozen=True, slots=True)
class Page:
    """Some events; with a token for the next page, or for the next time."""

    events: list[Event]
    next_page: str = ""
    next_sync: str = ""


@dataclass(slots=True)
class Agenda:
    """One calendar. ``generation`` grows when all sync tokens so far are to be forgotten."""

    id: str
    name: str
    timezone: str = "Europe/Berlin"
    access: str = "owner"
    clock: Callable[[], float] = time.time
    events: dict[str, Event] = field(default_factory=dict)
    number: int = 0
    generation: int = 1

    def insert(self, body: Body) -> Event:
        """Add an event, under its own id if it has one. Raises Complaint."""
        self.check_writable()
        ident = body.get("id") or f"garden{self.number + 1:06d}"
        if not IDENTIFIER.fullmatch(ident):
            raise Complaint(400, "invalid", "Invalid resource id value.")
        if ident in self.events:
            raise Complaint(409, "duplicate", "The requested identifier already exists.")
        made = Event(ident, {}, 0, 0.0)
        self.write(made, body)
        self.events[ident] = made
        return made

    def patch(self, ident: str, body: Body, if_match: str = "") -> Event:
        """Change what is given of an event that is still at an etag. Raises Complaint."""
        self.check_writable()
        found = self.at(ident, if_match)
        self.write(found, body)
        return found

    def delete(self, ident: str, if_match: str = "") -> Event:
        """Cancel an event that is still at an etag. Raises Complaint."""
        self.check_writable()
        found = self.get(ident)
        if found.status == CANCELLED:
            raise Complaint(410, "deleted", "Resource has been deleted")
        self.at(ident, if_match)
        self.write(found, {"status": CANCELLED})
        return found

    def get(self, ident: str) -> Event:
        """Return an event, a cancelled one too. Raises Complaint."""
        if ident not in self.events:
            raise Complaint(404, "notFound", "Not Found")
        return self.events[ident]

    def at(self, ident: str, if_match: str) -> Event:
        """Return an event that is still at an etag; "" and * stand for any. Raises Complaint."""
        found = self.get(ident)
        if if_match not in {"", "*", found.etag}:
            raise Complaint(412, "conditionNotMet", "Precondition Failed")
        return found

    def write(self, event: Event, body: Body) -> None:
        """Change an event; a null takes a field away. Raises Complaint for times that make no sense."""
        told = merged(event.body, {k: v for k, v in body.items() if k not in {"id", "status"}})
        told |= {name: self.when(told.get(name)) for name in ("start", "end")}
        if began(told["start"], self.zone) > began(told["end"], self.zone):
            raise Complaint(400, "timeRangeEmpty", "The specified time range is empty.")
        self.number += 1
        event.body, event.number, event.updated = told, self.number, self.clock()
        event.status = body.get("status") or event.status

    def when(self, given: Any) -> Body:
        """Return a time as Google says it: by the calendar's clock, with its zone. Raises Complaint."""
        try:
            if given.get("date"):
                return {"date": date.fromisoformat(given["date"]).isoformat()}
            at = datetime.fromisoformat(given["dateTime"])
            zone = given.get("timeZone") or self.timezone
            at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
            return {"dateTime": at.astimezone(self.zone).isoformat(), "timeZone": zone}
        except (AttributeError, KeyError, ValueError, TypeError, OSError) as error:
            raise Complaint(400, "required", "Missing or invalid start or end time.") from error

    @property
    def zone(self) -> ZoneInfo:
        """Return where its clock hangs."""
        return ZoneInfo(self.timezone)

    def page(self, asked: Asked) -> Page:
        """Return a page of what is asked for. Raises Complaint for tokens that are no good."""
        since = self.since(asked.sync_token)
        behind, until = (
            self.behind(asked.page_token) if asked.page_token else (since or 0, self.number)
        )
        found = [
            e for e in self.changed(behind) if since is not None or in_window(e, asked, self.zone)
        ]
        shown = found[: asked.size]
        if len(found) > len(shown):
            return Page(shown, next_page=f"page-{self.generation}-{shown[-1].number}-{until}")
        return Page(shown, next_sync=f"sync-{self.generation}-{until}")

    def changed(self, behind: int) -> Iterator[Event]:
        """Yield events that were last changed after a number, the oldest change first."""
        return iter(
            sorted((e for e in self.events.values() if e.number > behind), key=lambda e: e.number)
        )

    def since(self, token: str) -> int | None:
        """Return the number of a sync token, None without one. Raises Complaint when it is forgotten."""
        if not token:
            return None
        known = SYNC_TOKEN.fullmatch(token)
        if known is None or int(known[1]) != self.generation:
            text = "Sync token is no longer valid, a full sync is required."
            raise Complaint(410, "fullSyncRequired", text)
        return int(known[2])

    def behind(self, token: str) -> tuple[int, int]:
        """Return where a page begins, and where the reading did. Raises Complaint."""
        known = PAGE_TOKEN.fullmatch(token)
        if known is None or int(known[1]) != self.generation:
            raise Complaint(400, "invalid", "Invalid page token value.")
        return int(known[2]), int(known[3])

    def check_writable(self) -> None:
        """Raise Complaint when it may only be read."""
        if self.access not in {"owner", "writer"}:
            text = "You need to have writer access to this calendar."
            raise Complaint(403, "requiredAccessLevel", text)


def merged(old: Body, new: Body) -> Body:
    """Return ``old`` with what is new in it; objects are merged, a null takes a field away."""
    result = dict(old)
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            result[name] = merged(result.get(name) or {}, value)
        else:
            result[name] = value
    return result


def in_window(event: Event, asked: Asked, zone: ZoneInfo) -> bool:
    """Say whether an event that is not cancelled touches the window."""
    first, last = asked.window
    if event.status == CANCELLED:
        return False
    starts, ends = began(event.body["start"], zone), began(event.body["end"], zone)
    return (last is None or starts < last) and (first is None or ends > first)


def began(when: Body, zone: ZoneInfo) -> datetime:
    """Return the moment of a time; a day begins at its midnight."""
    if "date" in when:
        return datetime.fromisoformat(when["date"]).replace(tzinfo=zone)
    return datetime.fromisoformat(when["dateTime"]).astimezone(UTC)


def as_time(seconds: float) -> str:
    """Return a time as Google writes it."""
    spelled = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return spelled.replace("+00:00", "Z")


def entity(event: Event) -> Body:
    """Return an event as the API says it; of a cancelled one little is left."""
    told = {
        "kind": "calendar#event",
        "id": event.id,
        "etag": event.etag,
        "status": event.status,
        "updated": as_time(event.updated),
    }
    if event.status == CANCELLED:
        return told
    return {
        **told,
        "htmlLink": f"https://www.google.com/calendar/event?eid={event.id}",
        **event.body,
    }
