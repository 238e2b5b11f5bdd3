"""What the API answers, as frozen objects.

Written by ``python -m service.python_models`` from the models of the server; do not edit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from service.client.document import Document

DeliveryState = Literal["pending", "delivered", "failed"]
"""Where a delivery is. Failed ones, and those a disabled webhook holds, wait for a replay."""
JobState = Literal[
    "waiting",
    "scheduled",
    "queued",
    "running",
    "retrying",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
]
"""Where a job is in its life. The last four are final until somebody retries it."""
FINAL: frozenset[JobState] = frozenset({"succeeded", "failed", "cancelled", "expired"})
"""The states that end a job, until somebody retries it."""


class Attempt(Document):
    """One go at a job."""

    __slots__ = ()

    attempt: int
    worker: str | None
    started_at: datetime
    ended_at: datetime | None
    outcome: Literal["succeeded", "failed", "timeout", "cancelled", "released", "lost"] | None
    """How it ended; empty while it runs."""
    error: JobFailure | None


class AuditEntryResource(Document):
    """One thing that somebody did."""

    __slots__ = ()

    id: str
    at: datetime
    action: str
    subject: str
    """`job:<id>`, `queue:default`, `key:<id>` and the like."""
    actor: str | None
    """Who did it; `operator` for one of another org, null where nobody was recognised."""
    org: str | None
    """Whose thing it was about; null for what is no org's."""
    via: str
    """`bearer`, `key:<id>`, `session:<id>`, `ticket`, `command`."""
    detail: dict[str, Any]
    request_id: str | None
    address: str | None


class Awaiting(Document):
    """A request for input. Hand it in by POST …/input, fitting ``schema``."""

    __slots__ = ()

    number: int
    prompt: str
    schema: dict[str, Any]
    until: datetime | None
    problem: str | None
    """Why the last answer did not fit."""
    errors: tuple[InputFault, ...]
    """The same, by place."""


class BatchJob(Document):
    """One job of a batch, in short."""

    __slots__ = ()

    id: str
    kind: str
    state: JobState


class BatchResource(Document):
    """A batch. ``counts`` says how many of its jobs are in each state; changes make ``revision`` grow."""

    __slots__ = ()

    id: str
    total: int
    counts: dict[str, int]
    progress: Progress
    open: bool
    round: int
    revision: int
    tags: tuple[str, ...]
    on_complete: Any
    created_at: datetime
    completed_at: datetime | None


class BulkResource(Document):
    """A bulk action that was taken on. ``matched`` counts the jobs it is about to go through."""

    __slots__ = ()

    id: str
    action: Literal["retry", "cancel", "delete"]
    matched: int


class DeliveryResource(Document):
    """One event on its way to one webhook. ``message`` is its `webhook-id`, the same for every try."""

    __slots__ = ()

    id: str
    message: str
    type: str
    subject_id: str | None
    """The job, batch or notification it tells of; the webhook itself for a test."""
    state: DeliveryState
    tries: int
    status: int | None
    """What the receiver answered to the last try."""
    problem: str | None
    """What went wrong with the last try."""
    next_try_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None


class InboxEntryResource(Document):
    """One notification. ``name`` is ``job.<state>`` for an ending, else what the processor called it."""

    __slots__ = ()

    id: str
    name: str
    job_id: str | None
    data: Any
    created_at: datetime
    read_at: datetime | None
    """Empty while it is unread."""
    acked_at: datetime | None
    """When a device first showed it."""
    handed_off: dict[str, str] | None
    """Where it went, as no device showed it in time: `webhook`, `email`, `sms`."""


class InputFault(Document):
    """What is wrong with an answer, and where (a JSON pointer, or the nearest that can be said)."""

    __slots__ = ()

    pointer: str
    detail: str


class JobFailure(Document):
    """Why a job, or one attempt at it, failed. ``code`` is stable, ``message`` is for people."""

    __slots__ = ()

    code: str
    message: str


class JobResource(Document):
    """A job. Times are RFC 3339 in UTC; ``version`` grows with every change."""

    __slots__ = ()

    id: str
    kind: str
    state: JobState
    args: Any
    result: Any
    error: JobFailure | None
    progress: Progress | None
    attempt: int
    """How often it was started, deploys and crashes included."""
    failures: int
    """How many attempts failed; limited by max_attempts."""
    max_attempts: int
    attempts: tuple[Attempt, ...]
    priority: int
    queue: str
    user: str
    org: str
    tags: tuple[str, ...]
    metadata: dict[str, Any]
    parent_id: str | None
    batch_id: str | None
    unique_key: str | None
    concurrency_key: str | None
    deduplicated: bool | None
    """Set when the unique key had a job before."""
    awaiting: Awaiting | None
    """The input a running job waits for."""
    run_at: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    cancel_requested_at: datetime | None
    worker: str | None
    version: int
    position: int | None
    """Place in the queue, from 1, while queued."""
    eta_seconds: float | None
    paused: bool | None
    """Set while its queue is paused by an operator."""
    links: Links


class KeyResource(Document):
    """An API key. The key itself is shown only when it is made."""

    __slots__ = ()

    id: str
    name: str
    scopes: tuple[str, ...]
    hint: str
    """How the key begins."""
    made_by: str | None
    """The key that made it, if one did."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""


class KeyWithSecret(Document):
    """An API key and, this once, its text."""

    __slots__ = ()

    id: str
    name: str
    scopes: tuple[str, ...]
    hint: str
    """How the key begins."""
    made_by: str | None
    """The key that made it, if one did."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """To the minute."""
    key: str
    """`jc_…`, a Bearer token. It is not shown again."""


class KindResource(Document):
    """One kind of job. ``args`` and ``result`` are JSON Schemas (draft 2020-12)."""

    __slots__ = ()

    kind: str
    description: str
    args: dict[str, Any]
    result: dict[str, Any]
    timeout_seconds: float
    concurrency: int | None
    rate: str | None
    notify: bool
    """Whether endings go to the inbox when a job does not say."""
    cron: str | None
    """When jobs of the kind are made by themselves, in UTC."""
    retry: RetryPolicy


class KindState(Document):
    """How many jobs of a kind are in a state, and how long the last attempts took."""

    __slots__ = ()

    kind: str
    state: str
    jobs: int
    average_seconds: float | None
    p95_seconds: float | None


class Links(Document):
    """Where to go from here."""

    __slots__ = ()

    self: str
    events: str
    cancel: str
    retry: str


class PreviewedTick(Document):
    """One tick to come."""

    __slots__ = ()

    utc: datetime
    local: datetime
    """What the clock on the wall will show, with its offset."""
    offset: str
    """The zone's distance from UTC at that time, like +05:45."""
    note: str | None
    """What a clock change does to this tick."""


class Progress(Document):
    """How far a job is. ``fraction`` runs from 0 to 1."""

    __slots__ = ()

    fraction: float
    message: str


class QueueResource(Document):
    """One queue. ``held`` are those of ``queued`` that a limit keeps back."""

    __slots__ = ()

    name: str
    queued: int
    held: int
    running: int
    oldest_seconds: float
    lag_seconds: float
    """How long the oldest job that may start has waited."""
    estimated: bool
    """More wait than are counted: the shares hold the first of them."""
    paused_at: datetime | None
    paused_by: str | None
    shares: tuple[QueueShare, ...]


class QueueShare(Document):
    """What waits and runs of one kind and org."""

    __slots__ = ()

    org: str
    kind: str
    queued: int
    held: int
    running: int
    oldest_seconds: float


class QueuesResource(Document):
    """All queues, how many jobs per second the workers could do, and for operators the signals."""

    __slots__ = ()

    data: tuple[QueueResource, ...]
    jobs_per_second: float | None
    signals: SignalsResource | None


class ReadResult(Document):
    """How many notifications became read by this call, and how many are still unread."""

    __slots__ = ()

    read: int
    unread: int


class RetryPolicy(Document):
    """How failures are met: about how long each further attempt waits; the real wait is spread."""

    __slots__ = ()

    max_attempts: int
    waits_seconds: tuple[float, ...]


class ScheduleLinks(Document):
    """Where to go from here."""

    __slots__ = ()

    self: str
    run: str
    preview: str


class SchedulePreview(Document):
    """The next ticks, jitter aside; those of a paused schedule as if it went on now."""

    __slots__ = ()

    timezone: str
    data: tuple[PreviewedTick, ...]


class ScheduleResource(Document):
    """A schedule. What PUT takes, and how it has gone. Times are RFC 3339 in UTC, durations seconds."""

    __slots__ = ()

    key: str
    kind: str
    args: Any
    cron: str | None
    every: float | None
    at: datetime | None
    timezone: str
    missed: Literal["skip", "one", "all"]
    overlap: Literal["allow", "skip", "cancel_old"]
    jitter: float
    paused: bool
    options: dict[str, Any]
    id: str
    """The schedule_id of its jobs."""
    next_at: datetime | None
    """The next tick, jitter aside; none while paused."""
    last_at: datetime | None
    """The last tick that was dealt with."""
    last_job_id: str | None
    last_problem: str | None
    """Why the last tick made no job, or too few."""
    runs: int
    """How many jobs its ticks have made."""
    created_at: datetime
    updated_at: datetime
    version: int
    """Grows with every change its owner makes."""
    links: ScheduleLinks


class SessionResource(Document):
    """Who is signed in."""

    __slots__ = ()

    user: str
    org: str
    scopes: tuple[str, ...]


class SignalsResource(Document):
    """What an autoscaler goes by, over all queues. Read at most every two seconds."""

    __slots__ = ()

    workers: int
    """Live workers."""
    wanted_workers: int
    """Workers that would work off what is ready within BACKLOG_SECONDS; at least 1."""
    slots: int
    """Attempts that the live workers can run at once."""
    busy: int
    """Slots that are taken."""
    utilisation: float
    """Share of the slots that is taken, 0 to 1."""
    ready: int
    """Jobs that could start now: neither held nor in a paused queue."""
    lag_seconds: float
    """How long the oldest of them has waited."""
    drain_seconds: float | None
    """How long the live workers need for them; null while nobody can know."""
    ended_per_second: float
    """Attempts that end, per second."""


class StatsResource(Document):
    """Figures of the jobs created in the last day."""

    __slots__ = ()

    kinds: tuple[KindState, ...]
    throughput: tuple[Throughput, ...]


class Throughput(Document):
    """How many jobs finished in the five minutes from ``time`` on."""

    __slots__ = ()

    time: datetime
    succeeded: int
    others: int


class TicketResource(Document):
    """A pass for one connection."""

    __slots__ = ()

    ticket: str
    expires_in: int
    ws_url: str
    sse_url: str


class UploadResource(Document):
    """A file waiting for a job. It is gone after ``expires_at``."""

    __slots__ = ()

    id: str
    name: str
    size: int
    media_type: str
    sha256: str
    expires_at: datetime


class WebhookResource(Document):
    """Where events are sent. Its secret is shown only when it is made and when it is rotated."""

    __slots__ = ()

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    """Empty on a job's webhook: final states only."""
    for_job: bool
    """Made by a job that named this url."""
    whole_org: bool
    """Whether it hears of the whole org's jobs."""
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    """First failure since the last success."""
    old_secret_until: datetime | None
    """Until then two secrets sign."""
    created_at: datetime


class WebhookWithSecret(Document):
    """A webhook and, this once, its secret."""

    __slots__ = ()

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    """Empty on a job's webhook: final states only."""
    for_job: bool
    """Made by a job that named this url."""
    whole_org: bool
    """Whether it hears of the whole org's jobs."""
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    """First failure since the last success."""
    old_secret_until: datetime | None
    """Until then two secrets sign."""
    created_at: datetime
    secret: str
    """`whsec_…`; verifies every delivery. It is not shown again."""
