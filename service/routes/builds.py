"""Builds over HTTP: which apps were built, and what became of them."""

from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from jobs.builds import BuildPage, BuildResource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response


class BuildQuery(PageQuery):
    """Which builds to list."""

    job: UUID | None = Field(None, description="Only those of this job")


@operation(
    scope="jobs:read",
    query=BuildQuery,
    answers={200: page_of(BuildPage)},
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
