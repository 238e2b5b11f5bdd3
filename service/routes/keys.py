"""API keys over HTTP: look at one's own, make one, revoke one."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator
from starlette.responses import Response

from jobs.access import KeyList, KeyWithSecret, ScopeName, WantedKey
from service.bodies import Body
from service.call import Call
from service.job_options import Duration
from service.operations import Answer, operation
from service.routes.answers import json_response

LONGEST_LIFE = timedelta(days=3650)


class KeyRequest(Body):
    """A key to be made. It may have only scopes that its maker has."""

    name: Annotated[str, StringConstraints(max_length=100)] = ""
    scopes: list[ScopeName] = Field(["jobs:read", "jobs:write"], min_length=1, max_length=20)
    expires_in: Duration | None = Field(
        None, description="Seconds, or like `P90D`; without it the key is good until revoked"
    )

    @field_validator("expires_in")
    @classmethod
    def check_life(cls, expires_in: timedelta | None) -> timedelta | None:
        """Refuse a life that is over at once, or that no clock can hold."""
        if expires_in is not None and not timedelta(0) < expires_in <= LONGEST_LIFE:
            raise ValueError("expires_in must be more than 0 and at most ten years")
        return expires_in


@operation(scope="jobs:read", answers={200: Answer("My keys", KeyList)})
async def list_keys(call: Call) -> Response:
    """List my API keys, newest first. Their text is not shown again."""
    return json_response(await call.resources.access.keys(call.caller))


@operation(
    scope="keys:write",
    body=KeyRequest,
    answers={201: Answer("Made", KeyWithSecret)},
    problems=(400, 409, 415, 422),
    records=("key.create",),
)
async def create_key(call: Call) -> Response:
    """Make an API key. The answer shows it, this once."""
    asked = await call.body_as(KeyRequest)
    wanted = WantedKey(frozenset(asked.scopes), asked.name, asked.expires_in)
    return json_response(await call.resources.access.make_key(call.caller, wanted), 201)


@operation(
    scope="keys:write", answers={204: Answer("Revoked")}, problems=(404,), records=("key.revoke",)
)
async def revoke_key(call: Call) -> Response:
    """Revoke an API key. What is open with it is closed, sessions opened with it end too."""
    revoked = await call.resources.access.revoke_key(call.caller, call.id)
    await call.realtime.revocations.announce(revoked)
    return Response(status_code=204)
