"""Workers over HTTP, for operators."""

from starlette.responses import Response

from jobs.workers import WorkersResource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response


@operation(scope="admin", answers={200: Answer("All workers", WorkersResource)})
async def list_workers(call: Call) -> Response:
    """List the workers: how full, how fast, how late, how large, what they run, when last heard of."""
    return json_response(await call.resources.workers.list())
