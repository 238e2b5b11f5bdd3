"""Quiet hours by a wall clock that jumps twice a year: pure computing over aware instants.

A night begins when the clock first shows ``begin`` and ends when it last shows ``end``. A time that the
clock jumps over is the jump itself. So a clock change never makes quiet hours shorter than the clock says.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
DAYS_BACK = (2, 1, 0)  # some zones have left out a whole day


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` until ``end`` each day, over midnight when ``end`` is the earlier one."""

    begin: time
    end: time
    zone: ZoneInfo

    def until(self, moment: datetime) -> datetime | None:
        """Return when the quiet hours that ``moment`` is in are over; None when it is in none."""
        today = moment.astimezone(self.zone).date()
        for days in DAYS_BACK:
            over = self._night(today - days * DAY, moment)
            if over is not None:
                return over
        return None

    def _night(self, day: date, moment: datetime) -> datetime | None:
        """Return the end of the quiet hours that begin on ``day``, if ``moment`` is in them."""
        last_day = day if self.begin < self.end else day + DAY
        begins = shown(datetime.combine(day, self.begin), self.zone)
        ends = shown(datetime.combine(last_day, self.end), self.zone, last=True)
        return ends if begins <= moment < ends else None


def shown(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Return the first, or the ``last``, instant at which the zone's clock shows ``wall``."""
    before, after = (
        wall.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(microsecond=0)
        for fold in (0, 1)
    )
    if before <= after:
        return after if last else before
    return jump(after, before, zone)


def jump(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Return when the zone's clock jumps between two instants, to the second; by halving the time."""
    offset = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
