"""A cron expression in a time zone: which instants it names, days of clock changes included.

Fields, ranges and days are read and matched by cronsim. The walk is our own, in UTC, because cronsim's
loses minutes where the clock moves by half an hour. The rules for clock changes are Debian cron's: a
fixed time inside the skipped hour comes once, right after it, and a time inside the repeated hour comes
once, the first time; where minute or hour begins with ``*`` the clock on the wall is followed as it runs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from jobs.errors import InvalidSchedule

LONGEST = 200
HORIZON = timedelta(days=28 * 366)  # after 28 years the same weekdays meet the same dates again
LONGEST_GAP = timedelta(hours=3)
MINUTE = timedelta(minutes=1)
QUARTER = 15  # minutes; every offset of our days is a multiple, so local hours begin on a quarter
SOME_TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression that was read. ``flowing`` follows the wall clock through every change."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    flowing: bool
    days: CronSim

    @property
    def shortest_gap(self) -> timedelta:
        """Return a bound below the time between two ticks, clock changes left aside."""
        for values, most, unit in (
            (self.seconds, 60, timedelta(seconds=1)),
            (self.minutes, 60, timedelta(minutes=1)),
            (self.hours, 24, timedelta(hours=1)),
        ):
            if len(values) > 1:
                return unit * min(gaps(values, most))
        return timedelta(days=1)

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first tick after ``moment``, in UTC; None when there is none in 28 years."""
        start = moment.astimezone(UTC).replace(second=0, microsecond=0)
        minutes = self._flowing(start, zone) if self.flowing else self._fixed(start, zone)
        ticks = (minute + timedelta(seconds=s) for minute in minutes for s in self.seconds)
        return next((tick for tick in ticks if tick > moment), None)

    def names(self, local: datetime) -> bool:
        """Return whether ``local`` is a time of day that the expression itself names."""
        return local.hour in self.hours and local.minute in self.minutes

    def _flowing(self, start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield each minute from ``start`` on at which the wall clock shows a matching time."""
        at = start
        while True:
            local = at.astimezone(zone)
            if not self._on(local.date()):
                following = next(self._dates(local.date()), None)
                if following is None:
                    return
                at = instant(datetime.combine(following, time()), zone)
            elif local.hour not in self.hours:
                at += MINUTE * (QUARTER - at.minute % QUARTER)
            else:
                if local.minute in self.minutes:
                    yield at
                at += MINUTE

    def _fixed(self, start: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield the instants of the named times of day, one each, from about ``start`` on."""
        begin = start.astimezone(zone).replace(tzinfo=None) - LONGEST_GAP
        for day in self._dates(begin.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    named = datetime.combine(day, time(hour, minute))
                    if named >= begin:
                        yield instant(named, zone)

    def _dates(self, first: date) -> Iterator[date]:
        """Yield the matching dates from ``first`` on."""
        day, last = first, first + HORIZON
        while day <= last:
            if day.month not in self.months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if self.days.match_day(day):
                yield day
            day += timedelta(days=1)

    def _on(self, day: date) -> bool:
        return day.month in self.months and self.days.match_day(day)


@lru_cache(maxsize=1_024)
def read_cron(text: str) -> Cron:
    """Read five fields, or six with the seconds first. Raises InvalidSchedule."""
    try:
        if len(text) > LONGEST:
            raise CronSimError(f"Longer than {LONGEST} characters")
        read = CronSim(text, SOME_TIME)
    except CronSimError as error:
        raise InvalidSchedule("/cron", f"{error}: {FORM}") from error
    return Cron(
        seconds=tuple(sorted(read.seconds)),
        minutes=tuple(sorted(read.minutes)),
        hours=tuple(sorted(read.hours)),
        months=frozenset(read.months),
        flowing=read.parts[1].startswith("*") or read.parts[2].startswith("*"),
        days=read,
    )


FORM = "write minute, hour, day of month, month and day of week, like 30 8 * * MON-FRI"


def gaps(values: Iterable[int], most: int) -> Iterator[int]:
    """Yield the distances between neighbours on a dial of ``most``."""
    ordered = sorted(values)
    yield ordered[0] + most - ordered[-1]
    for earlier, later in pairwise(ordered):
        yield later - earlier


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return when a clock in ``zone`` first shows ``local``, or leaps over it."""
    while True:
        found = local.replace(tzinfo=zone).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) == local:
            return found
        local += MINUTE
