"""Queues and figures over HTTP."""

from starlette.responses import Response

from jobs.queues import QueueResource, QueuesResource, StatsResource
from jobs.series import SeriesResource, Window
from service.bodies import Body
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response


@operation(scope="jobs:read", answers={200: Answer("All queues", QueuesResource)})
async def list_queues(call: Call) -> Response:
    """List the queues: what waits and runs, and since when, per kind (for operators: and per org)."""
    return json_response(await call.resources.queues.list(call.caller))


@operation(
    scope="admin",
    answers={200: Answer("Paused", QueueResource)},
    problems=(404,),
    records=("queue.pause",),
)
async def pause_queue(call: Call) -> Response:
    """Let no job of the queue start; those that run go on."""
    return json_response(await call.resources.queues.pause(call.caller, call.path_params["name"]))


@operation(
    scope="admin",
    answers={200: Answer("Resumed", QueueResource)},
    problems=(404,),
    records=("queue.resume",),
)
async def resume_queue(call: Call) -> Response:
    """Let the queue's jobs start again."""
    return json_response(await call.resources.queues.resume(call.caller, call.path_params["name"]))


class SeriesQuery(Body):
    """How far to look back."""

    window: Window = "15m"


@operation(
    scope="jobs:read",
    query=SeriesQuery,
    answers={200: Answer("Figures over time", SeriesResource)},
    problems=(422,),
)
async def read_series(call: Call) -> Response:
    """Read figures over time: what finished and how fast, what waited, how full the workers were.

    Of what I may see; how full the workers were is for operators only.
    """
    window = call.query_as(SeriesQuery).window
    return json_response(await call.resources.series.read(call.caller, window))


@operation(scope="jobs:read", answers={200: Answer("Figures of the last day", StatsResource)})
async def read_stats(call: Call) -> Response:
    """Read counts by kind and state, durations, and jobs finished over time."""
    return json_response(await call.resources.queues.stats(call.caller))
