"""Errors at the edge, translated once: any exception becomes problem+json (RFC 9457), never a trace."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any
from urllib.parse import quote

import asyncpg
import orjson
import structlog
from redis.exceptions import ConnectionError as RedisUnreachable
from redis.exceptions import TimeoutError as RedisTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from jobs.errors import (
    AlreadyVerified,
    CalendarFull,
    CalendarReadOnly,
    ConnectionsFull,
    FeedExists,
    IdempotencyMismatch,
    InvalidArgs,
    InvalidFeed,
    InvalidInput,
    InvalidSchedule,
    InvalidWebhook,
    JobError,
    KeyInUse,
    NotFound,
    NothingToConfirm,
    ScopeNotHeld,
    TooLarge,
    TooMany,
    TooManyContents,
    TooManyFeeds,
    TooManyKeys,
    TooManyProjects,
    TooManySchedules,
    TooManyTasks,
    TooManyWebhooks,
    Unavailable,
    UnknownJob,
    UnknownKind,
    VersionConflict,
    WebhookDisabled,
    WrongState,
    WrongStatus,
)
from jobs.troubles import request_failed
from realtime.errors import (
    BadCursor,
    BadTicket,
    Forbidden,
    OverCapacity,
    TooManyChannels,
    TooManyConnections,
    UnknownChannel,
)
from service.requests import template_of

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = "jobcast.status"
"""The answer's status in the scope, as soon as it has begun."""

RETRY_AFTER_SECONDS = "2"
CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "body_timeout",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range_not_satisfiable",
    422: "invalid",
    429: "too_many",
    503: "unavailable",
}
STATUS_OF: Sequence[tuple[type[Exception], int]] = (
    (UnknownKind, 422),
    (InvalidArgs, 422),
    (InvalidSchedule, 422),
    (TooLarge, 413),
    (TooManySchedules, 409),
    (TooManyKeys, 409),
    (ConnectionsFull, 409),
    (CalendarFull, 409),
    (CalendarReadOnly, 409),
    (ScopeNotHeld, 403),
    (NotFound, 404),
    (WrongState, 409),
    (WrongStatus, 409),
    (VersionConflict, 409),
    (TooManyContents, 409),
    (TooManyProjects, 409),
    (TooManyTasks, 409),
    (AlreadyVerified, 409),
    (NothingToConfirm, 409),
    (KeyInUse, 409),
    (IdempotencyMismatch, 422),
    (UnknownJob, 422),
    (InvalidInput, 422),
    (TooMany, 429),
    (InvalidWebhook, 422),
    (TooManyWebhooks, 409),
    (WebhookDisabled, 409),
    (InvalidFeed, 422),
    (FeedExists, 409),
    (TooManyFeeds, 409),
    (Unavailable, 503),
    (BadCursor, 400),
    (BadTicket, 401),
    (UnknownChannel, 404),
    (Forbidden, 403),
    (TooManyChannels, 422),
    (TooManyConnections, 429),
    (OverCapacity, 503),
)
OUTAGES: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    RedisUnreachable,
    RedisTimeout,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
)


class Problem(Exception):
    """A request that is answered with an error. ``errors`` are pairs of pointer and detail."""

    def __init__(
        self,
        status: int,
        detail: str = "",
        *,
        code: str = "",
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or CODES.get(status, "error")
        self.errors = errors
        self.headers = dict(headers or {})


def problem_of(error: Exception) -> Problem:
    """Return what a caller is told about ``error``. What is not in the tables is our fault: 500."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, HTTPException):
        return Problem(error.status_code, error.detail, headers=error.headers)
    for kind, status in STATUS_OF:
        if isinstance(error, kind):
            return known(error, status)
    if isinstance(error, OUTAGES):
        return known(Unavailable(), 503)
    return Problem(500, "Something went wrong here. Tell us the request_id.", code="internal")


def known(error: Exception, status: int) -> Problem:
    """Return the problem for one of our own errors."""
    code = error.code if isinstance(error, JobError) else ""
    if isinstance(error, InvalidArgs | InvalidInput):
        return Problem(status, str(error), code=code, errors=error.errors)
    if isinstance(error, UnknownJob):
        pointed = [{"pointer": "/after", "detail": str(error)}]
        return Problem(status, str(error), code=code, errors=pointed)
    if isinstance(error, KeyInUse):
        return Problem(status, str(error), code=code, headers={"Retry-After": "1"})
    if isinstance(error, TooMany):
        return Problem(status, str(error), code=code, headers=rate_headers(error))
    if isinstance(error, UnknownKind):
        pointed = [{"pointer": "/kind", "detail": str(error)}]
        return Problem(status, str(error), code=code, errors=pointed)
    return Problem(status, str(error), code=code)


def rate_headers(error: TooMany) -> dict[str, str]:
    """Return when to come again, and the quota (draft-ietf-httpapi-ratelimit-headers-10)."""
    wait = max(ceil(error.after_seconds), 1)
    headers = {"Retry-After": str(wait)}
    if error.quota is not None:
        name, count, period = error.quota
        headers["RateLimit-Policy"] = f'"{name}";q={count};w={period:g}'
        headers["RateLimit"] = f'"{name}";r=0;t={wait}'
    return headers


def problem_response(problem: Problem, scope: Scope) -> Response:
    """Return ``problem`` as an answer to the request of ``scope``."""
    body: dict[str, Any] = {
        "type": f"/docs/problems#{problem.code}",
        "title": title(problem.status),
        "status": problem.status,
        "detail": problem.detail or title(problem.status),
        "instance": quote(scope["path"][:500]),
        "code": problem.code,
        "request_id": scope.get("request_id", ""),
    }
    if problem.errors:
        body["errors"] = list(problem.errors)
    headers = {**DEFAULT_HEADERS.get(problem.status, {}), **problem.headers}
    return Response(orjson.dumps(body), problem.status, headers, MEDIA_TYPE)


DEFAULT_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="jobcast"'},
    408: {"Connection": "close"},
    429: {"Retry-After": "10"},
    413: {"Connection": "close"},  # or the server would go on reading what nobody wants
    503: {"Retry-After": RETRY_AFTER_SECONDS},
}


def title(status: int) -> str:
    """Return the standard's phrase for a status."""
    return HTTPStatus(status).phrase


class ErrorTranslation:
    """Answers every exception below it; one that comes after the answer began ends the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app and answer what it raises, also instead of a WebSocket."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except ClientDisconnect:
            return  # nobody is left to be told
        except Exception as error:
            problem = problem_of(error)
            report(error, problem, scope)
            if STATUS in scope:
                raise
            await problem_response(problem, scope)(scope, receive, send)


def report(error: Exception, problem: Problem, scope: Scope) -> None:
    """Log what is our fault with its trace, an outage with its name; a caller's mistake not at all."""
    told = {"path": logged_path(scope), "request_id": scope.get("request_id", "")}
    if problem.status == 500:  # noqa: PLR2004
        log.error("request_failed", exc_info=error, **told)
        request_failed(error, place_of(scope), told["request_id"])
    elif problem.status == 503:  # noqa: PLR2004
        log.warning("request_unavailable", error=type(error).__name__, **told)


def place_of(scope: Scope) -> str:
    """Return where a request went, as method and route: never with an id."""
    return f"{scope.get('method', 'WEBSOCKET')} {template_of(scope)}"


def logged_path(scope: Scope) -> str:
    """Return a request's path as a log may have it: what is a pass in itself is left out."""
    path: str = scope["path"][:200]
    return next((f"{begin}•••" for begin in PASSES if path.startswith(begin)), path)


PASSES = ("/unsubscribe/",)
