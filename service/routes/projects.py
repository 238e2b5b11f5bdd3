"""Projects over HTTP: listed, made, changed, deleted with their tasks."""

from typing import Annotated

from pydantic import Field, StringConstraints
from starlette.responses import Response

from jobs.projects.resource import ProjectPage, ProjectResource, ProjectStatus
from service.bodies import Body, changes_of
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.written import Day

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, StringConstraints(max_length=10_000)]
Goal = Annotated[str, StringConstraints(max_length=2_000)]
Version = Annotated[int | None, Field(ge=1, le=2**31 - 1, strict=True)]
SEEN = "The version that was read: nothing is changed if it was changed since"


class ProjectRequest(Body):
    """A project to work towards."""

    name: Name
    description: Description = Field("", description="Markdown")
    goal: Goal = Field("", description="How one will know that it is done")
    status: ProjectStatus = ProjectStatus.ACTIVE
    starts_on: Day | None = None
    due_on: Day | None = Field(None, description="Not before `starts_on`")


class ProjectChange(Body):
    """What to change; what is left out stays. Days may be emptied by `null`."""

    version: Version = Field(None, description=SEEN)
    name: Name | None = None
    description: Description | None = Field(None, description="Markdown")
    goal: Goal | None = None
    status: ProjectStatus | None = None
    starts_on: Day | None = None
    due_on: Day | None = None


class ProjectQuery(PageQuery):
    """Which projects to list."""

    status: tuple[ProjectStatus, ...] = ()


@operation(
    scope="jobs:read",
    query=ProjectQuery,
    answers={200: page_of(ProjectPage)},
    problems=(400, 422),
)
async def list_projects(call: Call) -> Response:
    """List my projects, newest first."""
    query = call.query_as(ProjectQuery)
    page = await call.resources.projects.list(call.caller, query.status, query.after, query.limit)
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=ProjectRequest,
    answers={201: Answer("A project", ProjectResource, headers={"Location": "The project"})},
    problems=(400, 409, 415, 422),
)
async def create_project(call: Call) -> Response:
    """Make a project. The kind `phase_generation` plans it."""
    asked = (await call.body_as(ProjectRequest)).model_dump(exclude_unset=True)
    made = await call.resources.projects.create(call.caller, asked)
    return json_response(made, 201, {"Location": made.links.self})


@operation(
    scope="jobs:read", answers={200: Answer("The project", ProjectResource)}, problems=(404,)
)
async def read_project(call: Call) -> Response:
    """Read a project."""
    return json_response(await call.resources.projects.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    body=ProjectChange,
    answers={200: Answer("The changed project", ProjectResource)},
    problems=(400, 404, 409, 415, 422),
)
async def change_project(call: Call) -> Response:
    """Change a project. 409 when it is not at the `version` you say."""
    ident = call.id
    changes = changes_of(await call.body_as(ProjectChange), ("starts_on", "due_on"))
    version = changes.pop("version", None)
    return json_response(await call.resources.projects.change(call.caller, ident, changes, version))


@operation(scope="jobs:write", answers={204: Answer("Deleted")}, problems=(404,))
async def delete_project(call: Call) -> Response:
    """Delete a project with its tasks."""
    await call.resources.projects.delete(call.caller, call.id)
    return Response(status_code=204)
