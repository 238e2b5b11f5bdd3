"""How routes answer: JSON of a model, a conditional answer, a job's life as a stream."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.sse import EventStream
from service.auth import required_caller
from service.call import Call


def json_response(
    model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return ``model`` as JSON."""
    return Response(model.model_dump_json(), status, headers, "application/json")


def document_response(
    document: Mapping[str, Any], status: int, headers: Mapping[str, str]
) -> Response:
    """Return as JSON what ``Records.document`` made: the same bytes its model would be."""
    body = orjson.dumps(document, spelled, orjson.OPT_UTC_Z)
    return Response(body, status, headers, "application/json")


def spelled(value: object) -> str:
    """Return an id as Postgres hands it out, which orjson does not know. Raises TypeError for others."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value)} is no JSON")


def conditional(call: Call, response: Response) -> Response:
    """Name ``response`` by its content, and answer 304 to who has it already (RFC 9110 §13)."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:24]}"'
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    known = [t.strip().removeprefix("W/") for t in call.headers.get("if-none-match", "").split(",")]
    if tag not in known and "*" not in known:
        return response
    kept = ("etag", "cache-control", "preference-applied")
    return Response(None, 304, {k: v for k, v in response.headers.items() if k in kept})


def stream_of(
    call: Call, job_id: UUID, headers: Mapping[str, str] | None = None, *, after: str = ""
) -> Response:
    """Return the life of a job as Server-Sent Events, up to its final event.

    ``after`` is the cursor to go on from; without one the stream begins with a snapshot. Raises
    Problem (403) when the caller may not read jobs, BadCursor.
    """
    required_caller(call.scope, "jobs:read")
    since = [Cursor.parse(after)] if after else []
    channel = Channel.job(job_id)
    stream = EventStream(call.realtime, call.caller, [channel], since=since, headers=headers)
    return Passed(stream)


class Passed(Response):
    """An answer that another ASGI application gives."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer."""
        await self.app(scope, receive, send)
