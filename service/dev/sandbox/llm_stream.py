"""Server-Sent Events that end when the client leaves, or in the middle when they are told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


class EventStream(Response):
    """Sends each event as a line of JSON, then ``[DONE]``.

    ``abandoned`` is called when the client has gone before the end. ConnectionAbortedError from the
    events ends the connection in the middle of the answer.
    """

    def __init__(self, events: AsyncIterator[Any], abandoned: Callable[[], object]) -> None:
        super().__init__()
        self._events = events
        self._abandoned = abandoned

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                self._abandoned()
        finally:
            leaving.cancel()
            sending.cancel()
            with suppress(asyncio.CancelledError, ConnectionAbortedError):
                await sending

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        async for event in self._events:
            await send(body(json.dumps(event, ensure_ascii=False)))
        await send(body("[DONE]"))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def body(data: str) -> dict[str, Any]:
    """Return one event as a piece of the body."""
    return {"type": "http.response.body", "body": f"data: {data}\n\n".encode(), "more_body": True}


async def left(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
