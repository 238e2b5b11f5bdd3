"""Whether the process lives, and whether it can serve."""

from typing import Literal

from starlette.responses import Response

from jobs.resource import Resource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response


class Alive(Resource):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Resource):
    """What the service stands on; ``ready`` when nothing is missing."""

    ready: bool
    postgres: bool
    redis: bool
    workers: int


@operation(scope=None, answers={200: Answer("Alive", Alive)})
async def check_alive(call: Call) -> Response:
    """Tell that the process is alive, whatever it depends on."""
    return json_response(Alive())


@operation(
    scope=None, answers={200: Answer("Ready", Readiness), 503: Answer("Not ready", Readiness)}
)
async def check_ready(call: Call) -> Response:
    """Tell whether Postgres, Redis and at least one live worker are there."""
    found = await call.resources.health()
    ready = bool(found["postgres"] and found["redis"] and found["workers"])
    shown = Readiness(ready=ready, **found)
    return json_response(shown, 200 if ready else 503, {} if ready else {"Retry-After": "2"})
