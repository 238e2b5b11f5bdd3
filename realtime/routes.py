"""The doors of the way back: ``GET /api/events`` and ``/api/events/poll``, the WebSocket ``/api/ws``."""

from abc import ABC, abstractmethod

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from realtime.bundle import Realtime
from realtime.listening import STATUS, listening
from realtime.poll import Poll, wait_of
from realtime.sse import EventStream
from realtime.websocket import WebSocketEndpoint


def routes(realtime: Realtime) -> list[BaseRoute]:
    """Return the routes of the way back, to be put beside the service's own."""
    return [
        Route("/api/events", EventsEndpoint(realtime), methods=["GET"]),
        Route("/api/events/poll", PollEndpoint(realtime), methods=["GET"]),
        WebSocketRoute("/api/ws", WebSocketEndpoint(realtime)),
    ]


class Endpoint(ABC):
    """An ASGI application for GET: reads what to listen to from the request, and answers."""

    def __init__(self, realtime: Realtime) -> None:
        self.realtime = realtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. Raises HTTPException for what is wrong with the request."""
        if scope["method"] != "GET":
            raise HTTPException(405, headers={"Allow": "GET"})
        try:
            answer = await self.answer(Request(scope, receive))
            await answer(scope, receive, send)
        except tuple(STATUS) as error:
            raise HTTPException(STATUS[type(error)], str(error)) from error

    @abstractmethod
    async def answer(self, request: Request) -> ASGIApp:
        """Return what answers the request."""


class EventsEndpoint(Endpoint):
    """An event stream."""

    async def answer(self, request: Request) -> ASGIApp:
        """Return the stream the query asks for."""
        asked = await listening(self.realtime, request)
        whole = request.query_params.get("snapshot", "0") not in {"0", "false", ""}
        return EventStream(
            self.realtime, asked.caller, asked.channels, since=asked.since, snapshot=whole
        )


class PollEndpoint(Endpoint):
    """A long poll, for browsers behind what holds streams back."""

    async def answer(self, request: Request) -> ASGIApp:
        """Return the poll the query asks for."""
        wait_seconds = wait_of(request, self.realtime.settings.max_poll_seconds)
        asked = await listening(self.realtime, request)
        return Poll(self.realtime, asked, wait_seconds)
