"""What every request passes on its way in and out, pure ASGI: name, log line, headers, size limit."""

import asyncio
import re
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs import tracing
from jobs.errors import TooLarge
from jobs.ids import hex7
from jobs.trail import CURRENT, Trail, sane
from realtime.caller import Caller
from service.errors import STATUS, Problem, logged_path
from service.headers import header
from service.requests import measure, template_of

log = structlog.get_logger(__name__)

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = frozenset({"/healthz", "/metrics", "/readyz"})
LONGEST_LENGTH = 20
NOTHING_SENT = 499  # nginx's number for a client that went away before the answer
API_POLICY = "default-src 'none'; frame-ancestors 'none'"
SAFE: Sequence[tuple[bytes, bytes]] = (
    (b"vary", b"Origin"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", API_POLICY.encode()),
)
TRANSPORT_SECURITY = (b"strict-transport-security", b"max-age=31536000")
SWITCHED = {"websocket.accept": 101}
STARTS = frozenset({"http.response.start", "websocket.http.response.start"})


class RequestLine:
    """Gives each request its id, completes its answer's headers, and logs one line when it is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app; log method, path without query, status, user and duration."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        scope["request_id"] = sane_id(header(scope, b"x-request-id"))
        trail = trail_of(scope)
        before = CURRENT.set(trail)

        async def complete(message: Message) -> None:
            if message["type"] in STARTS:
                message["headers"] = completed(scope, message.get("headers", ()))
            if STATUS not in scope:
                scope[STATUS] = message.get("status", SWITCHED.get(message["type"], NOTHING_SENT))
            await send(message)

        with traced(scope, trail) as span:
            try:
                await self.app(scope, receive, complete)
            finally:
                finish(scope, span, time.perf_counter() - began)
                if scope["type"] == "http":  # what is commanded on a socket later comes from here
                    CURRENT.reset(before)


def trail_of(scope: Scope) -> Trail:
    """Return what is known of a request before anything is done for it."""
    client = scope.get("client")
    given = sane(header(scope, b"traceparent"))
    return Trail(scope["request_id"], given, address=client[0] if client else "")


def traced(scope: Scope, trail: Trail) -> tracing.Unrecorded:
    """Return the request's span; nobody wants one of a health check."""
    if scope["path"] in QUIET:
        return tracing.UNRECORDED
    return tracing.request(trail, scope.get("method", "WEBSOCKET"))


def finish(scope: Scope, span: tracing.Unrecorded, seconds: float) -> None:
    """Count a request that is over, tell its span what it came to, and log it."""
    status = scope.setdefault(STATUS, NOTHING_SENT)
    route = template_of(scope)
    measure(scope, route, status, seconds)
    span.served(route, status, scope["request_id"])
    write_line(scope, seconds)


def completed(scope: Scope, given: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return an answer's headers with those that it should have, unless it brought its own."""
    headers = [*given, (b"x-request-id", scope["request_id"].encode())]
    if scope["type"] == "http":
        brought = {name for name, _ in headers}
        headers += [pair for pair in SAFE if pair[0] not in brought]
        if scope["scheme"] == "https" and TRANSPORT_SECURITY[0] not in brought:
            headers.append(TRANSPORT_SECURITY)
    return headers


def sane_id(given: str | None) -> str:
    """Return the id a caller gave if it is harmless, else a new one."""
    return given if given and SANE_ID.fullmatch(given) else hex7()


def write_line(scope: Scope, seconds: float) -> None:
    """Log one request. The query may hold a ticket, so it is left out."""
    caller = scope.get("user")
    write = log.debug if scope["path"] in QUIET else log.info
    write(
        "request",
        method=scope.get("method", "WEBSOCKET"),
        path=logged_path(scope),
        status=scope.get(STATUS, NOTHING_SENT),
        ms=round(seconds * 1000, 1),
        user=caller.user if isinstance(caller, Caller) else None,
        request_id=scope["request_id"],
    )


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
        declared = header(scope, b"content-length")
        if declared is not None and not fits(declared, limit):
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


def fits(declared: str, limit: int) -> bool:
    """Return whether a Content-Length is a number, and not above ``limit``."""
    return declared.isdecimal() and len(declared) <= LONGEST_LENGTH and int(declared) <= limit


async def in_time(receive: Receive, ends: float) -> Message:
    """Return the next piece of a body. Raises Problem (408) when it has not come at ``ends``."""
    piece = receive().__await__()
    try:
        first = next(piece)
    except StopIteration as here:  # as most are when they are asked for: those need no timer
        message: Message = here.value
        return message
    try:
        async with asyncio.timeout_at(ends):
            return await Rest(piece, first)
    except TimeoutError as error:
        raise Problem(408, "The body did not arrive in time.") from error


class Rest:
    """What is left of an awaitable that was begun by hand, and waits for ``first``."""

    def __init__(self, begun: Generator[Any, None, Message], first: object) -> None:
        self._begun = begun
        self._first = first

    def __await__(self) -> Generator[Any, None, Message]:
        """Wait, then go on; when nobody wants it any more it is closed in order."""
        try:
            yield self._first
            return (yield from self._begun)
        finally:
            self._begun.close()
