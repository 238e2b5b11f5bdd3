"""Spans from a request to its jobs' attempts and events, recorded where OTEL_EXPORTER_OTLP_ENDPOINT is set.

Elsewhere the library is not even loaded and each function here is one look at ``RECORDER``. How a span
finds its parent is told in ``trail``: by the traceparent that goes with a request, a job, an event.
Spans hold kinds, ids, hosts and figures; never args, results, queries or the text of an error.
"""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self
from uuid import UUID

from jobs.settings import JobsSettings
from jobs.trail import CURRENT, Trail, traceparent_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from jobs.otel import Recorder

RECORDER: "Recorder | None" = None
SERVER_ERROR = 500

Kind = Literal["internal", "server", "client", "producer", "consumer"]


def start(settings: JobsSettings, service: str) -> None:
    """Record from now on, if the settings say where to. ``service`` is "web" or "worker"."""
    global RECORDER  # noqa: PLW0603 - one process, one recorder
    if settings.otel_exporter_otlp_endpoint:
        from jobs.otel import Recorder  # noqa: PLC0415 - 8 MB that most go without

        RECORDER = Recorder(settings.otel_exporter_otlp_endpoint, service, settings.version)


def stop() -> None:
    """Send what is left, and record no more. Takes some seconds at most."""
    global RECORDER  # noqa: PLW0603 - one process, one recorder
    if RECORDER is not None:
        RECORDER.stop()
        RECORDER = None


class Job(Protocol):
    """What is told of a job, one on its way in or a row."""

    trail: str | None

    @property
    def id(self) -> UUID:
        """Return its id."""

    @property
    def kind(self) -> str:
        """Return its kind."""

    @property
    def queue(self) -> str:
        """Return its queue."""


class Row(Job, Protocol):
    """What is told of one that is in the record."""

    attempt: int
    created_at: datetime
    run_at: datetime
    started_at: datetime | None

    @property
    def last(self) -> Mapping[str, Any]:
        """Return its latest change."""


class Unrecorded:
    """The span there is while nothing is recorded."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def say(self, **attributes: Any) -> None:
        """Say nothing."""

    def ended(self, outcome: str, error: Mapping[str, str] | None) -> None:
        """Say nothing of how an attempt ended."""

    def answered(self, status: int) -> None:
        """Say nothing of an answer."""

    def served(self, route: str, status: int, request_id: str) -> None:
        """Say nothing of a request."""


class Recorded(Unrecorded):
    """A span that is open; within its block the trail leads here. An exception is told by its type."""

    def __init__(self, span: "Span", trail: Trail, method: str = "") -> None:
        self._span = span
        self._method = method
        self._trail = trail
        self._before = trail.traceparent

    def __enter__(self) -> Self:
        if RECORDER is not None:
            self._trail.traceparent = RECORDER.traceparent(self._span)
        return self

    def __exit__(self, *raised: object) -> None:
        if isinstance(raised[0], type):
            self.say(error=raised[0].__name__)
        self._trail.traceparent = self._before
        self._span.end()

    def say(self, **attributes: Any) -> None:
        """Add attributes; ``__`` stands for a dot, and ``error`` marks the span as failed."""
        if RECORDER is not None:
            RECORDER.say(self._span, attributes)

    def ended(self, outcome: str, error: Mapping[str, str] | None) -> None:
        """Say how an attempt ended, and by which code if it failed."""
        self.say(jobcast__outcome=outcome, **({"error": error["code"]} if error else {}))

    def answered(self, status: int) -> None:
        """Say with which status somebody answered."""
        failed = {"error": str(status)} if status >= SERVER_ERROR else {}
        self.say(http__response__status_code=status, **failed)

    def served(self, route: str, status: int, request_id: str) -> None:
        """Say what a request came to, and name the span by its route."""
        self.answered(status)
        self.say(name=f"{self._method} {route}", http__route=route, jobcast__request_id=request_id)


UNRECORDED = Unrecorded()


def span(name: str, kind: Kind = "internal", **attributes: Any) -> Unrecorded:
    """Return a span below where we are."""
    if RECORDER is None:
        return UNRECORDED
    trail = CURRENT.get() or Trail()
    return Recorded(RECORDER.begin(name, kind, trail.traceparent, attributes), trail)


def request(trail: Trail, method: str) -> Unrecorded:
    """Return the span of a request, below the caller's if it brought one; it is named when it is over."""
    if RECORDER is None:
        return UNRECORDED
    told = {"http.request.method": method}
    return Recorded(RECORDER.begin(method, "server", trail.traceparent, told), trail, method)


def submission(job: Job) -> Unrecorded:
    """Return the span of a job's submission, until it is committed: what follows of the job is below it."""
    if RECORDER is None:
        return UNRECORDED
    trail = CURRENT.get() or Trail()
    opened = RECORDER.begin(f"submit {job.kind}", "producer", trail.traceparent, of_job(job))
    below = Trail(trail.request_id, RECORDER.traceparent(opened))
    job.trail = below.kept
    return Recorded(opened, below)


def attempt(row: Row, trail: Trail) -> Unrecorded:
    """Return the span of an attempt, and record how long the job has waited for it."""
    if RECORDER is None:
        return UNRECORDED
    due = max(row.created_at, row.run_at)
    told = of_job(row) | {"jobcast.attempt": row.attempt}
    if row.started_at is not None and row.started_at > due:
        RECORDER.past(
            "wait in queue",
            trail.traceparent,
            (nanoseconds(due), nanoseconds(row.started_at)),
            told,
        )
    name = f"attempt {row.kind}"
    return Recorded(RECORDER.begin(name, "consumer", trail.traceparent, told), trail)


def published(rows: Iterable[Row], seconds: float) -> None:
    """Record that events about jobs went out, which took so long from their commit."""
    if RECORDER is None:
        return
    now = time.time_ns()
    took = (now - int(seconds * 1e9), now)
    for row in rows:
        if parent := traceparent_of(row.trail):
            RECORDER.past(f"publish {row.last['type']}", parent, took, of_job(row))


def call(method: str, host: str, port: int) -> Unrecorded:
    """Return the span of a request to somebody else's server, till its answer begins."""
    if RECORDER is None:
        return UNRECORDED
    told = {"http__request__method": method, "server__address": host, "server__port": port}
    return span(f"{method} {host}", "client", **told)


def carried() -> dict[str, str]:
    """Return the header that hands our place on to another server; none where there is no trace."""
    trail = CURRENT.get()
    return {"traceparent": trail.traceparent} if trail is not None and trail.traceparent else {}


def of_job(job: Job) -> dict[str, Any]:
    """Return what every span about a job says of it."""
    return {
        "messaging.system": "jobcast",
        "jobcast.job.id": str(job.id),
        "jobcast.job.kind": job.kind,
        "jobcast.queue": job.queue,
    }


def nanoseconds(at: datetime) -> int:
    """Return a time as OpenTelemetry counts it."""
    return int(at.timestamp() * 1e9)
