"""A user's own preferences over HTTP: how to be told of what no device has shown."""

from typing import Any

from pydantic import Field
from starlette.responses import Response

from jobs.preferences import PreferencesResource, Wishes
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response

FOUND_OUT = "Not yours to say: left as it is"


class PreferencesRequest(Body, Wishes):
    """All of one's preferences. What reading them showed may be sent back as it is."""

    email_verified_at: Any = Field(None, description=FOUND_OUT)
    phone_verified_at: Any = Field(None, description=FOUND_OUT)
    updated_at: Any = Field(None, description=FOUND_OUT)


@operation(scope="jobs:read", answers={200: Answer("Mine", PreferencesResource)})
async def read_preferences(call: Call) -> Response:
    """Read my preferences: time zone, quiet hours, ways to be told, and of what."""
    return json_response(await call.resources.preferences.get(call.caller))


@operation(
    scope="jobs:write",
    body=PreferencesRequest,
    answers={200: Answer("Mine from now on", PreferencesResource)},
    problems=(400, 415, 422),
)
async def put_preferences(call: Call) -> Response:
    """Replace my preferences; what is left out goes back to its default.

    Notifications that already wait to be handed off obey the new ones.
    """
    wishes = await call.body_as(PreferencesRequest)
    return json_response(await call.resources.preferences.put(call.caller, wishes))
