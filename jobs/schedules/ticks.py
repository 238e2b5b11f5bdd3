"""When a schedule's ticks are: pure computing over aware instants, the same in every process.

Nothing here knows what time it is. A tick is told in UTC; its job's id and its jitter follow from the
schedule and the tick alone, so that any number of workers agree on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from jobs.ids import derived_uuid7
from jobs.schedules.cron import read_cron
from jobs.zones import zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RANDOM_32 = (1 << 32) - 1
CLOSE = timedelta(seconds=0.5)  # closer than any two ticks


@dataclass(frozen=True, slots=True)
class Rule:
    """Exactly one of ``cron``, ``every`` and ``at``. ``every`` counts absolute time from ``anchor``."""

    cron: str | None = None
    every: timedelta | None = None
    at: datetime | None = None
    timezone: str = "UTC"
    anchor: datetime = EPOCH

    @property
    def zone(self) -> ZoneInfo:
        """Return where the rule's clock hangs. Raises InvalidSchedule."""
        return zone(self.timezone)


def next_after(rule: Rule, moment: datetime) -> datetime | None:
    """Return the first tick after ``moment``; None when there is none. Raises InvalidSchedule."""
    if rule.cron is not None:
        return read_cron(rule.cron).next_after(moment, rule.zone)
    if rule.every is not None:
        return rule.anchor + rule.every * max((moment - rule.anchor) // rule.every + 1, 1)
    return rule.at if rule.at is not None and rule.at > moment else None


def after(rule: Rule, moment: datetime) -> Iterator[datetime]:
    """Yield every tick after ``moment``, oldest first."""
    tick = next_after(rule, moment)
    while tick is not None:
        yield tick
        tick = next_after(rule, tick)


def between(rule: Rule, moment: datetime, until: datetime, most: int) -> list[datetime]:
    """Return the first ``most`` ticks after ``moment`` that are not after ``until``."""
    found: list[datetime] = []
    for tick in after(rule, moment) if most > 0 else ():
        if tick > until:
            break
        found.append(tick)
        if len(found) == most:
            break
    return found


def newest(rule: Rule, first: datetime, until: datetime) -> datetime:
    """Return the last tick that is not after ``until``, ``first`` being one; by halving the time."""
    found, low, high = first, first, until
    while high - low > CLOSE:
        middle = low + (high - low) / 2
        tick = next_after(rule, middle)
        if tick is not None and tick <= until:
            found = low = tick
        else:
            high = middle
    return found


def job_id(schedule_id: UUID, tick: datetime) -> UUID:
    """Return the id of the tick's job: a UUIDv7 of the tick's time that no other tick can have."""
    since = tick - EPOCH
    time = UUID(int=since // timedelta(milliseconds=1) << 80)
    return derived_uuid7(time, f"{schedule_id}.{since // timedelta(microseconds=1)}")


def jitter(schedule_id: UUID, tick: datetime, most: timedelta) -> timedelta:
    """Return how much later than ``tick`` its job may start: between 0 and ``most``."""
    return most * ((job_id(schedule_id, tick).int & RANDOM_32) / (RANDOM_32 + 1))
