"""The kinds of job there are: what each is for, what it takes and gives, how often it is tried."""

from functools import cache
from typing import Any

from pydantic import Field
from starlette.responses import Response

from jobs.errors import NotFound, UnknownKind
from jobs.processor import Kind
from jobs.resource import Resource
from service.call import Call
from service.operations import Answer, operation
from service.routes.answers import json_response


class RetryPolicy(Resource):
    """How failures are met: about how long each further attempt waits; the real wait is spread."""

    max_attempts: int
    waits_seconds: list[float]


class KindResource(Resource):
    """One kind of job. ``args`` and ``result`` are JSON Schemas (draft 2020-12)."""

    kind: str
    description: str
    args: dict[str, Any]
    result: dict[str, Any]
    timeout_seconds: float
    concurrency: int | None
    rate: str | None
    notify: bool = Field(description="Whether endings go to the inbox when a job does not say")
    cron: str | None = Field(description="When jobs of the kind are made by themselves, in UTC")
    retry: RetryPolicy

    @classmethod
    @cache
    def of(cls, kind: Kind) -> "KindResource":
        """Return ``kind`` as callers see it."""
        waits = [kind.backoff(failures) for failures in range(1, kind.max_attempts)]
        return cls(
            kind=kind.name,
            description=kind.description,
            args=kind.args.model_json_schema(),
            result=kind.result_adapter.json_schema(mode="serialization"),
            timeout_seconds=kind.timeout.total_seconds(),
            concurrency=kind.concurrency,
            rate=kind.rate,
            notify=bool(kind.notify),
            cron=kind.tick.cron if kind.tick else None,
            retry=RetryPolicy(
                max_attempts=kind.max_attempts,
                waits_seconds=[round(wait.total_seconds(), 1) for wait in waits],
            ),
        )


class KindList(Resource):
    """All kinds, by name."""

    data: list[KindResource]


@operation(scope="", answers={200: Answer("All kinds", KindList)})
async def list_kinds(call: Call) -> Response:
    """List the kinds of job that can be submitted."""
    registry = call.resources.registry
    return json_response(
        KindList(data=[KindResource.of(registry[name]) for name in sorted(registry)])
    )


@operation(scope="", answers={200: Answer("The kind", KindResource)}, problems=(404,))
async def read_kind(call: Call) -> Response:
    """Read one kind."""
    try:
        kind = call.resources.registry[call.path_params["kind"]]
    except UnknownKind as error:
        raise NotFound(str(error)) from error
    return json_response(KindResource.of(kind))
