"""The other side of the contract: a small server that says what a test wrote for it."""

import json
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from service.dev.ports import LOOPBACK, free_port

ID = "0199a7c0-0000-7000-8000-000000000001"


class LineCutError(Exception):
    """The server dies in the middle of an answer."""


def job(state: str = "running", version: int = 2, **more: Any) -> dict[str, Any]:
    """Return a job resource."""
    return {
        "id": ID,
        "kind": "echo",
        "state": state,
        "args": {},
        "result": None,
        "error": None,
        "attempt": 1,
        "version": version,
        "created_at": "2026-09-04T10:00:00Z",
        "started_at": "2026-09-04T10:00:01Z",
        "finished_at": None,
        **more,
    }


def sse(name: str, data: Any, cursor: str = "") -> str:
    """Return one event as it goes over the wire."""
    head = f"id: {cursor}\n" if cursor else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n"


def snapshot(resource: dict[str, Any], cursor: str = "e.1", **ephemeral: Any) -> str:
    """Return a snapshot frame of a job channel."""
    state = {"channel": f"job:{ID}", "state": {"job": resource}, "ephemeral": ephemeral}
    return sse("snapshot", state, cursor)


def event(kind: str, seq: int, data: dict[str, Any], attempt: int = 1) -> str:
    """Return a durable event."""
    told = {"type": kind, "seq": seq, "attempt": attempt, "data": data}
    return sse(kind, told, f"e.{seq}")


def passing(kind: str, data: dict[str, Any], attempt: int = 1) -> str:
    """Return an ephemeral event."""
    return sse(kind, {"type": kind, "attempt": attempt, "data": data})


@dataclass
class Speaker:
    """What the server says next, and what it was asked."""

    url: str = ""
    streams: list[Sequence[str | type[LineCutError] | int]] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    cursors: list[str | None] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def forget(self) -> None:
        """Be as new."""
        for told in (self.streams, self.answers, self.cursors, self.asked, self.bodies):
            told.clear()

    async def events(self, request: Request) -> Response:
        """Say the next stream that was written down; a number is a bare status."""
        self.cursors.append(request.headers.get("last-event-id"))
        pieces = self.streams.pop(0)
        if pieces and isinstance(pieces[0], int):
            return JSONResponse({"detail": "not now"}, pieces[0])
        return StreamingResponse(self.said(pieces), media_type="text/event-stream")

    async def said(self, pieces: Sequence[Any]) -> AsyncIterator[str]:
        """Yield the pieces; LineCutError breaks the connection where it stands."""
        for piece in pieces:
            if piece is LineCutError:
                raise LineCutError
            yield piece

    async def answer(self, request: Request) -> Response:
        """Answer any other request from the table, by method and path."""
        self.asked.append((request.method, str(request.url).removeprefix(self.url)))
        self.headers.append(dict(request.headers))
        body = await request.body()
        self.bodies.append(body)
        key = f"{request.method} {request.url.path}"
        status, said = self.answers.get(key, (404, {"detail": "There is no such thing."}))
        if isinstance(said, bytes):
            return Response(said, status)
        return JSONResponse(said, status)


class Line:
    """A real uvicorn around a Speaker, in a thread of its own: the CLI blocks like any program."""

    def __init__(self) -> None:
        self.speaker = Speaker()
        started = threading.Event()
        app = Starlette(
            routes=[
                Route("/api/events", self.speaker.events),
                Route(
                    "/{path:path}",
                    self.speaker.answer,
                    methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                ),
            ],
        )
        port = free_port()
        self.speaker.url = f"http://{LOOPBACK}:{port}"
        config = uvicorn.Config(app, host=LOOPBACK, port=port, log_level="critical", ws="none")
        self._server = Announcing(config, started)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        if not started.wait(10):
            raise TimeoutError("the test server did not start")

    def close(self) -> None:
        """Stop the server and its thread."""
        self._server.should_exit = True
        self._thread.join(10)


class Announcing(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._listening = started

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._listening.set()
