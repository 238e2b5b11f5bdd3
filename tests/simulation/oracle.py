"""What a clock on the wall says, found the plain way: minute by minute, and by nothing of the product's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FURTHEST = timedelta(hours=16)
"""No clock is further away from UTC."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, gone through in ``step``s from ``begin`` to ``end``, both of them included."""

    begin: datetime
    end: datetime
    step: timedelta = timedelta(minutes=15)

    def steps(self) -> Iterator[datetime]:
        """Yield each moment."""
        moment = self.begin
        while moment <= self.end:
            yield moment
            moment += self.step

    def first_step(self, at: datetime) -> datetime:
        """Return the first moment that is not before ``at``."""
        missed = max(timedelta(0), at - self.begin)
        return self.begin + -(-missed // self.step) * self.step


@cache
def clock_of(zone: str) -> ZoneInfo:
    """Return a zone by the tables that the product ships with: the machine's own may be of last year."""
    with files("tzdata").joinpath("zoneinfo", *zone.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=zone)


@cache
def hour_comes(zone: str, day: date, hour: int) -> datetime | None:
    """Return the first minute at which the clock shows ``hour`` of ``day`` or has passed it.

    Where it jumps from before that hour into the next day, that is the jump. None for a day that the zone
    has left out.
    """
    place, wanted = clock_of(zone), datetime.combine(day, time(hour))
    moment = datetime.combine(day, time(), UTC) - FURTHEST
    end, there_is, came = moment + DAY + 2 * FURTHEST, False, None
    while moment < end:
        shown = moment.astimezone(place).replace(tzinfo=None)
        there_is = there_is or shown.date() == day
        came = came or (moment if shown >= wanted else None)
        moment += MINUTE
    return came if there_is else None


def local_day(zone: str, moment: datetime) -> date:
    """Return which day the clock's calendar shows."""
    return moment.astimezone(clock_of(zone)).date()


def days_of(zone: str, window: Window) -> Iterator[date]:
    """Yield each day that is at least touched."""
    day, last = local_day(zone, window.begin) - DAY, local_day(zone, window.end)
    while day <= last:
        yield day
        day += DAY


def is_quiet(zone: str, begin: time, end: time, moment: datetime) -> bool:
    """Return whether the clock shows a quiet time, over midnight when ``end`` is the earlier one."""
    shown = moment.astimezone(clock_of(zone)).time()
    if begin < end:
        return begin <= shown < end
    return shown >= begin or shown < end
