"""How a job looks from outside: the one model behind HTTP answers, events and snapshots."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jobs.models.state import State


class Resource(BaseModel):
    """A frozen answer. All its fields are always there, so documents call them required."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class Progress(Resource):
    """How far a job is. ``fraction`` runs from 0 to 1."""

    fraction: float
    message: str = ""


class JobFailure(Resource):
    """Why a job, or one attempt at it, failed. ``code`` is stable, ``message`` is for people."""

    code: str
    message: str


class Attempt(Resource):
    """One go at a job."""

    attempt: int
    worker: str | None = None
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Literal["succeeded", "failed", "timeout", "cancelled", "released", "lost"] | None = (
        Field(None, description="How it ended; empty while it runs")
    )
    error: JobFailure | None = None


class InputFault(Resource):
    """What is wrong with an answer, and where (a JSON pointer, or the nearest that can be said)."""

    pointer: str
    detail: str


class Awaiting(Resource):
    """A request for input. Hand it in by POST …/input, fitting ``schema``."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    number: int
    prompt: str = ""
    schema_: dict[str, Any] = Field(alias="schema")
    until: datetime | None = None
    problem: str | None = Field(None, description="Why the last answer did not fit")
    errors: list[InputFault] = Field([], description="The same, by place")


class Links(Resource):
    """Where to go from here."""

    self: str
    events: str
    cancel: str
    retry: str


class JobResource(Resource):
    """A job. Times are RFC 3339 in UTC; ``version`` grows with every change."""

    id: UUID
    kind: str
    state: State
    args: Any
    result: Any = None
    error: JobFailure | None = None
    progress: Progress | None = None
    attempt: int = Field(description="How often it was started, deploys and crashes included")
    failures: int = Field(description="How many attempts failed; limited by max_attempts")
    max_attempts: int
    attempts: list[Attempt] = Field(default_factory=list)
    priority: int
    queue: str
    user: str
    org: str
    tags: list[str]
    metadata: dict[str, Any]
    parent_id: UUID | None = None
    batch_id: UUID | None = None
    unique_key: str | None = None
    concurrency_key: str | None = None
    deduplicated: bool | None = Field(None, description="Set when the unique key had a job before")
    awaiting: Awaiting | None = Field(None, description="The input a running job waits for")
    run_at: datetime
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    worker: str | None = None
    version: int
    position: int | None = Field(None, description="Place in the queue, from 1, while queued")
    eta_seconds: float | None = None
    paused: bool | None = Field(None, description="Set while its queue is paused by an operator")
    links: Links
