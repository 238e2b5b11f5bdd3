"""Errors at the edge: each exception has its status, and ours are told by an id only."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest
import structlog
from redis.exceptions import ConnectionError as RedisUnreachable
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from websockets import InvalidStatus

from jobs import errors as job_errors
from jobs.access import Access
from realtime import errors as realtime_errors
from service.errors import Problem, problem_of
from service.server import Server
from tests.service.conftest import Headers
from tests.service.signed import opening

TABLE = {
    "unknown kind": (job_errors.UnknownKind("x"), 422, "unknown_kind"),
    "invalid args": (job_errors.InvalidArgs([]), 422, "invalid_args"),
    "invalid schedule": (job_errors.InvalidSchedule("/at", "late"), 422, "invalid_schedule"),
    "too many schedules": (job_errors.TooManySchedules(9), 409, "too_many_schedules"),
    "too large": (job_errors.TooLarge(), 413, "too_large"),
    "not found": (job_errors.NotFound(), 404, "not_found"),
    "wrong state": (job_errors.WrongState("running", "retried"), 409, "wrong_state"),
    "invalid webhook": (job_errors.InvalidWebhook(), 422, "invalid_webhook"),
    "too many webhooks": (job_errors.TooManyWebhooks(), 409, "too_many_webhooks"),
    "webhook disabled": (job_errors.WebhookDisabled(), 409, "webhook_disabled"),
    "invalid feed": (job_errors.InvalidFeed(), 422, "invalid_feed"),
    "feed exists": (job_errors.FeedExists(), 409, "feed_exists"),
    "too many feeds": (job_errors.TooManyFeeds(9), 409, "too_many_feeds"),
    "unavailable": (job_errors.Unavailable(), 503, "unavailable"),
    "bad cursor": (realtime_errors.BadCursor(), 400, "bad_request"),
    "bad ticket": (realtime_errors.BadTicket(), 401, "unauthenticated"),
    "unknown channel": (realtime_errors.UnknownChannel(), 404, "not_found"),
    "forbidden channel": (realtime_errors.Forbidden(), 403, "forbidden"),
    "too many connections": (realtime_errors.TooManyConnections(), 429, "too_many"),
    "over capacity": (realtime_errors.OverCapacity(), 503, "unavailable"),
    "a key in use": (job_errors.KeyInUse(), 409, "idempotency_in_progress"),
    "a key with another body": (job_errors.IdempotencyMismatch(), 422, "idempotency_mismatch"),
    "no such job": (job_errors.UnknownJob(UUID(int=7)), 422, "unknown_job"),
    "wrong input": (job_errors.InvalidInput([]), 422, "invalid_input"),
    "too many": (job_errors.TooMany("slower"), 429, "too_many"),
    "a problem": (Problem(418, "short and stout", code="teapot"), 418, "teapot"),
    "starlette's": (HTTPException(404), 404, "not_found"),
    "refused connection": (ConnectionRefusedError(111, "secret-host"), 503, "unavailable"),
    "time-out": (TimeoutError(), 503, "unavailable"),
    "redis away": (RedisUnreachable("secret-host"), 503, "unavailable"),
    "postgres going down": (asyncpg.AdminShutdownError("secret"), 503, "unavailable"),
    "postgres gone": (asyncpg.ConnectionDoesNotExistError("secret"), 503, "unavailable"),
    "postgres starting": (asyncpg.CannotConnectNowError("secret"), 503, "unavailable"),
    "postgres full": (asyncpg.TooManyConnectionsError("secret"), 503, "unavailable"),
    "a bug": (KeyError("secret"), 500, "internal"),
    "an assertion": (AssertionError("secret"), 500, "internal"),
    "too deep": (RecursionError("secret"), 500, "internal"),
    "wrong status": (job_errors.WrongStatus("published", "changed"), 409, "wrong_state"),
    "changed meanwhile": (job_errors.VersionConflict(2), 409, "version_conflict"),
    "too many contents": (job_errors.TooManyContents(9), 409, "too_many_contents"),
    "too many projects": (job_errors.TooManyProjects(9), 409, "too_many_projects"),
    "too many tasks": (job_errors.TooManyTasks(9), 409, "too_many_tasks"),
    "verified already": (job_errors.AlreadyVerified(), 409, "already_verified"),
    "nothing to confirm": (job_errors.NothingToConfirm(), 409, "nothing_to_confirm"),
    "wrong code": (job_errors.WrongCode(4), 422, "wrong_code"),
    "too many keys": (job_errors.TooManyKeys(9), 409, "too_many_keys"),
    "connections full": (job_errors.ConnectionsFull(9), 409, "connections_full"),
    "invalid connection": (
        job_errors.InvalidConnection("/base_url", "no"),
        422,
        "invalid_connection",
    ),
    "invalid calendar": (job_errors.InvalidCalendar("/a", "no"), 422, "invalid_calendar"),
    "calendar full": (job_errors.CalendarFull(9, "events"), 409, "calendar_full"),
    "calendar read only": (job_errors.CalendarReadOnly(), 409, "read_only"),
    "a scope of nobody's": (job_errors.ScopeNotHeld("admin"), 403, "insufficient_scope"),
    "a job's own error": (job_errors.JobError("secret"), 500, "internal"),
}


@pytest.mark.parametrize(("error", "status", "code"), TABLE.values(), ids=TABLE)
def test_each_error_has_its_status_and_code(error: Exception, status: int, code: str) -> None:
    problem = problem_of(error)

    assert (problem.status, problem.code) == (status, code)
    assert "secret" not in problem.detail


NEVER_RAISED_TO_A_REQUEST = {
    "JobError", "RealtimeError", "Retry", "Discard", "ProviderError", "NotConfigured",
    "Garbage", "Refused", "BadFrame", "TooManyChannels", "ChildFailed", "InputTimeout",
    "Bounced", "UnknownEnd", "Held", "NotTaken", "Full",
}  # fmt: skip


def test_all_errors_of_the_inside_are_decided_about() -> None:
    decided = {type(error).__name__ for error, _, _ in TABLE.values()} | NEVER_RAISED_TO_A_REQUEST

    for module in (job_errors, realtime_errors):
        raised = {
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and issubclass(value, Exception)
        }
        assert raised <= decided


async def test_a_bug_is_500_with_an_id_and_logged_with_its_trace(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError("SELECT secret FROM table")

    monkeypatch.setattr(type(app.state.resources.records), "list", broken)

    with structlog.testing.capture_logs() as lines:
        answer = await client.get("/api/jobs", headers=ann)

    logged = next(line for line in lines if line["event"] == "request_failed")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert logged["request_id"] == answer.json()["request_id"]
    assert isinstance(logged["exc_info"], ZeroDivisionError)
    for hidden in ("ZeroDivision", "SELECT", "Traceback", "secret", ".py"):
        assert hidden not in answer.text


async def test_a_time_out_of_the_request_itself_is_not_swallowed(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = asyncio.Event()

    async def endless(*_: Any) -> None:
        entered.set()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(type(app.state.resources.records), "list", endless)
    asking = asyncio.create_task(client.get("/api/jobs", headers=ann))
    await entered.wait()

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_a_problem_has_all_members_of_the_contract(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/jobs/%3Cb%3E?ticket=canary")

    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "code", "request_id"}
    assert (problem["title"], problem["instance"]) == ("Unauthorized", "/api/jobs/%3Cb%3E")
    assert answer.headers["cache-control"] == "no-store"
    assert "canary" not in answer.text


async def test_a_socket_that_nobody_can_check_now_is_asked_to_come_again_not_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_knows(*_: Any) -> Any:
        raise job_errors.Unavailable

    monkeypatch.setattr(Access, "caller_of", nobody_knows)

    with pytest.raises(InvalidStatus) as refused:
        async with opening(server, {"Authorization": "Bearer jc_" + "0" * 64}):
            pass

    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["retry-after"]
