"""Schedules over HTTP: put, change, delete, list, read, preview, run now."""

import re
from typing import Final

from pydantic import Field
from starlette.responses import Response

from jobs.audit import Action
from jobs.errors import NotFound
from jobs.resource import JobResource
from jobs.schedules.front import ScheduleList
from jobs.schedules.resource import SchedulePreview, ScheduleResource
from service.bodies import Body
from service.call import Call
from service.errors import Problem
from service.operations import Answer, operation
from service.routes.answers import conditional, json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.schedule_request import ScheduleChange, ScheduleRequest, Times

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~@-]{0,99}")

CHANGES: tuple[Action, ...] = (
    "schedule.create",
    "schedule.change",
    "schedule.pause",
    "schedule.resume",
)


class PreviewQuery(Body):
    """How far to look."""

    count: int = Field(10, ge=1, le=100)


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(ScheduleList)},
    problems=(400, 422),
)
async def list_schedules(call: Call) -> Response:
    """List my schedules, by key."""
    query = call.query_as(PageQuery)
    page = await call.resources.schedules.list(call.caller, query.limit, query.after)
    return page_response(call, page)


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
    records=CHANGES,
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
    records=CHANGES,
)
async def change_schedule(call: Call) -> Response:
    """Change some of a schedule. New times, and going on after a pause, count from now."""
    changes = (await call.body_as(ScheduleChange)).changes()
    schedule = await call.resources.schedules.patch(call.caller, key_of(call), changes)
    return json_response(schedule)


@operation(
    scope="schedules:write",
    answers={204: Answer("It is gone")},
    problems=(404,),
    records=("schedule.delete",),
)
async def delete_schedule(call: Call) -> Response:
    """Remove a schedule; the jobs it has made go on."""
    await call.resources.schedules.delete(call.caller, key_of(call))
    return Response(status_code=204)


@operation(
    scope="schedules:write",
    answers={202: Answer("Accepted and kept", JobResource, headers={"Location": "The job"})},
    problems=(404, 413, 422),
    records=("schedule.run",),
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


@operation(
    scope="jobs:read",
    body=Times,
    answers={200: Answer("The ticks to come", SchedulePreview)},
    problems=(400, 404, 415, 422),
)
async def preview_times(call: Call) -> Response:
    """Show the next ticks as they would be with these times. Nothing is kept; the key may be a new one."""
    key, times = key_of(call), await call.body_as(Times)
    schedules = call.resources.schedules
    return json_response(await schedules.preview_of(call.caller, key, times.wanted(), times.count))


def key_of(call: Call) -> str:
    """Return the path's key. Raises NotFound for what cannot be one."""
    key: str = call.path_params["key"]
    if not KEY.fullmatch(key):
        raise NotFound
    return key
