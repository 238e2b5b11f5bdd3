"""A job on its way in, as the arrays a statement unnests, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from jobs.store.row import JobRow


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be accepted. ``delay_seconds`` and ``expires_seconds`` count from the database's now.

    ``limits`` are the keys of limits it will need to start; ``waits`` says that it starts after others.
    """

    id: UUID
    org_id: str
    user_id: str
    kind: str
    args: Any
    max_attempts: int
    timeout_seconds: float
    priority: int = 0
    run_at: datetime | None = None
    delay_seconds: float | None = None
    tags: Sequence[str] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    queue: str = "default"
    parent_id: UUID | None = None
    batch_id: UUID | None = None
    schedule_id: UUID | None = None
    webhook_id: UUID | None = None
    unique_key: str | None = None
    concurrency_key: str | None = None
    expires_seconds: float | None = None
    notify: bool = False
    after_policy: str | None = None
    limits: Sequence[str] = ()
    idempotency_key: str | None = None
    fingerprint: bytes = b""

    @property
    def waits(self) -> bool:
        """Return whether it starts only after other jobs."""
        return self.after_policy is not None


class How(StrEnum):
    """What became of a submission."""

    NEW = "new"
    REPLAYED = "replayed"
    DEDUPLICATED = "deduplicated"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission's job, and whether it is a new one."""

    row: JobRow
    how: How = How.NEW


def columns(jobs: Sequence[NewJob]) -> tuple[list[Any], ...]:
    """Return the jobs as the arrays ASKED unnests."""
    return (
        [j.id for j in jobs],
        [j.org_id for j in jobs],
        [j.user_id for j in jobs],
        [j.kind for j in jobs],
        [j.args for j in jobs],
        [j.max_attempts for j in jobs],
        [j.timeout_seconds for j in jobs],
        [j.priority for j in jobs],
        [j.run_at for j in jobs],
        [j.delay_seconds for j in jobs],
        [more(j) for j in jobs],
        [j.queue for j in jobs],
        [j.parent_id for j in jobs],
        [j.batch_id for j in jobs],
        [j.schedule_id for j in jobs],
        [j.webhook_id for j in jobs],
        [j.unique_key for j in jobs],
        [j.concurrency_key for j in jobs],
        [j.expires_seconds for j in jobs],
        [j.notify for j in jobs],
        [j.after_policy for j in jobs],
    )


def more(job: NewJob) -> dict[str, Any]:
    """Return what is no plain value: a bare list would become a second dimension of the array."""
    limits = {"limits": list(job.limits)} if job.limits else {}
    return {"tags": list(job.tags), "metadata": job.metadata, **limits}


def key_columns(jobs: Sequence[NewJob]) -> tuple[list[Any], ...]:
    """Return the idempotency keys and fingerprints as arrays."""
    return [j.idempotency_key for j in jobs], [j.fingerprint for j in jobs]
