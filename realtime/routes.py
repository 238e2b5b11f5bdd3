"""The two doors of the way back: ``GET /api/events`` and the WebSocket ``/api/ws``."""

from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from realtime.bundle import Realtime
from realtime.caller import Caller
from realtime.cursor import Cursor, parse_vector
from realtime.errors import BadCursor, BadTicket, Forbidden, UnknownChannel
from realtime.origin import origin_allowed, origin_of
from realtime.sse import EventStream
from realtime.websocket import WebSocketEndpoint


def routes(realtime: Realtime) -> list[BaseRoute]:
    """Return the routes of the way back, to be put beside the service's own."""
    return [
        Route("/api/events", EventsEndpoint(realtime), methods=["GET"]),
        WebSocketRoute("/api/ws", WebSocketEndpoint(realtime)),
    ]


class EventsEndpoint:
    """An ASGI application: reads what to stream from the request and streams it."""

    def __init__(self, realtime: Realtime) -> None:
        self._realtime = realtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with an event stream. Raises HTTPException for what is wrong with the request."""
        if scope["method"] != "GET":
            raise HTTPException(405, headers={"Allow": "GET"})
        try:
            stream = await self._stream(Request(scope, receive))
            await stream(scope, receive, send)
        except (UnknownChannel, Forbidden, BadCursor, BadTicket) as error:
            raise HTTPException(STATUS[type(error)], str(error)) from error

    async def _stream(self, request: Request) -> EventStream:
        caller = await self._caller(request)
        names = list(dict.fromkeys(request.query_params.getlist("channel")))
        if not 1 <= len(names) <= self._realtime.settings.max_channels_per_stream:
            limit = self._realtime.settings.max_channels_per_stream
            raise HTTPException(400, f"Name 1 to {limit} channels by ?channel=.")
        since = cursors(request, len(names))
        channels = [await self._realtime.authorise(caller, name) for name in names]
        if len(set(channels)) < len(channels):
            raise HTTPException(400, "The same channel is named twice.")
        whole = request.query_params.get("snapshot", "0") not in {"0", "false", ""}
        return EventStream(self._realtime, caller, channels, since=since, snapshot=whole)

    async def _caller(self, request: Request) -> Caller:
        caller = request.scope.get("user")
        ticket = request.query_params.get("ticket")
        if ticket:
            caller = await self._realtime.tickets.redeem(ticket, origin_of(request.scope))
        if not isinstance(caller, Caller):
            raise HTTPException(401, "Bring a token, a session or a ticket.")
        cookie = caller.via == "cookie"
        if cookie and not origin_allowed(request.scope, self._realtime.settings, cookie=True):
            raise HTTPException(403, "Pages of this origin may not listen.")
        return caller


STATUS: dict[type[Exception], int] = {
    UnknownChannel: 404,
    Forbidden: 403,
    BadCursor: 400,
    BadTicket: 401,
}


def cursors(request: Request, channels: int) -> Sequence[Cursor | None]:
    """Return where the reader is: the newer Last-Event-ID, else ``?cursor=``. Raises BadCursor."""
    text = request.headers.get("last-event-id") or request.query_params.get("cursor")
    return parse_vector(text, channels) if text else [None] * channels
