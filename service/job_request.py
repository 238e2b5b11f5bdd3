"""What may be asked for when a job is submitted, alone or in a batch."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from jobs.acceptance import Submission
from service.job_options import LONGEST_DELAY, Duration, JobOptions, Key, Word
from service.written import Instant

MOST_AFTER = 100


class JobRequest(JobOptions):
    """A job to be done. ``args`` are the kind's own, see GET /api/kinds."""

    kind: Word
    args: dict[str, Any] = Field(default_factory=dict)
    run_at: Instant | None = Field(None, description="Not before this time, within a year")
    delay: Duration | None = Field(None, description="Seconds, or an ISO 8601 duration")
    unique_key: Key | None = Field(
        None, description="While a job of this kind and key is not finished, it is the answer"
    )
    after: list[UUID] = Field(
        default_factory=list, max_length=MOST_AFTER, description="Jobs that must be over first"
    )
    after_policy: Literal["fail", "cancel", "run"] = Field(
        "fail", description="What becomes of this job when one of `after` does not succeed"
    )
    webhook: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(
        None, description="Where to POST the final event"
    )

    @model_validator(mode="after")
    def check_times(self) -> Self:
        """Refuse times that contradict each other or lie out of reach."""
        if self.run_at is not None and self.delay is not None:
            raise ValueError("give run_at or delay, not both")
        if self.run_at is not None and self.run_at > datetime.now(UTC) + LONGEST_DELAY:
            raise ValueError("run_at must be within a year")
        if self.delay is not None and not timedelta(0) <= self.delay <= LONGEST_DELAY:
            raise ValueError("delay must be between 0 and a year")
        return self

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
