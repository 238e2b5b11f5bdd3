"""Timelines over HTTP: what jobs of kind `course_timeline_parsing` have made of outlines, for a day."""

from pydantic import Field
from starlette.responses import Response

from jobs.timelines import TimelinePage, TimelineResource
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response, page_response


class TimelineQuery(Body):
    """Which timelines to list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=100, description="The cursor in `next`")


@operation(
    scope="jobs:read",
    query=TimelineQuery,
    answers={200: Answer("A page", TimelinePage, headers={"Link": "The next page, `rel=next`"})},
    problems=(400, 422),
)
async def list_timelines(call: Call) -> Response:
    """List my timelines, newest first."""
    query = call.query_as(TimelineQuery)
    page = await call.resources.timelines.list(call.caller, query.after, query.limit)
    return page_response(call, page)


@operation(
    scope="jobs:read", answers={200: Answer("The timeline", TimelineResource)}, problems=(404,)
)
async def read_timeline(call: Call) -> Response:
    """Read a timeline. It is there for 24 hours after it was last read from its document."""
    return json_response(await call.resources.timelines.get(call.caller, call.id))


@operation(scope="jobs:write", answers={204: Answer("Deleted")}, problems=(404,))
async def delete_timeline(call: Call) -> Response:
    """Delete a timeline, with the text it was read from. The job's result stays."""
    await call.resources.timelines.delete(call.caller, call.id)
    return Response(status_code=204)
