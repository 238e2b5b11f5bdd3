"""Timelines over HTTP: what jobs of kind `course_timeline_parsing` have made of outlines, for a day."""

from starlette.responses import Response

from jobs.timelines import TimelinePage, TimelineResource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(TimelinePage)},
    problems=(400, 422),
)
async def list_timelines(call: Call) -> Response:
    """List my timelines, newest first."""
    query = call.query_as(PageQuery)
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
