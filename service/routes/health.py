"""Whether the process lives, and whether it can serve."""

from dataclasses import asdict
from typing import Literal

from pydantic import Field
from starlette.responses import Response

from jobs.resource import Resource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response


class Alive(Resource):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Resource):
    """What the service stands on; ``ready`` when nothing is missing and it is not about to stop."""

    ready: bool
    postgres: bool
    redis: bool
    workers: int = Field(description="Workers that hold a lease")
    realtime: bool = Field(
        description="Changes reach listeners at once; false while they come late"
    )
    draining: bool = Field(
        description="It has been told to stop and takes leave of its connections"
    )
    degraded_kinds: list[str] = Field(
        description="Kinds that no live worker runs: such jobs are accepted, and wait"
    )


@operation(scope=None, answers={200: Answer("Alive", Alive)})
async def check_alive(call: Call) -> Response:
    """Tell that the process is alive, whatever it depends on."""
    return json_response(Alive())


@operation(
    scope=None, answers={200: Answer("Ready", Readiness), 503: Answer("Not ready", Readiness)}
)
async def check_ready(call: Call) -> Response:
    """Tell whether Postgres, Redis and at least one live worker are there, and what works less well.

    503 while one of them is away, and from the moment the process is told to stop.
    """
    found, draining = await call.resources.health(), bool(call.app.state.draining)
    ready = found.postgres and found.redis and bool(found.workers) and not draining
    live = not call.realtime.hub.degraded
    shown = Readiness(ready=ready, realtime=live, draining=draining, **asdict(found))
    return json_response(shown, 200 if ready else 503, {} if ready else {"Retry-After": "2"})
