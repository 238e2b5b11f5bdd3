"""Schedules over HTTP: put, change, delete, list, read, preview, run now."""

import re
from datetime import timedelta
from typing import Annotated, Any, Final

import orjson
from pydantic import (
    AwareDatetime,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    field_validator,
)
from starlette.responses import Response

from jobs.cron import LONGEST as LONGEST_CRON
from jobs.errors import NotFound
from jobs.models.schedule import Missed, Overlap
from jobs.resource import JobResource, Resource
from jobs.schedule_resource import SchedulePreview, ScheduleResource
from jobs.wanted_schedule import WantedSchedule
from service.bodies import Body
from service.call import Call
from service.errors import Problem
from service.job_request import (
    LARGEST_METADATA,
    LONGEST_DELAY,
    LONGEST_TIMEOUT,
    MOST_METADATA,
    Duration,
    Word,
)
from service.job_request import Key as LimitKey
from service.operations import Answer, operation
from service.routes.answers import conditional, json_response
from service.routes.jobs import next_page

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~@-]{0,99}")
CronText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CRON)]
ZoneName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
CRON = "Minute, hour, day of month, month, day of week; seconds may come first"


class ScheduleOptions(Body):
    """What its jobs are given beside kind and args."""

    priority: StrictInt = Field(0, ge=-100, le=100, description="A head start in seconds")
    max_attempts: StrictInt | None = Field(None, ge=1, le=20)
    timeout: Duration | None = Field(None, description="For one attempt; at most a day")
    tags: list[Word] = Field(default_factory=list, max_length=20)
    metadata: dict[Word, Any] = Field(default_factory=dict, max_length=MOST_METADATA)
    expires_in: Duration | None = Field(None, description="Not started by then, it expires")
    concurrency_key: LimitKey | None = Field(None, description="Jobs that share it run one by one")
    notify: StrictBool = Field(False, description="Put its ending into the inbox")

    @field_validator("timeout")
    @classmethod
    def check_timeout(cls, timeout: timedelta | None) -> timedelta | None:
        """Refuse a time-out that would end every attempt, or none."""
        if timeout is not None and not timedelta(0) < timeout <= LONGEST_TIMEOUT:
            raise ValueError("timeout must be more than 0 and at most a day")
        return timeout

    @field_validator("expires_in")
    @classmethod
    def check_expiry(cls, expires_in: timedelta | None) -> timedelta | None:
        """Refuse a time that has run out at once, or never does."""
        if expires_in is not None and not timedelta(0) < expires_in <= LONGEST_DELAY:
            raise ValueError("expires_in must be more than 0 and at most a year")
        return expires_in

    @field_validator("metadata")
    @classmethod
    def check_size(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        """Refuse more metadata than a list of jobs should carry along."""
        if len(orjson.dumps(metadata)) > LARGEST_METADATA:
            raise ValueError(f"metadata may be at most {LARGEST_METADATA} bytes of JSON")
        return metadata

    def kept(self) -> dict[str, Any]:
        """Return what was said, as it is kept and shown."""
        said = self.model_dump(exclude_unset=True, exclude_none=True)
        return {
            name: value.total_seconds() if isinstance(value, timedelta) else value
            for name, value in said.items()
        }


class ScheduleRequest(Body):
    """A job to be submitted again and again: exactly one of ``cron``, ``every`` and ``at`` says when."""

    kind: Word
    args: dict[str, Any] = Field(default_factory=dict)
    cron: CronText | None = Field(None, description=CRON)
    every: Duration | None = Field(None, description="Seconds, or an ISO 8601 duration")
    at: AwareDatetime | None = Field(None, description="Once, within ten years")
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
    at: AwareDatetime | None = Field(None, description="Instead of cron or every")
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


class ScheduleQuery(Body):
    """Which schedules to list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=200, description="The cursor in `next`")


class ScheduleList(Resource):
    """Some schedules, by key."""

    data: list[ScheduleResource]
    next: str | None
    has_more: bool


class PreviewQuery(Body):
    """How far to look."""

    count: int = Field(10, ge=1, le=100)


@operation(
    scope="jobs:read",
    query=ScheduleQuery,
    answers={200: Answer("A page", ScheduleList, headers={"Link": "The next page, `rel=next`"})},
    problems=(400, 422),
)
async def list_schedules(call: Call) -> Response:
    """List my schedules, by key."""
    query = call.query_as(ScheduleQuery)
    page = await call.resources.schedules.list(call.caller, query.limit, query.after)
    headers = {"Link": next_page(call, page.next)} if page.next else {}
    more = page.next is not None
    return json_response(ScheduleList(data=page.data, next=page.next, has_more=more), 200, headers)


@operation(
    scope="jobs:read",
    headers={"If-None-Match": "An ETag: answer 304 while nothing has changed"},
    answers={
        200: Answer("The schedule", ScheduleResource, headers={"ETag": "Names this answer"}),
        304: Answer("Nothing has changed"),
    },
    problems=(404,),
)
async def read_schedule(call: Call) -> Response:
    """Read a schedule."""
    found = await call.resources.schedules.get(call.caller, key_of(call))
    return conditional(call, json_response(found))


@operation(
    scope="schedules:write",
    body=ScheduleRequest,
    answers={
        200: Answer("Changed", ScheduleResource),
        201: Answer("A new schedule", ScheduleResource, headers={"Location": "The schedule"}),
    },
    problems=(400, 409, 413, 415, 422),
)
async def put_schedule(call: Call) -> Response:
    """Make the schedule of this key, or replace the one there is.

    Said again unchanged it disturbs nothing: ticks go on as they were.
    """
    key = call.path_params["key"]
    if not KEY.fullmatch(key):
        raise Problem(422, "A key is 1 to 100 letters, digits and . _ : ~ @ -", code="invalid_key")
    wanted = (await call.body_as(ScheduleRequest)).wanted()
    schedule, new = await call.resources.schedules.put(call.caller, key, wanted)
    headers = {"Location": schedule.links.self} if new else {}
    return json_response(schedule, 201 if new else 200, headers)


@operation(
    scope="schedules:write",
    body=ScheduleChange,
    answers={200: Answer("Changed", ScheduleResource)},
    problems=(400, 404, 413, 415, 422),
)
async def change_schedule(call: Call) -> Response:
    """Change some of a schedule. New times, and going on after a pause, count from now."""
    changes = (await call.body_as(ScheduleChange)).changes()
    schedule = await call.resources.schedules.patch(call.caller, key_of(call), changes)
    return json_response(schedule)


@operation(scope="schedules:write", answers={204: Answer("It is gone")}, problems=(404,))
async def delete_schedule(call: Call) -> Response:
    """Remove a schedule; the jobs it has made go on."""
    await call.resources.schedules.delete(call.caller, key_of(call))
    return Response(status_code=204)


@operation(
    scope="schedules:write",
    answers={202: Answer("Accepted and kept", JobResource, headers={"Location": "The job"})},
    problems=(404, 413, 422),
)
async def run_schedule(call: Call) -> Response:
    """Submit the schedule's job now, beside its ticks; a paused one may be run too."""
    job = await call.resources.schedules.run(call.caller, key_of(call))
    return json_response(job, 202, {"Location": job.links.self})


@operation(
    scope="jobs:read",
    query=PreviewQuery,
    answers={200: Answer("The next ticks", SchedulePreview)},
    problems=(404, 422),
)
async def preview_schedule(call: Call) -> Response:
    """Show the next ticks by the zone's clock, and what clock changes do to them."""
    count = call.query_as(PreviewQuery).count
    return json_response(await call.resources.schedules.preview(call.caller, key_of(call), count))


def key_of(call: Call) -> str:
    """Return the path's key. Raises NotFound for what cannot be one."""
    key: str = call.path_params["key"]
    if not KEY.fullmatch(key):
        raise NotFound
    return key
