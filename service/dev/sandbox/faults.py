"""The middleware before every provider: notes the call, then fails as the provider's switch says."""

import asyncio
import json
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.dev.sandbox.calls import Call, Calls, readable
from service.dev.sandbox.switches import Switch, Switches

GARBAGE = b'\x00<html>{"oops": <<<<'
MOST_NOTED = 64 * 1024
CHUNKS_BEFORE_THE_END = 2


class Faults:
    """Wraps the app of all providers; ``site`` is who is asked when no provider's path is."""

    def __init__(
        self, app: ASGIApp, switches: Switches, calls: Calls, providers: Collection[str], site: str
    ) -> None:
        self._app = app
        self._switches = switches
        self._calls = calls
        self._providers = providers
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Play one call."""
        if scope["type"] != "http" or scope["path"].startswith("/_"):
            await self._app(scope, receive, send)
            return
        provider, path = self._asked(scope["path"])
        call = self._calls.begin(provider, scope, path)
        receive, send = noting_body(call, receive), noting_status(call, send)
        switch = self._switches.take(provider, path)
        if switch is None:
            await self._app(scope, receive, send)
        else:
            await fail(switch, self._app, scope, receive, send)

    def _asked(self, path: str) -> tuple[str, str]:
        first, _, rest = path.lstrip("/").partition("/")
        return (first, f"/{rest}") if first in self._providers else (self._site, path)


async def fail(switch: Switch, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one call in the way the switch says. The request is read first, whoever hangs up then."""
    receive = replaying(await read_all(receive), receive)
    await asyncio.sleep(switch.delay_seconds)
    if switch.status is not None:
        await refuse(switch, switch.status, send)
    elif switch.garbage:
        await app(scope, receive, Garbled(send))
    elif switch.truncate:
        await app(scope, receive, Truncated(send))
    else:
        await app(scope, receive, send)


async def read_all(receive: Receive) -> list[Message]:
    """Take the whole request."""
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def replaying(messages: list[Message], receive: Receive) -> Receive:
    """Return a receive that gives ``messages`` first."""

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay


async def refuse(switch: Switch, status: int, send: Send) -> None:
    """Answer with an error and nothing done."""
    body = json.dumps({"error": f"The sandbox was told to answer {status}."}).encode()
    headers = [(b"content-type", b"application/json"), length(body)]
    if switch.retry_after is not None:
        headers.append((b"retry-after", str(switch.retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def length(body: bytes) -> tuple[bytes, bytes]:
    """Return a body's Content-Length."""
    return b"content-length", str(len(body)).encode()


class Garbled:
    """Sends an answer's status and type, and something else as its body."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._done = False

    async def __call__(self, message: Message) -> None:
        """Pass the start on with another length, then garbage instead of the first piece of body."""
        if message["type"] == "http.response.start":
            kept = [h for h in message["headers"] if h[0].lower() != b"content-length"]
            await self._send({**message, "headers": [*kept, length(GARBAGE)]})
        elif message["type"] == "http.response.body" and not self._done:
            self._done = True
            await self._send({**message, "body": GARBAGE, "more_body": False})


class Truncated:
    """Sends half of a body, or of a stream its first pieces, and then no more: the connection ends."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._chunks = 0

    async def __call__(self, message: Message) -> None:
        """Pass on what still gets through; the end of the body never does."""
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        self._chunks += 1
        body = message.get("body", b"")
        if not message.get("more_body") or self._chunks == CHUNKS_BEFORE_THE_END:
            body = body[: len(body) // 2]
        if self._chunks <= CHUNKS_BEFORE_THE_END and body:
            await self._send({**message, "body": body, "more_body": True})


def noting_body(call: Call, receive: Receive) -> Receive:
    """Return a receive that notes what the app reads."""
    read = bytearray()

    async def noting() -> Message:
        message = await receive()
        if message["type"] == "http.request":
            read.extend(message.get("body", b"")[: MOST_NOTED - len(read)])
            if not message.get("more_body"):
                media_type = call["headers"].get("content-type", "")
                call["body"] = readable(bytes(read), media_type)
        return message

    return noting


def noting_status(call: Call, send: Send) -> Send:
    """Return a send that notes the status."""

    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            call["status"] = message["status"]
        await send(message)

    return noting
