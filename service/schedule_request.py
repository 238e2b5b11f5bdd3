"""What may be asked of a schedule: to be as said, or to be changed."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, StrictBool, StringConstraints

from jobs.models.policy import Missed, Overlap
from jobs.schedules.cron import LONGEST as LONGEST_CRON
from jobs.schedules.wanted import WantedSchedule
from service.bodies import Body
from service.job_options import Duration, JobOptions, Word
from service.written import Instant

CronText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CRON)]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
CRON = "Minute, hour, day of month, month, day of week; seconds may come first"


class ScheduleOptions(JobOptions):
    """What its jobs are given beside kind and args."""

    def kept(self) -> dict[str, Any]:
        """Return what was said, as it is kept and shown."""
        said = self.model_dump(exclude_unset=True, exclude_none=True)
        return {
            name: value.total_seconds() if isinstance(value, timedelta) else value
            for name, value in said.items()
        }


class Times(Body):
    """When to tick: exactly one of ``cron``, ``every`` and ``at``."""

    cron: CronText | None = Field(None, description=CRON)
    every: Duration | None = Field(None, description="Seconds, or an ISO 8601 duration")
    at: Instant | None = Field(None, description="Once, within ten years")
    timezone: ZoneName = Field("UTC", description="An IANA zone; it decides about `cron`")
    count: int = Field(10, ge=1, le=100, strict=True, description="How far to look")

    def wanted(self) -> WantedSchedule:
        """Return a schedule of these times, of no kind yet."""
        return WantedSchedule("", {}, self.cron, self.every, self.at, self.timezone)


class ScheduleRequest(Body):
    """A job to be submitted again and again: exactly one of ``cron``, ``every`` and ``at`` says when."""

    kind: Word
    args: dict[str, Any] = Field(default_factory=dict)
    cron: CronText | None = Field(None, description=CRON)
    every: Duration | None = Field(None, description="Seconds, or an ISO 8601 duration")
    at: Instant | None = Field(None, description="Once, within ten years")
    timezone: ZoneName = Field("UTC", description="An IANA zone; it decides about `cron`")
    missed: Missed = Field("one", description="What ticks found too late become")
    overlap: Overlap = Field("allow", description="What a tick does while a job has not ended")
    jitter: Duration = Field(timedelta(), description="Jobs start up to so much later")
    paused: StrictBool | None = Field(None, description="Left out, it stays as it is")
    options: ScheduleOptions = Field(default_factory=ScheduleOptions)

    def wanted(self) -> WantedSchedule:
        """Return what the schedules take."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        return WantedSchedule(**said | {"options": self.options.kept()})


class ScheduleChange(Body):
    """What to change, each field whole; null is as good as left out."""

    kind: Word | None = None
    args: dict[str, Any] | None = None
    cron: CronText | None = Field(None, description="Instead of every or at")
    every: Duration | None = Field(None, description="Instead of cron or at")
    at: Instant | None = Field(None, description="Instead of cron or every")
    timezone: ZoneName | None = None
    missed: Missed | None = None
    overlap: Overlap | None = None
    jitter: Duration | None = None
    paused: StrictBool | None = None
    options: ScheduleOptions | None = None

    def changes(self) -> dict[str, Any]:
        """Return the fields that were given."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        options = None if self.options is None else self.options.kept()
        return {
            name: value
            for name, value in (said | {"options": options}).items()
            if value is not None
        }
