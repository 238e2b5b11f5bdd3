"""Builds over HTTP: which apps were built, and what became of them."""

from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from jobs.builds import BuildPage, BuildResource
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response, page_response


class BuildQuery(Body):
    """Which builds to list."""

    job: UUID | None = Field(None, description="Only those of this job")
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=100, description="The cursor in `next`")


@operation(
    scope="jobs:read",
    query=BuildQuery,
    answers={200: Answer("A page", BuildPage, headers={"Link": "The next page, `rel=next`"})},
    problems=(400, 422),
)
async def list_builds(call: Call) -> Response:
    """List my apps' builds, newest first."""
    query = call.query_as(BuildQuery)
    page = await call.resources.builds.list(call.caller, query.job, query.after, query.limit)
    return page_response(call, page)


@operation(scope="jobs:read", answers={200: Answer("The build", BuildResource)}, problems=(404,))
async def read_build(call: Call) -> Response:
    """Read a build. The job of kind `build_publishing` that makes it is where its log is, and Stop."""
    return json_response(await call.resources.builds.get(call.caller, call.id))
