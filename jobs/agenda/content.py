"""What an event says: the part of it that is kept in step, how it is compared and how it is marked."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from jobs.wire_json import wire_json

DIGEST_LETTERS = 32


@dataclass(frozen=True, slots=True)
class Content:
    """One event's words and times. An all-day event has dates, the last day not included (RFC 5545).

    ``starts_at`` and ``ends_at`` are in UTC; those of an all-day event are its midnights in the calendar's
    zone. ``timezone`` is where the event's own clock hangs, "" when it says nothing.
    """

    title: str
    description: str
    location: str
    starts_at: datetime
    ends_at: datetime
    starts_on: date | None = None
    ends_on: date | None = None
    timezone: str = ""
    status: str = "confirmed"

    @property
    def all_day(self) -> bool:
        """Return whether it has dates instead of times."""
        return self.starts_on is not None

    @property
    def digest(self) -> str:
        """Return a short name of what it says: alike for two events that say the same.

        Zone and status do not count: Google fills them in, and its user here changes neither.
        """
        when = (
            (self.starts_on, self.ends_on)
            if self.all_day
            else (self.starts_at.astimezone(UTC), self.ends_at.astimezone(UTC))
        )
        said = orjson.dumps([self.title, self.description, self.location, *when])
        return hashlib.sha256(said).hexdigest()[:DIGEST_LETTERS]

    def mark(self, event_id: UUID) -> str:
        """Return what is told with it, to know it again when it comes back: whose it is, and its digest."""
        return f"{event_id.hex}:{self.digest}"

    def shown(self) -> dict[str, Any]:
        """Return it as JSON, for people."""
        said = orjson.loads(wire_json(asdict(self)))
        unsaid = () if self.all_day else ("starts_on", "ends_on")
        return {name: value for name, value in said.items() if name not in unsaid}


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins in a zone, in UTC; where clocks skip midnight, when they go on."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
