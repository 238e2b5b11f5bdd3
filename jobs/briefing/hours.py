"""When a brief is due by a wall clock that jumps: pure computing, from one moment and some zones.

A brief is due when the clock of its reader first shows their hour on that day. An hour that the clock
jumps over is the jump itself. A day that a zone leaves out has no brief.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jobs.handoff.quiet_hours import shown
from jobs.kept.briefs import Turn
from jobs.zones import zone, zones

CATCH_UP = timedelta(hours=3)
"""A brief that is later than this is left out: the day has begun without it."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def turns(timezones: Iterable[str], now: datetime) -> list[Turn]:
    """Return what came due in the last CATCH_UP, up to ``now``, in each of the zones."""
    return [turn for name in timezones for turn in turns_in(name, now)]


def turns_in(timezone: str, now: datetime) -> Iterator[Turn]:
    """Yield what came due in one zone, in the order of the wall clock."""
    place, begin = place_of(timezone), now - CATCH_UP
    for wall in walls(place, begin, now):
        at = shown(wall, place)
        if begin < at <= now and there_is(wall.date(), at, place):
            yield Turn(timezone, wall.hour, wall.date(), at)


def walls(place: ZoneInfo, begin: datetime, now: datetime) -> Iterator[datetime]:
    """Yield every full hour that the wall clock may have shown, or jumped over, between two moments.

    A clock that was set back has shown more than it shows now.
    """
    first, last = wall_of(begin, place), wall_of(now, place)
    last = max(last, first + (now - begin))
    wall = first.replace(minute=0, second=0, microsecond=0)
    while wall <= last:
        yield wall
        wall += HOUR


def there_is(day: date, at: datetime, place: ZoneInfo) -> bool:
    """Return whether the zone has this day at all: at the date line some have left one out."""
    return wall_of(at, place).date() == day or day_begins(day, place) < day_begins(day + DAY, place)


def day_begins(day: date, place: ZoneInfo) -> datetime:
    """Return the first instant of a day."""
    return shown(datetime.combine(day, time()), place)


def today(timezone: str, now: datetime) -> date:
    """Return the day it is in a zone."""
    return wall_of(now, place_of(timezone)).date()


def wall_of(moment: datetime, place: ZoneInfo) -> datetime:
    """Return what the clock shows, without a zone."""
    return moment.astimezone(UTC).astimezone(place).replace(tzinfo=None, fold=0)


def place_of(timezone: str) -> ZoneInfo:
    """Return where a clock hangs. A zone that has left the tables is UTC."""
    return zone(timezone if timezone in zones() else "UTC")
