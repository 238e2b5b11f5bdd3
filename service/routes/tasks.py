"""Tasks over HTTP: listed by project, phase, status or day, made, changed, deleted."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from jobs.store.tasks import TaskFilter
from jobs.tasks.resource import TaskPage, TaskResource, TaskStatus
from service.bodies import Body, changes_of
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.routes.projects import SEEN, Version
from service.written import Day

EMPTIES = ("project_id", "phase_id", "starts_on", "due_on", "estimate_minutes")
LONGEST_MINUTES = 60 * 24 * 365
Title = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"\S")]
Notes = Annotated[str, StringConstraints(max_length=10_000)]
Priority = Annotated[int, Field(ge=0, le=3, strict=True, description="3 is the most urgent")]
Minutes = Annotated[int, Field(ge=1, le=LONGEST_MINUTES, strict=True)]
Position = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


def once(ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Return each id once, in order."""
    return tuple(dict.fromkeys(ids))


Before = Annotated[tuple[UUID, ...], Field(max_length=50), AfterValidator(once)]


class TaskRequest(Body):
    """Something to do."""

    title: Title
    project_id: UUID | None = Field(None, description="A project of yours")
    phase_id: UUID | None = Field(None, description="A phase of that project")
    notes: Notes = Field("", description="Markdown")
    status: TaskStatus = TaskStatus.OPEN
    priority: Priority = 1
    starts_on: Day | None = None
    due_on: Day | None = Field(None, description="Not before `starts_on`")
    estimate_minutes: Minutes | None = None
    depends_on: Before = Field((), description="Tasks of yours to be done before it")
    position: Position = Field(0, description="Its place in its project; left out: the last")


class TaskChange(Body):
    """What to change; what is left out stays. `null` empties project, phase, days and estimate."""

    version: Version = Field(None, description=SEEN)
    title: Title | None = None
    project_id: UUID | None = Field(None, description="Another project has other phases")
    phase_id: UUID | None = Field(None, description="A phase of its project")
    notes: Notes | None = Field(None, description="Markdown")
    status: TaskStatus | None = None
    priority: Priority | None = None
    starts_on: Day | None = None
    due_on: Day | None = None
    estimate_minutes: Minutes | None = None
    depends_on: Before | None = Field(None, description="All of them")
    position: Position | None = None


class TaskQuery(PageQuery):
    """Which tasks to list."""

    project: UUID | None = None
    phase: UUID | None = None
    status: tuple[TaskStatus, ...] = ()
    due_until: Day | None = Field(None, description="Due on this day or before")


@operation(
    scope="jobs:read",
    query=TaskQuery,
    answers={200: page_of(TaskPage)},
    problems=(400, 422),
)
async def list_tasks(call: Call) -> Response:
    """List my tasks, newest first."""
    query = call.query_as(TaskQuery)
    wanted = TaskFilter(query.status, query.project, query.phase, query.due_until)
    page = await call.resources.tasks.list(call.caller, wanted, query.after, query.limit)
    return page_response(call, page)


@operation(
    scope="jobs:write",
    body=TaskRequest,
    answers={201: Answer("A task", TaskResource, headers={"Location": "The task"})},
    problems=(400, 409, 415, 422),
)
async def create_task(call: Call) -> Response:
    """Note something to do."""
    asked = (await call.body_as(TaskRequest)).model_dump(exclude_unset=True)
    made = await call.resources.tasks.create(call.caller, asked)
    return json_response(made, 201, {"Location": f"/api/tasks/{made.id}"})


@operation(scope="jobs:read", answers={200: Answer("The task", TaskResource)}, problems=(404,))
async def read_task(call: Call) -> Response:
    """Read a task."""
    return json_response(await call.resources.tasks.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    body=TaskChange,
    answers={200: Answer("The changed task", TaskResource)},
    problems=(400, 404, 409, 415, 422),
)
async def change_task(call: Call) -> Response:
    """Change a task, say that it is done. 409 when it is not at the `version` you say."""
    ident = call.id
    changes = changes_of(await call.body_as(TaskChange), EMPTIES)
    version = changes.pop("version", None)
    return json_response(await call.resources.tasks.change(call.caller, ident, changes, version))


@operation(scope="jobs:write", answers={204: Answer("Deleted")}, problems=(404,))
async def delete_task(call: Call) -> Response:
    """Delete a task; what depended on it no longer does."""
    await call.resources.tasks.delete(call.caller, call.id)
    return Response(status_code=204)
