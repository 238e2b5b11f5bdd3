"""Briefs over HTTP: what jobs of kind `daily_brief` have told of a user's days."""

from starlette.responses import Response

from jobs.briefs.resource import BriefPage, BriefResource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(BriefPage)},
    problems=(400, 422),
)
async def list_briefs(call: Call) -> Response:
    """List my briefs, newest first. A list opens none."""
    query = call.query_as(PageQuery)
    page = await call.resources.briefs.list(call.caller, query.after, query.limit)
    return page_response(call, page)


@operation(scope="jobs:read", answers={200: Answer("The brief", BriefResource)}, problems=(404,))
async def read_brief(call: Call) -> Response:
    """Read a brief. From then on it counts as opened: who opens none is briefed less often."""
    return json_response(await call.resources.briefs.open(call.caller, call.id))


@operation(scope="jobs:write", answers={204: Answer("Deleted")}, problems=(404,))
async def delete_brief(call: Call) -> Response:
    """Delete a brief. The clock makes no other of its day."""
    await call.resources.briefs.delete(call.caller, call.id)
    return Response(status_code=204)
