"""Verifying an address over HTTP: ask for a code, send it back."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from jobs.preferences import PreferencesResource
from jobs.verifications.resource import VerificationResource, Way
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response


def digits(code: str) -> str:
    """Return a code without the space that people write in its middle."""
    return code.replace(" ", "")


Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=20, pattern=r"^[0-9]{3} ?[0-9]{3}$"),
    AfterValidator(digits),
]


class VerifyRequest(Body):
    """Which of the addresses in my preferences to verify."""

    way: Way


class ConfirmRequest(Body):
    """A code that came there."""

    way: Way
    code: Code = Field(description="Six digits")


@operation(
    scope="jobs:write",
    body=VerifyRequest,
    answers={202: Answer("A code is on its way", VerificationResource)},
    problems=(400, 409, 415, 422, 429),
)
async def verify_address(call: Call) -> Response:
    """Send a code to the address in my preferences: once a minute, five times an hour.

    It is valid for 15 minutes, and until another one is asked for.
    """
    asked = await call.body_as(VerifyRequest)
    return json_response(await call.resources.verifications.ask(call.caller, asked.way), 202)


@operation(
    scope="jobs:write",
    body=ConfirmRequest,
    answers={200: Answer("Verified", PreferencesResource)},
    problems=(400, 409, 415, 422),
)
async def confirm_address(call: Call) -> Response:
    """Confirm an address by the code that came there. Five wrong ones use it up."""
    asked = await call.body_as(ConfirmRequest)
    confirmed = await call.resources.verifications.confirm(call.caller, asked.way, asked.code)
    return json_response(confirmed)
