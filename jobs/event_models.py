"""The shapes of the events about jobs, batches and the inbox; ``events`` and its neighbours write them.

An event says what the thing is like after its latest change, enough to draw a row of a list. Told apart
by ``type``.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from typing_extensions import TypeAliasType

from jobs.models.state import State
from jobs.resource import JobFailure, Progress
from realtime.wire import Absent, Attributes, DurableEnvelope, Envelope, Wire

JobEventType = Literal[
    "job.waiting",
    "job.scheduled",
    "job.queued",
    "job.started",
    "job.retrying",
    "job.cancelling",
    "job.input_requested",
    "job.input_received",
    "job.input_expired",
    "job.succeeded",
    "job.failed",
    "job.cancelled",
    "job.expired",
]
Reason = Literal[
    "retry", "due", "after", "succeeded", "failed", "timeout", "cancelled", "released", "lost"
]


class Asked(Wire):
    """A request for input; its schema is to be read from the job."""

    number: int
    prompt: str = Field(description="At most 500 characters of it")
    until: datetime | Absent = Field(None, description="When it gives up, if it ever does")


class JobSummary(Wire):
    """What an event says of a job."""

    kind: str
    state: State
    attempt: int
    failures: int
    max_attempts: int
    priority: int
    tags: list[str]
    worker: str | None = Field(description="Who runs it; null unless it runs")
    run_at: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    progress: Progress | None
    result: Any
    error: JobFailure | None
    reason: Reason | Absent = Field(
        None, description="Why it came to this: how the attempt ended, or what queued it"
    )
    parent_id: UUID | Absent = Field(None, description="Whose child it is")
    awaiting: Asked | Absent = Field(None, description="The input it waits for")
    data_ref: str | Absent = Field(
        None, description="The event was too big: result and error are to be read here"
    )


class JobEvent(DurableEnvelope[JobSummary]):
    """A job changed. `seq` is its version; on the job's own channel that is the `offset` as well."""

    type: JobEventType
    attempt: int = Field(ge=0, description="0 before it was first started")


class ProgressData(Progress):
    """How far an attempt is."""

    attempt: int


class ProgressEvent(Envelope[ProgressData]):
    """A job came further; only the newest counts. Also told on its user's and org's channels."""

    type: Literal["job.progress"]
    attempt: int


class LogLine(Wire):
    """A line of a job's log; further fields are the processor's own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    time: datetime
    attempt: int
    line: int = Field(
        ge=1, description="Its number within the attempt; show each (attempt, line) once"
    )
    message: str


class LogEvent(Envelope[LogLine]):
    """A job said a line."""

    type: Literal["job.log"]
    attempt: int


class OutputPiece(Wire):
    """Some more text of an attempt."""

    attempt: int = Field(description="A newer attempt starts over: replace, don't append")
    position: int = Field(ge=1, description="Bytes of UTF-8 streamed, this piece included")
    text: str


class OutputEvent(Envelope[OutputPiece]):
    """A job streamed text."""

    type: Literal["job.output"]
    attempt: int


class Fraction(Wire):
    """How far a batch is. ``fraction`` runs from 0 to 1."""

    fraction: float


class BatchCounters(Wire):
    """How many jobs of a batch are in each state, and how far it is."""

    total: int
    counts: dict[State, int]
    progress: Fraction
    round: int = Field(description="Grows when a completed batch gets work again")
    revision: int = Field(description="Grows with every change: what has a lower one is older")
    completed_at: datetime | None


class BatchEvent(DurableEnvelope[BatchCounters]):
    """A batch was made, or all of its jobs are over. `seq` is its version."""

    type: Literal["batch.created", "batch.completed"]


class BatchProgressEvent(Envelope[BatchCounters]):
    """A batch came further; only the newest counts."""

    type: Literal["batch.progress"]


class NoticeData(Wire):
    """An entry of the inbox."""

    id: UUID
    name: str = Field(description="`job.<state>` for an ending, else what the processor called it")
    job_id: UUID | None
    data: Any
    created_at: datetime
    read_at: datetime | None
    data_ref: str | Absent = Field(
        None, description="The event was too big: data is to be read here"
    )


class InboxEvent(DurableEnvelope[NoticeData]):
    """An entry of your inbox was made (`seq` 1), or read on any of your devices (`seq` 2)."""

    type: Literal["inbox.created", "inbox.read"]


class NotificationEvent(DurableEnvelope[NoticeData]):
    """A processor has something to tell you; it is in your inbox as well."""

    type: str = Field(pattern=r"^notification\.")


class OthersInboxEvent(Attributes[None]):
    """Somebody's inbox changed. Org channels say no more: what is in it is theirs."""

    type: Literal["inbox.changed"]
    offset: int = Field(ge=1)
    epoch: str


AnyEvent = TypeAliasType(
    "AnyEvent",
    JobEvent
    | ProgressEvent
    | LogEvent
    | OutputEvent
    | BatchEvent
    | BatchProgressEvent
    | InboxEvent
    | NotificationEvent
    | OthersInboxEvent,
)
