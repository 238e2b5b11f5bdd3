"""What may be asked for when a job is submitted, alone or in a batch."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import orjson
from pydantic import (
    AwareDatetime,
    Field,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from jobs.acceptance import Submission
from service.bodies import Body

LONGEST_DELAY = timedelta(days=366)
LONGEST_TIMEOUT = timedelta(hours=24)
MOST_METADATA = 50
MOST_AFTER = 100
LARGEST_METADATA = 16 * 1024
Word = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=255)]
DURATION = {"anyOf": [{"type": "number"}, {"type": "string", "format": "duration"}]}
Duration = Annotated[timedelta, WithJsonSchema(DURATION)]


class JobRequest(Body):
    """A job to be done. ``args`` are the kind's own, see GET /api/kinds."""

    kind: Word
    args: dict[str, Any] = Field(default_factory=dict)
    priority: StrictInt = Field(0, ge=-100, le=100, description="A head start in seconds")
    run_at: AwareDatetime | None = Field(None, description="Not before this time, within a year")
    delay: Duration | None = Field(None, description="Seconds, or an ISO 8601 duration")
    expires_in: Duration | None = Field(None, description="Expires unless started by then")
    max_attempts: StrictInt | None = Field(None, ge=1, le=20)
    timeout: Duration | None = Field(None, description="For one attempt; at most a day")
    unique_key: Key | None = Field(
        None, description="While a job of this kind and key is not finished, it is the answer"
    )
    concurrency_key: Key | None = Field(
        None, description="Jobs of the org with the same key run one at a time"
    )
    after: list[UUID] = Field(
        default_factory=list, max_length=MOST_AFTER, description="Jobs that must be over first"
    )
    after_policy: Literal["fail", "cancel", "run"] = Field(
        "fail", description="What becomes of this job when one of `after` does not succeed"
    )
    notify: StrictBool = Field(False, description="Make an inbox entry when it is over")
    webhook: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        None, description="Where to POST the final event"
    )
    tags: list[Word] = Field(default_factory=list, max_length=20)
    metadata: dict[Word, Any] = Field(default_factory=dict, max_length=MOST_METADATA)

    @model_validator(mode="after")
    def check_times(self) -> Self:
        """Refuse times that contradict each other or lie out of reach."""
        if self.run_at is not None and self.delay is not None:
            raise ValueError("give run_at or delay, not both")
        if self.run_at is not None and self.run_at > datetime.now(UTC) + LONGEST_DELAY:
            raise ValueError("run_at must be within a year")
        if self.delay is not None and not timedelta(0) <= self.delay <= LONGEST_DELAY:
            raise ValueError("delay must be between 0 and a year")
        if self.expires_in is not None and not timedelta(0) < self.expires_in <= LONGEST_DELAY:
            raise ValueError("expires_in must be more than 0 and at most a year")
        if self.timeout is not None and not timedelta(0) < self.timeout <= LONGEST_TIMEOUT:
            raise ValueError("timeout must be more than 0 and at most a day")
        return self

    @field_validator("metadata")
    @classmethod
    def check_size(cls, metadata: dict[str, Any]) -> dict[str, Any]:
        """Refuse more metadata than a list of jobs should carry along."""
        if len(orjson.dumps(metadata)) > LARGEST_METADATA:
            raise ValueError(f"metadata may be at most {LARGEST_METADATA} bytes of JSON")
        return metadata

    def submission(
        self, key: str | None = None, fingerprint: bytes = b"", webhook_id: UUID | None = None
    ) -> Submission:
        """Return what the queue takes."""
        return Submission(
            kind=self.kind,
            args=self.args,
            priority=self.priority,
            run_at=self.run_at,
            delay_seconds=seconds(self.delay),
            expires_seconds=seconds(self.expires_in),
            max_attempts=self.max_attempts,
            timeout_seconds=seconds(self.timeout),
            unique_key=self.unique_key,
            concurrency_key=self.concurrency_key,
            after=tuple(dict.fromkeys(self.after)),
            after_policy=self.after_policy,
            notify=self.notify,
            webhook_id=webhook_id,
            tags=self.tags,
            metadata=self.metadata,
            idempotency_key=key,
            fingerprint=fingerprint,
        )


def seconds(duration: timedelta | None) -> float | None:
    """Return a duration in seconds."""
    return duration.total_seconds() if duration is not None else None
