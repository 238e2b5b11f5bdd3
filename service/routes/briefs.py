"""Briefs over HTTP: what jobs of kind `daily_brief` have told of a user's days."""

from pydantic import Field
from starlette.responses import Response

from jobs.briefs.resource import BriefPage, BriefResource
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response, page_response


class BriefQuery(Body):
    """Which briefs to list."""

    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=100, description="The cursor in `next`")


@operation(
    scope="jobs:read",
    query=BriefQuery,
    answers={200: Answer("A page", BriefPage, headers={"Link": "The next page, `rel=next`"})},
    problems=(400, 422),
)
async def list_briefs(call: Call) -> Response:
    """List my briefs, newest first. A list opens none."""
    query = call.query_as(BriefQuery)
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
