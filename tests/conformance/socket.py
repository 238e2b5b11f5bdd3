"""Listening over a WebSocket, by the ``websockets`` client."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.conformance.rules import expect, require
from tests.conformance.target import Visitor

SUBPROTOCOL = "jobcast.v1"
LARGEST = 64 * 1024 * 1024


class Socket:
    """An open WebSocket that speaks JSON; it answers the server's pings and keeps all it heard."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.heard: list[dict[str, Any]] = []
        self._waiting: deque[dict[str, Any]] = deque()

    async def say(self, **frame: Any) -> None:
        """Send one object."""
        await self.connection.send(orjson.dumps(frame).decode())

    async def hear(self) -> dict[str, Any]:
        """Wait for the next object, one that is no ping."""
        while True:
            while not self._waiting:
                found = orjson.loads(await self.connection.recv())
                self._waiting.extend(found if isinstance(found, list) else [found])
            frame = self._waiting.popleft()
            self.heard.append(frame)
            if frame.get("t") != "ping":
                return frame
            await self.say(t="pong")

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Wait for an object of this kind with these fields; what comes before it waits its turn."""
        passed: list[dict[str, Any]] = []
        while True:
            frame = await self.hear()
            if frame["t"] == kind and all(frame.get(k) == v for k, v in fields.items()):
                self._waiting.extendleft(reversed(passed))
                return frame
            passed.append(frame)

    async def event(self, kind: str, subject: str = "") -> dict[str, Any]:
        """Wait for an event of this type, about this subject."""
        return (await self.events(1, kind, subject))[0]

    async def events(self, number: int, kind: str = "", subject: str = "") -> list[dict[str, Any]]:
        """Wait for so many durable events, or events of that type; other objects wait their turn."""
        found: list[dict[str, Any]] = []
        passed: list[dict[str, Any]] = []
        while len(found) < number:
            frame = await self.hear()
            if frame["t"] != "ev":
                passed.append(frame)
                continue
            told = list(frame["e"])
            while told and len(found) < number:
                event = told.pop(0)
                if fits(event, kind, subject):
                    found.append(event)
            if told:
                self._waiting.appendleft({"t": "ev", "e": told})
        self._waiting.extendleft(reversed(passed))
        return found

    async def nothing_but_pong(self) -> list[dict[str, Any]]:
        """Ask for a pong; return what else came before it."""
        await self.say(t="ping", i="last")
        before = []
        while (frame := await self.hear()) != {"t": "pong", "i": "last"}:
            before.append(frame)
        return before

    async def sub(self, channel: str, **more: Any) -> dict[str, Any]:
        """Join a channel and return the answer, whichever."""
        await self.say(t="sub", i=f"sub {channel}", channel=channel, **more)
        while True:
            frame = await self.hear()
            if frame["t"] in {"subbed", "err"} and frame.get("i") == f"sub {channel}":
                return frame

    async def refused(self, code: str, **frame: Any) -> dict[str, Any]:
        """Say something that has to be answered with this error, by its number."""
        await self.say(**{"i": 4711, **frame})
        answer = await self.until("err")
        expect(answer.get("i"), frame.get("i", 4711), "the i of the error")
        expect(answer["error"]["code"], code, f"the error of {frame}")
        return answer

    async def closed(self) -> int:
        """Read to the end and return the close code."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed:
            code = self.connection.close_code
        require(code is not None, "closed without a code")
        return code or 0


def fits(event: Mapping[str, Any], kind: str, subject: str) -> bool:
    """Say whether an event is of that type, durable if none is named, and about that subject."""
    if subject and event["subject"] != subject:
        return False
    return event["type"] == kind if kind else "offset" in event


async def opened(
    visitor: Visitor,
    *,
    protocols: Sequence[str] = (SUBPROTOCOL,),
    headers: Mapping[str, str] | None = None,
    origin: str | None = None,
    **more: Any,
) -> Socket:
    """Open a WebSocket and say nothing yet. Raises InvalidStatus when it is refused."""
    connection = await visitor.parts.enter_async_context(
        connect(
            visitor.target.socket_url,
            subprotocols=[Subprotocol(name) for name in protocols] or None,
            additional_headers=visitor.headers if headers is None else headers,
            origin=None if origin is None else Origin(origin),
            max_size=LARGEST,
            **{
                "compression": None,
                "close_timeout": 2,
                "ping_interval": None,
                "proxy": None,
                **more,
            },
        )
    )
    return Socket(connection)


async def refusal(visitor: Visitor, **how: Any) -> int:
    """Return the HTTP status with which an upgrade is refused; 101 when it is not."""
    try:
        await opened(visitor, **how)
    except InvalidStatus as refused:
        return refused.response.status_code
    return 101


async def greeted(visitor: Visitor, *subs: Any, **how: Any) -> Socket:
    """Open a WebSocket, say hello and hear the welcome."""
    socket = await opened(visitor, **how)
    await socket.say(t="hello", subs=[s if isinstance(s, dict) else {"channel": s} for s in subs])
    expect((await socket.hear())["t"], "welcome", "the first answer to hello")
    return socket


async def joined(visitor: Visitor, channel: str, **more: Any) -> tuple[Socket, dict[str, Any]]:
    """Open a WebSocket on one channel; return it and the answer to the join."""
    socket = await greeted(visitor, {"channel": channel, **more})
    return socket, await socket.until("subbed")


def cursor(frame: Mapping[str, Any]) -> str:
    """Return the place after a frame or an event, as ``since`` takes it."""
    return f"{frame['epoch']}.{frame['offset']}"
