"""Failures over HTTP: failed jobs by why they failed."""

from pydantic import Field
from starlette.responses import Response

from jobs.failures import FailureList
from service.bodies import Body
from service.call import Call
from service.job_options import Word
from service.operations import Answer, operation
from service.routes.answers import json_response


class FailureQuery(Body):
    """Which failures to list."""

    kind: Word | None = None
    limit: int = Field(50, ge=1, le=200)


@operation(
    scope="jobs:read",
    query=FailureQuery,
    answers={200: Answer("The latest first", FailureList)},
    problems=(422,),
)
async def list_failures(call: Call) -> Response:
    """Group my newest 10,000 failed jobs (with the scope org:read: the org's) by why they failed.

    One group is one kind, one error code and one message, numbers, ids and addresses in it aside.
    """
    query = call.query_as(FailureQuery)
    return json_response(await call.resources.failures.list(call.caller, query.kind, query.limit))
