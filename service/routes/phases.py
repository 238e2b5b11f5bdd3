"""Phases over HTTP: listed by project, changed, deleted. Jobs of the kind `phase_generation` make them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from jobs.phases.resource import PhasePage, PhaseResource, PhaseStatus
from jobs.store.phases import PhaseFilter
from service import written
from service.bodies import Body, changes_of
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.paging import PageQuery, page_of, page_response
from service.routes.projects import SEEN, Goal, Name, Version
from service.routes.tasks import Position

Day = Annotated[written.Day, Field(ge=date(1970, 1, 1))]


class PhaseChange(Body):
    """What to change; what is left out stays."""

    version: Version = Field(None, description=SEEN)
    name: Name | None = None
    goal: Goal | None = None
    status: PhaseStatus | None = None
    starts_on: Day | None = None
    due_on: Day | None = Field(None, description="Not before `starts_on`")
    position: Position | None = None


class PhaseQuery(PageQuery):
    """Which phases to list."""

    project: UUID | None = None
    status: tuple[PhaseStatus, ...] = ()


class PhaseDeletion(Body):
    """What becomes of its tasks."""

    with_tasks: bool = Field(False, description="`false`: they stay in the project")


@operation(
    scope="jobs:read",
    query=PhaseQuery,
    answers={200: page_of(PhasePage)},
    problems=(400, 422),
)
async def list_phases(call: Call) -> Response:
    """List my phases in the order of their days."""
    query = call.query_as(PhaseQuery)
    wanted = PhaseFilter(query.project, query.status)
    page = await call.resources.phases.list(call.caller, wanted, query.after, query.limit)
    return page_response(call, page)


@operation(scope="jobs:read", answers={200: Answer("The phase", PhaseResource)}, problems=(404,))
async def read_phase(call: Call) -> Response:
    """Read a phase."""
    return json_response(await call.resources.phases.get(call.caller, call.id))


@operation(
    scope="jobs:write",
    body=PhaseChange,
    answers={200: Answer("The changed phase", PhaseResource)},
    problems=(400, 404, 409, 415, 422),
)
async def change_phase(call: Call) -> Response:
    """Change a phase: no later plan replaces it then. 409 when it is not at the `version` you say."""
    ident = call.id
    changes = changes_of(await call.body_as(PhaseChange), ())
    version = changes.pop("version", None)
    return json_response(await call.resources.phases.change(call.caller, ident, changes, version))


@operation(
    scope="jobs:write",
    query=PhaseDeletion,
    answers={204: Answer("Deleted")},
    problems=(404, 422),
)
async def delete_phase(call: Call) -> Response:
    """Delete a phase. Its tasks stay in the project, unless you say otherwise."""
    asked = call.query_as(PhaseDeletion)
    await call.resources.phases.delete(call.caller, call.id, with_tasks=asked.with_tasks)
    return Response(status_code=204)
