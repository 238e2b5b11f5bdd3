"""One attempt from start to finish, as a pipe of small steps: prepare → perform → settle.

The row is already ``running`` under our lease when it comes in. Whatever the processor does (returns,
raises, hangs, exits, swallows its cancellation), exactly one Outcome goes out, or none at all when
the lease is lost.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

import asyncpg
import orjson
import structlog
from pydantic import ValidationError

from jobs import store, tracing, troubles
from jobs.acceptance import Acceptance
from jobs.announcer import Announcer
from jobs.context import Context, CurrentJob
from jobs.db import Database
from jobs.errors import Discard, Held, InvalidArgs, JobError, ProviderError, Retry, UnknownKind
from jobs.flow import Flow
from jobs.live_context import LiveContext
from jobs.processes import Processes
from jobs.processor import Kind, Registry
from jobs.providers import Providers
from jobs.reporter import Reporter, clean
from jobs.running import Running, Why
from jobs.settings import JobsSettings
from jobs.storable import stored_json
from jobs.storage import OwnStorage, Storage
from jobs.store import JobRow, Outcome
from jobs.trail import CURRENT, Trail
from realtime.ephemeral import Ephemeral

log = structlog.get_logger(__name__)

Settle = Callable[[Outcome], Awaitable[bool]]
MAX_MESSAGE = 2_000


class AttemptTimeout(JobError):
    """The attempt took longer than its time-out."""

    code = "timeout"


class CancelledInside(JobError):
    """The processor let a cancellation of its own making out."""

    code = "cancelled_inside"


class InvalidResult(Discard):
    """The processor's result cannot be kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code="invalid_result")


class Shared(Protocol):
    """What attempts share: a worker's Tools, or the bench of ``jobs.testing``."""

    @property
    def settings(self) -> JobsSettings:
        """Return the bounds."""

    @property
    def registry(self) -> Registry:
        """Return the kinds there are."""

    @property
    def ephemeral(self) -> Ephemeral:
        """Return where goes what an attempt says on its way."""

    async def context_for(self, attempt: "Attempt") -> Context:
        """Return the attempt's hands."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every attempt of this process shares."""

    settings: JobsSettings
    registry: Registry
    db: Database
    storage: Storage
    providers: Providers
    processes: Processes
    ephemeral: Ephemeral
    acceptance: Acceptance
    announcer: Announcer

    async def context_for(self, attempt: "Attempt") -> Context:
        """Return the attempt's hands, over real servers."""
        row = attempt.row
        return LiveContext(
            job=CurrentJob(row.id, row.kind, tuple(row.tags), row.metadata),
            attempt=row.attempt,
            user=row.user_id,
            org=row.org_id,
            providers=self.providers,
            storage=OwnStorage(self.storage, row.org_id, row.user_id),
            reporter=attempt.reporter,
            running=attempt.running,
            database=self.db,
            processes=self.processes,
            flow=Flow(self.db, self.acceptance, self.announcer, row, attempt.running),
            restored=await store.saved(self.db, row.id) if row.attempt > 1 else None,
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One go at a job, and everything it needs."""

    row: JobRow
    running: Running
    reporter: Reporter


async def execute(tools: Shared, row: JobRow, running: Running, settle: Settle) -> None:
    """Run one attempt and record how it ended. Never raises what a processor did."""
    began = time.monotonic()
    trail = Trail.of(row)
    CURRENT.set(trail)  # for good: the task is the attempt's own
    attempt = Attempt(row, running, Reporter(row, tools.ephemeral, tools.settings))
    with tracing.attempt(row, trail) as span:
        outcome = await told_by_name(tools, attempt, await perform(tools, attempt))
        await attempt.reporter.close()
        settled = outcome is not None and await record(outcome, settle)
        word = outcome.outcome if settled and outcome else "fenced"
        span.ended(word, outcome.error if outcome else None)
        ms = round((time.monotonic() - began) * 1000, 1)
        log.info(
            "attempt", kind=row.kind, id=trail.job_id, attempt=row.attempt, outcome=word, ms=ms
        )
    if settled and outcome and outcome.state == "failed":
        troubles.job_failed(row, running.raised, (outcome.error or {}).get("code", ""))


async def perform(tools: Shared, attempt: Attempt) -> Outcome | None:
    """Call the processor under its time-out; None when the lease was lost meanwhile."""
    try:
        kind, args, context = await prepare(tools, attempt)
        value = await call(kind, context, args, attempt)
        return succeeded(tools, attempt, kind, value)
    except asyncio.CancelledError:
        # Not swallowed: it becomes the attempt's outcome, and this task ends right after.
        return failed(tools, attempt, CancelledInside())
    except BaseException as error:
        attempt.running.raised = error
        return failed(tools, attempt, error)


async def prepare(tools: Shared, attempt: Attempt) -> tuple[Kind, Any, Context]:
    """Look the kind up, read the args by its schema, and get the context."""
    row = attempt.row
    kind = tools.registry[row.kind]
    return kind, kind.parse(row.args), await tools.context_for(attempt)


async def call(kind: Kind, context: Context, args: Any, attempt: Attempt) -> Any:
    """Run the processor; a time-out it swallowed is still a time-out."""
    if attempt.running.why is not None:
        raise asyncio.CancelledError
    limit = asyncio.timeout(attempt.row.timeout_seconds)
    try:
        async with limit:
            with attempt.running.performing(limit):
                value = await kind.process(context, args)
    except (TimeoutError, asyncio.CancelledError) as error:
        # A cancellation when a heartbeat insisted while the processor still tidied up after its time-out.
        if limit.expired():
            raise AttemptTimeout from error
        raise
    if limit.expired():
        raise AttemptTimeout
    return value


def succeeded(tools: Shared, attempt: Attempt, kind: Kind, value: Any) -> Outcome:
    """Check the result and turn it into JSON. Raises InvalidResult."""
    try:
        adapter = kind.result_adapter
        result = adapter.dump_python(adapter.validate_python(value), mode="json")
        encoded = stored_json(result, "/result")
    except (ValidationError, TypeError, ValueError, InvalidArgs) as error:
        raise InvalidResult(f"The result does not fit its schema: {error}") from error
    if len(encoded) > tools.settings.max_result_bytes:
        raise InvalidResult(f"The result is larger than {tools.settings.max_result_bytes} bytes.")
    ended = outcome(attempt, "succeeded", "succeeded", result=orjson.Fragment(encoded))
    return replace(ended, told=told_by_itself(kind, attempt.running))


def told_by_itself(kind: Kind, running: Running) -> bool:
    """Say whether a success is no news: the processor has told it, or the kind tells failures only."""
    return kind.notify == "failures" or (kind.notify and running.told)


def interrupted(attempt: Attempt, why: Why) -> Outcome | None:
    """Say how an attempt ended that was told to end."""
    match why:
        case Why.FENCE:
            return None
        case Why.RELEASE:
            return outcome(attempt, "queued", "released")
        case Why.CANCEL:
            return outcome(attempt, "cancelled", "cancelled")


def failed(tools: Shared, attempt: Attempt, error: BaseException) -> Outcome | None:
    """Decide between another attempt and the end, by the error and by the kind's policy."""
    running, row = attempt.running, attempt.row
    if running.why is not None:
        return interrupted(attempt, running.why)
    if isinstance(error, Held):
        later = outcome(attempt, "retrying", "released")
        return replace(later, delay_seconds=max(error.after_seconds, 0.0))
    word = "timeout" if isinstance(error, AttemptTimeout) else "failed"
    told = (getattr(error, "code", None) or "error", describe(error))
    final = isinstance(error, Discard | InvalidArgs | UnknownKind)
    if final or row.failures + 1 >= row.max_attempts:
        ended = outcome(attempt, "failed", word, error=told, failed=True)
        return replace(ended, told=isinstance(error, Discard) and error.told)
    wait = delay(tools.registry[row.kind], error, row.failures + 1)
    return replace(
        outcome(attempt, "retrying", word, error=told, failed=True),
        delay_seconds=wait.total_seconds(),
    )


async def told_by_name(tools: Shared, attempt: Attempt, ended: Outcome | None) -> Outcome | None:
    """Tell a failure for good under its kind's own name; when that fails, the ending itself tells it."""
    row = attempt.row
    if ended is None or ended.state != "failed" or ended.told or not row.notify:
        return ended
    name = tools.registry[row.kind].failed_as if row.kind in tools.registry else None
    if name is None or (error := ended.error) is None:
        return ended
    data = {"kind": row.kind, "code": error["code"], "reason": error["message"]}
    try:
        context = await tools.context_for(attempt)
        await context.notify(name, data)
    except Exception as trouble:
        log.warning("failure.untold", id=str(row.id), error=type(trouble).__name__)
        return ended
    return replace(ended, told=True)


def delay(kind: Kind, error: BaseException, failures: int) -> timedelta:
    """Return how long to wait: what the error says, else the kind's back-off."""
    asked = error.after if isinstance(error, Retry | ProviderError) else None
    return kind.backoff(failures) if asked is None else max(asked, timedelta(0))


def describe(error: BaseException) -> str:
    """Return an error in words a job's owner can read."""
    text = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
    return clean(text)[:MAX_MESSAGE]


def outcome(
    attempt: Attempt,
    state: str,
    word: str,
    *,
    result: Any = None,
    error: tuple[str, str] | None = None,
    failed: bool = False,
) -> Outcome:
    """Build the outcome of this very attempt."""
    return Outcome(
        id=attempt.row.id,
        attempt=attempt.row.attempt,
        state=state,
        outcome=word,
        result=result,
        error={"code": str(error[0]), "message": error[1]} if error else None,
        progress=attempt.reporter.latest,
        failed=failed,
    )


async def record(ended: Outcome, settle: Settle) -> bool:
    """Settle; a result that Postgres refuses becomes a failure instead of a stuck job."""
    try:
        with tracing.span("settle"):
            return await settle(ended)
    except asyncpg.DataError:
        message = {"code": "invalid_result", "message": "The result cannot be stored."}
        return await settle(
            replace(ended, state="failed", outcome="failed", result=None, error=message, told=False)
        )
