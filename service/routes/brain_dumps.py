"""Brain dumps over HTTP: what jobs of kind `brain_dump_processing` have found, proposed and done."""

from starlette.responses import Response

from jobs.brain_dumps import BrainDumpPage, BrainDumpResource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


@operation(
    scope="jobs:read",
    query=PageQuery,
    answers={200: page_of(BrainDumpPage)},
    problems=(400, 422),
)
async def list_brain_dumps(call: Call) -> Response:
    """List my brain dumps, newest first."""
    query = call.query_as(PageQuery)
    page = await call.resources.brain_dumps.list(call.caller, query.after, query.limit)
    return page_response(call, page)


@operation(
    scope="jobs:read", answers={200: Answer("The brain dump", BrainDumpResource)}, problems=(404,)
)
async def read_brain_dump(call: Call) -> Response:
    """Read a brain dump, also while it is read: `found` grows. Confirm it by the job of the same id."""
    return json_response(await call.resources.brain_dumps.get(call.caller, call.id))


@operation(scope="jobs:write", answers={204: Answer("Deleted")}, problems=(404,))
async def delete_brain_dump(call: Call) -> Response:
    """Delete a brain dump. What was done stays; a job that has not finished with it fails."""
    await call.resources.brain_dumps.delete(call.caller, call.id)
    return Response(status_code=204)
