"""What every request passes on its way in and out, pure ASGI: name, log line, headers, size limit."""

import asyncio
import re
import time
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs.errors import TooLarge
from jobs.ids import uuid7
from realtime.caller import Caller
from service.errors import Problem

log = structlog.get_logger(__name__)

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/healthz", "/metrics", "/readyz"})
LONGEST_LENGTH = 20
NOTHING_SENT = 499  # nginx's number for a client that went away before the answer
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": API_POLICY,
}
TRANSPORT_SECURITY = "max-age=31536000"


class RequestLine:
    """Gives each request its id, echoes it, and writes one log line when the request is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; log method, path without query, status, user and duration."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = scope["request_id"] = sane_id(Headers(scope=scope).get("x-request-id"))
        status = NOTHING_SENT

        async def name(message: Message) -> None:
            nonlocal status
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            elif message["type"] == "websocket.accept":
                status = 101
            await send(message)

        try:
            await self.app(scope, receive, name)
        finally:
            write_line(scope, status, time.perf_counter() - began)


def sane_id(given: str | None) -> str:
    """Return the id a caller gave if it is harmless, else a new one."""
    return given if given and SANE_ID.fullmatch(given) else uuid7().hex


def write_line(scope: Scope, status: int, seconds: float) -> None:
    """Log one request. The query may hold a ticket, so it is left out."""
    caller = scope.get("user")
    write = log.debug if scope["path"] in QUIET else log.info
    write(
        "request",
        method=scope.get("method", "WEBSOCKET"),
        path=scope["path"][:200],
        status=status,
        ms=round(seconds * 1000, 1),
        user=caller.user if isinstance(caller, Caller) else None,
        request_id=scope["request_id"],
    )


class SafeHeaders:
    """Adds the headers an answer of an API should have, unless the answer brought its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, completing its headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", TRANSPORT_SECURITY)
            await send(message)

        await self.app(scope, receive, complete)


class BodyLimit:
    """Stops reading a body that is too large, with or without Content-Length, or too slow.

    A body must be complete within ``timeout_seconds``; on the ``larger`` paths, which may take long,
    no piece of it may take longer than that.
    """

    def __init__(
        self, app: ASGIApp, *, limit: int, larger: Mapping[str, int], timeout_seconds: float
    ) -> None:
        self.app = app
        self.limit = limit
        self.larger = larger
        self.timeout_seconds = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app on a body that raises TooLarge, or Problem (408), as it is read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"], self.limit)
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or len(declared) > LONGEST_LENGTH or int(declared) > limit:
            raise TooLarge
        whole = scope["path"] not in self.larger
        await self.app(scope, self._limited(receive, limit, whole=whole), send)

    def _limited(self, receive: Receive, limit: int, *, whole: bool) -> Receive:
        clock = asyncio.get_running_loop().time
        ends = clock() + self.timeout_seconds
        seen = 0
        complete = False

        async def counted() -> Message:
            nonlocal seen, complete
            if complete:
                return await receive()
            message = await in_time(receive, ends if whole else clock() + self.timeout_seconds)
            seen += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if seen > limit:
                raise TooLarge
            return message

        return counted


async def in_time(receive: Receive, ends: float) -> Message:
    """Return the next piece of a body. Raises Problem (408) when it has not come at ``ends``."""
    try:
        async with asyncio.timeout_at(ends):
            return await receive()
    except TimeoutError as error:
        raise Problem(408, "The body did not arrive in time.") from error
