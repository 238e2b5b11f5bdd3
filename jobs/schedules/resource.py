"""How a schedule looks from outside, and its next ticks as its owner's clock will show them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import Field

from jobs.models.policy import Missed, Overlap
from jobs.resource import Resource
from jobs.schedules.cron import read_cron
from jobs.schedules.ticks import Rule, after
from jobs.store.schedules import ScheduleRow


class ScheduleLinks(Resource):
    """Where to go from here."""

    self: str
    run: str
    preview: str


class ScheduleResource(Resource):
    """A schedule. What PUT takes, and how it has gone. Times are RFC 3339 in UTC, durations seconds."""

    key: str
    kind: str
    args: Any
    cron: str | None = None
    every: float | None = None
    at: datetime | None = None
    timezone: str
    missed: Missed
    overlap: Overlap
    jitter: float
    paused: bool
    options: dict[str, Any]
    id: UUID = Field(description="The schedule_id of its jobs")
    next_at: datetime | None = Field(description="The next tick, jitter aside; none while paused")
    last_at: datetime | None = Field(description="The last tick that was dealt with")
    last_job_id: UUID | None = None
    last_problem: str | None = Field(None, description="Why the last tick made no job, or too few")
    runs: int = Field(description="How many jobs its ticks have made")
    created_at: datetime
    updated_at: datetime
    version: int = Field(description="Grows with every change its owner makes")
    links: ScheduleLinks

    @classmethod
    def of(cls, row: ScheduleRow) -> "ScheduleResource":
        """Return a row as its owner sees it."""
        same = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        here = f"/api/schedules/{row.key}"
        links = ScheduleLinks(self=here, run=f"{here}/run", preview=f"{here}/preview")
        return cls(**same, every=row.every_seconds, jitter=row.jitter_seconds, links=links)


class PreviewedTick(Resource):
    """One tick to come."""

    utc: datetime
    local: datetime = Field(description="What the clock on the wall will show, with its offset")
    offset: str = Field(description="The zone's distance from UTC at that time, like +05:45")
    note: str | None = Field(None, description="What a clock change does to this tick")


class SchedulePreview(Resource):
    """The next ticks, jitter aside; those of a paused schedule as if it went on now."""

    timezone: str
    data: list[PreviewedTick]


def preview(rule: Rule, now: datetime, count: int) -> SchedulePreview:
    """Return the first ``count`` ticks after ``now``, told in the rule's zone."""
    zone = rule.zone
    ticks = list(islice(after(rule, now), count))
    data = [
        PreviewedTick(
            utc=tick,
            local=(local := tick.astimezone(zone)),
            offset=offset_text(local),
            note=" ".join(notes(rule, zone, before, tick)) or None,
        )
        for before, tick in zip([now, *ticks], ticks, strict=False)
    ]
    return SchedulePreview(timezone=rule.timezone, data=data)


def notes(rule: Rule, zone: ZoneInfo, before: datetime, tick: datetime) -> Iterable[str]:
    """Yield what clock changes do to ``tick``, ``before`` being the one before it."""
    earlier, local = before.astimezone(zone), tick.astimezone(zone)
    if rule.cron is not None and not read_cron(rule.cron).names(local):
        yield "Moved: clocks skip the time it names that day, so it comes right after."
    if earlier.utcoffset() != local.utcoffset():
        yield f"Clocks change before it, from {offset_text(earlier)} to {offset_text(local)}."
    if twice(local):
        time = "second" if local.fold else "first"
        yield f"Clocks show {local:%H:%M} twice that day; this is the {time} time."


def twice(local: datetime) -> bool:
    """Return whether clocks show ``local`` two times."""
    first, second = (local.replace(fold=fold) for fold in (0, 1))
    return first.astimezone(UTC) < second.astimezone(UTC) and real(first)


def real(local: datetime) -> bool:
    """Return whether clocks show ``local`` at all."""
    there = local.astimezone(UTC).astimezone(local.tzinfo)
    return there.replace(tzinfo=None) == local.replace(tzinfo=None)


def offset_text(local: datetime) -> str:
    """Return the offset from UTC as ``+05:45``."""
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
