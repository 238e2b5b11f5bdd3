"""Figures for Prometheus and for whoever scales."""

from collections.abc import Iterator

from starlette.responses import Response

from jobs.errors import Unavailable
from jobs.signals import Picture
from service.call import Call
from service.errors import Problem
from service.metrics import (
    MEDIA_TYPE,
    Family,
    exposition,
    may_read,
    measured_families,
    pool_families,
    process_families,
    work_families,
)
from service.metrics.families import gauge
from service.operations import Answer, operation


@operation(
    scope=None, answers={200: Answer("The figures", media_type="text/plain")}, problems=(401,)
)
async def read_metrics(call: Call) -> Response:
    """Read figures of queues, workers and this process, in Prometheus' text format.

    Needs `Authorization: Bearer <METRICS_TOKEN>` where METRICS_TOKEN is set. Without Postgres the
    figures of queues and workers are missing.
    """
    if not may_read(call.headers.get("authorization", ""), call.settings):
        headers = {"WWW-Authenticate": "Bearer"}
        raise Problem(401, "Send METRICS_TOKEN as a Bearer token.", headers=headers)
    try:
        picture = await call.resources.signals.read()
    except Unavailable:
        picture = None
    return Response(exposition(families(call, picture)), media_type=MEDIA_TYPE)


def families(call: Call, picture: Picture | None) -> Iterator[Family]:
    """Yield everything this process can tell."""
    yield gauge("jobcast_postgres_up", "1 while Postgres answers.", picture is not None)
    if picture is not None:
        yield from work_families(picture)
    yield from measured_families(picture.workers if picture is not None else ())
    yield from process_families(call.resources, call.realtime, call.loop_lag)
    yield from pool_families(call.resources)
