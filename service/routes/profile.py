"""The caller's profile over HTTP: read, its suggestions accepted, forgotten."""

from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from jobs.onboarding.portrait import MOST_PROJECTS
from jobs.profiles.resource import ProfileResource
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response
from service.routes.projects import SEEN, Version


class Acceptance(Body):
    """Which suggestions become projects."""

    suggestions: tuple[UUID, ...] | None = Field(
        None, max_length=MOST_PROJECTS, description="Their ids; left out: all of them"
    )
    version: Version = Field(None, description=SEEN)


@operation(scope="jobs:read", answers={200: Answer("My profile", ProfileResource)}, problems=(404,))
async def read_profile(call: Call) -> Response:
    """Read what the newest job of the kind `onboarding_analysis` found out about me."""
    return json_response(await call.resources.profiles.get(call.caller))


@operation(
    scope="jobs:write",
    body=Acceptance,
    bodiless=True,
    answers={200: Answer("My profile; what was accepted says so", ProfileResource)},
    problems=(400, 404, 409, 415, 422),
)
async def accept_suggestions(call: Call) -> Response:
    """Make projects with their first tasks of suggestions. Their days are counted from today."""
    asked = await call.body_as(Acceptance, optional=True)
    accepted = await call.resources.profiles.accept(call.caller, asked.suggestions, asked.version)
    return json_response(accepted)


@operation(scope="jobs:write", answers={204: Answer("Forgotten")}, problems=(404,))
async def delete_profile(call: Call) -> Response:
    """Forget my profile. Projects that were made of it stay."""
    await call.resources.profiles.delete(call.caller)
    return Response(status_code=204)
