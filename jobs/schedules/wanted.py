"""What somebody asks of a schedule: checked without a clock, then made into a row at a known time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from jobs.errors import InvalidSchedule, TooLarge
from jobs.ids import uuid7
from jobs.models.policy import Missed, Overlap
from jobs.schedules.cron import read_cron
from jobs.schedules.ticks import Rule, next_after
from jobs.settings import JobsSettings
from jobs.store.schedules import ScheduleRow
from jobs.zones import zone
from realtime.caller import Caller

LONGEST_EVERY = timedelta(days=366)
LONGEST_JITTER = timedelta(days=1)
LATEST_AT = timedelta(days=10 * 366)
TIMES = ("cron", "every", "at")


@dataclass(frozen=True, slots=True)
class WantedSchedule:
    """Exactly one of ``cron``, ``every`` and ``at``. ``paused`` None leaves that as it is.

    ``options`` are what a submission may say beside kind and args, in wire form.
    """

    kind: str
    args: Any
    cron: str | None = None
    every: timedelta | None = None
    at: datetime | None = None
    timezone: str = "UTC"
    missed: Missed = "one"
    overlap: Overlap = "allow"
    jitter: timedelta = timedelta()
    paused: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def check(self, settings: JobsSettings) -> None:
        """Raise InvalidSchedule for times that make no sense, TooLarge for too many args."""
        if len(orjson.dumps(self.args)) > settings.max_schedule_bytes:
            raise TooLarge(f"A schedule's args may be at most {settings.max_schedule_bytes} bytes.")
        if sum(getattr(self, name) is not None for name in TIMES) != 1:
            raise InvalidSchedule("", "give exactly one of cron, every and at")
        shortest = timedelta(seconds=settings.schedule_min_seconds)
        if self.cron is not None and read_cron(self.cron).shortest_gap < shortest:
            raise InvalidSchedule("/cron", f"ticks must be at least {shortest} apart")
        if self.every is not None and not shortest <= self.every <= LONGEST_EVERY:
            raise InvalidSchedule("/every", f"must be between {shortest} and a year")
        longest = min(LONGEST_JITTER, self.every or LONGEST_JITTER)
        if not timedelta(0) <= self.jitter <= longest:
            raise InvalidSchedule("/jitter", f"must be between 0 and {longest}")
        zone(self.timezone)

    def rule(self, anchor: datetime) -> Rule:
        """Return when its ticks are."""
        return Rule(self.cron, self.every, self.at, self.timezone, anchor)


def rule_of(row: ScheduleRow) -> Rule:
    """Return when a kept schedule's ticks are."""
    every = None if row.every_seconds is None else timedelta(seconds=row.every_seconds)
    return Rule(row.cron, every, row.at, row.timezone, row.anchor_at)


def wanted_of(row: ScheduleRow) -> WantedSchedule:
    """Return what would have to be asked for to get the schedule as it is."""
    rule = rule_of(row)
    return WantedSchedule(
        kind=row.kind,
        args=row.args,
        cron=rule.cron,
        every=rule.every,
        at=rule.at,
        timezone=rule.timezone,
        missed=row.missed,
        overlap=row.overlap,
        jitter=timedelta(seconds=row.jitter_seconds),
        options=row.options,
    )


def row_of(
    caller: Caller, key: str, wanted: WantedSchedule, before: ScheduleRow | None, now: datetime
) -> ScheduleRow:
    """Return the row to keep. Times that did not change go on as they were; new ones begin ``now``.

    A paused schedule has no next tick. Raises InvalidSchedule when new times never come.
    """
    anchor = before.anchor_at if before and same_times(wanted, before) else now
    paused = bool(before and before.paused) if wanted.paused is None else wanted.paused
    return ScheduleRow(
        id=before.id if before else uuid7(),
        org_id=caller.org,
        user_id=caller.user,
        key=key,
        **{name: getattr(wanted, name) for name in SAME},
        options=dict(wanted.options),
        every_seconds=None if wanted.every is None else wanted.every.total_seconds(),
        jitter_seconds=wanted.jitter.total_seconds(),
        paused=paused,
        anchor_at=anchor,
        next_at=next_at(wanted, before, anchor, now, paused=paused),
    )


SAME = ("kind", "args", "cron", "at", "timezone", "missed", "overlap")


def next_at(
    wanted: WantedSchedule,
    before: ScheduleRow | None,
    anchor: datetime,
    now: datetime,
    *,
    paused: bool,
) -> datetime | None:
    """Return the tick to wait for; see row_of."""
    following = next_after(wanted.rule(anchor), now)
    unchanged = before is not None and same_times(wanted, before)
    if following is None and not unchanged:
        pointer = "/at" if wanted.at else "/cron"
        raise InvalidSchedule(pointer, "it names no time that is still to come")
    if wanted.at and wanted.at > now + LATEST_AT:
        raise InvalidSchedule("/at", "must be within ten years")
    if paused:
        return None
    return before.next_at if before and unchanged and not before.paused else following


def same_times(wanted: WantedSchedule, before: ScheduleRow) -> bool:
    """Return whether nothing is said of the times that was not so before."""
    return wanted.rule(before.anchor_at) == rule_of(before)
