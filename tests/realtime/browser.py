"""What a browser does on the wire: read an event stream, talk on a WebSocket.

Whatever is heard is held to the protocol's models.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from realtime.websocket import SUBPROTOCOL
from tests.realtime.world import Server
from tests.wire import check_event, check_frame


@dataclass
class StreamEvent:
    """One event of a stream as the browser sees it."""

    event: str = "message"
    id: str = ""
    data: Any = None


@dataclass
class Stream:
    """An open event stream; ``comments`` and ``retries`` collect what is no event."""

    response: httpx2.Response
    lines: AsyncIterator[str]
    comments: list[str] = field(default_factory=list)
    retries: list[int] = field(default_factory=list)

    async def next(self) -> StreamEvent:
        """Wait for the next event. Raises StopAsyncIteration at the end of the stream."""
        found = StreamEvent()
        while True:
            line = await anext(self.lines)
            name, _, value = line.partition(": ")
            match name:
                case "event":
                    found.event = value
                case "id":
                    found.id = value
                case "data":
                    found.data = orjson.loads(value)
                case "retry":
                    self.retries.append(int(value))
                case "" if value:
                    self.comments.append(value)
                case "" if found.data is not None:
                    check_event(found.event, found.data, made_up=True)
                    return found

    async def until(self, name: str) -> StreamEvent:
        """Wait for an event of this name."""
        while (found := await self.next()).event != name:
            pass
        return found

    async def rest(self) -> list[str]:
        """Read to the end and return the names of what came."""
        names = []
        try:
            while True:
                names.append((await self.next()).event)
        except StopAsyncIteration:
            return names


@asynccontextmanager
async def stream(
    server: Server, *channels: str, user: str = "42", **more: Any
) -> AsyncIterator[Stream]:
    """Open ``GET /api/events``; ``headers`` and query parameters by name."""
    headers = {"x-user": user} | more.pop("headers", {})
    query = [("channel", channel) for channel in channels] + list(more.items())
    url = f"http://{server.address}/api/events"
    async with (
        httpx2.AsyncClient(timeout=10) as client,
        client.stream("GET", url, params=query, headers=headers) as response,
    ):
        yield Stream(response, response.aiter_lines())


async def get(server: Server, query: str, **headers: str) -> httpx2.Response:
    """Ask ``GET /api/events`` for what is not a stream."""
    async with httpx2.AsyncClient(timeout=10) as client:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(f"http://{server.address}/api/events?{query}", headers=headers)


class Socket:
    """An open WebSocket that speaks JSON."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **frame: Any) -> None:
        """Send one object."""
        await self.connection.send(orjson.dumps(frame).decode())

    async def hear(self) -> dict[str, Any]:
        """Wait for the next frame."""
        frame: dict[str, Any] = orjson.loads(await self.connection.recv())
        check_frame(frame, made_up=True)
        return frame

    async def until(self, kind: str) -> dict[str, Any]:
        """Wait for a frame of this kind."""
        while (frame := await self.hear())["t"] != kind:
            pass
        return frame

    async def closed(self) -> int:
        """Wait for the close and return its code."""
        await self.connection.wait_closed()
        code = self.connection.close_code
        assert code is not None
        return code


@asynccontextmanager
async def socket(
    server: Server,
    *,
    user: str | None = "42",
    protocols: tuple[str, ...] = (SUBPROTOCOL,),
    origin: str | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> AsyncIterator[Socket]:
    """Open ``/api/ws`` without saying hello."""
    brought = dict(headers or {}) | ({"x-user": user} if user else {})
    async with connect(
        f"ws://{server.address}/api/ws",
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        origin=None if origin is None else Origin(origin),
        additional_headers=brought,
        proxy=None,
        **more,
    ) as connection:
        yield Socket(connection)


@asynccontextmanager
async def greeted(server: Server, *subs: Any, **how: Any) -> AsyncIterator[Socket]:
    """Open a WebSocket, say hello with ``subs`` and hear the welcome."""
    async with socket(server, **how) as opened:
        await opened.say(t="hello", subs=list(subs))
        assert (await opened.hear())["t"] == "welcome"
        yield opened
