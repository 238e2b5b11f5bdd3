"""The ids that lead from a request to the jobs it made, their attempts and events: in logs, traces, audits.

One context variable holds them all, for a line of the log is written for each request and each attempt:
what structlog keeps one variable each would have to be looked for among everybody's. Who works for many
callers at once, such as a shared flush, does so in a context of its own, without any.

``traceparent`` is W3C Trace Context's, level 2. It is handed on whether or not spans are recorded.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
TRACE_ID = slice(3, 35)
SPAN_ID = slice(36, 52)
TOLD = re.compile(r'"traceparent":"([0-9a-f-]{55})"')
NEWEST = "00"
UNKNOWN_VERSION = "ff"


class Row(Protocol):
    """What a job's row says of where it comes from."""

    id: UUID
    attempt: int
    trail: str | None


@dataclass(slots=True)
class Trail:
    """What is known of where we are; "" and 0 for what is not. ``address`` is the caller's."""

    request_id: str = ""
    traceparent: str = ""
    job_id: str = ""
    attempt: int = 0
    address: str = ""

    @classmethod
    def of(cls, row: Row) -> "Trail":
        """Return the trail of an attempt that begins: the one of its job's submission, and its own."""
        request_id, _, traceparent = (row.trail or "").partition(" ")
        return cls(request_id, traceparent, str(row.id), row.attempt)

    @property
    def kept(self) -> str | None:
        """Return what is kept with a job that is made here; ``of`` reads it."""
        if self.traceparent:
            return f"{self.request_id} {self.traceparent}"
        return self.request_id or None

    @property
    def fields(self) -> dict[str, Any]:
        """Return what a line of the log says."""
        told: dict[str, Any] = {}
        if self.request_id:
            told["request_id"] = self.request_id
        if self.traceparent:
            told["trace_id"] = self.traceparent[TRACE_ID]
            told["span_id"] = self.traceparent[SPAN_ID]
        if self.job_id:
            told["job_id"] = self.job_id
        if self.attempt:
            told["attempt"] = self.attempt
        return told


CURRENT: ContextVar[Trail | None] = ContextVar("trail", default=None)


def kept() -> str | None:
    """Return what goes with a job that is made now."""
    trail = CURRENT.get()
    return None if trail is None else trail.kept


def name_job(job_id: UUID) -> None:
    """Let the request's lines name the job it made."""
    trail = CURRENT.get()
    if trail is not None and not trail.job_id:
        trail.job_id = str(job_id)


def sane(traceparent: str | None) -> str:
    """Return a traceparent as it was given, without what a newer version adds; "" for anything else."""
    match = TRACEPARENT.fullmatch(traceparent or "")
    if match is None:
        return ""
    version, trace, span, flags, more = match.groups()
    wrong = version == UNKNOWN_VERSION or (more and version == NEWEST)
    if wrong or not trace.strip("0") or not span.strip("0"):
        return ""
    return f"{NEWEST}-{trace}-{span}-{flags}"


def traceparent_of(kept: str | None) -> str:
    """Return the traceparent in what is kept with a job, "" without one."""
    return kept.partition(" ")[2] if kept else ""


def traceparent_in(event: str) -> str:
    """Return the traceparent of an event as it is told: an attribute before all data. "" without one."""
    match = TOLD.search(event)
    return match[1] if match else ""
