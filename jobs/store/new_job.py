"""A job on its way in, as the arrays a statement unnests, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from jobs.store.row import JobRow


@dataclass(slots=True)
class NewJob:
    """A job to be accepted. ``delay_seconds`` and ``expires_seconds`` count from the database's now.

    ``limits`` are the keys of limits it will need to start; ``waits`` says that it starts after others.
    Not frozen only because that would double the cost of making one.
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


def as_row(job: NewJob, decided: asyncpg.Record) -> JobRow:
    """Return the row that was made of ``job``: as asked for, but for what the database ``decided``.

    ``decided`` has the columns of ``accept.DECIDED``; a new job's others have one value only.
    """
    _, state, score, run_at, created_at, expires_at, held_by, change_seq, kind, time = decided
    return JobRow(
        id=job.id, org_id=job.org_id, user_id=job.user_id, kind=job.kind, queue=job.queue,
        state=state, priority=job.priority, score=score, args=job.args, result=None, error=None,
        progress=None, attempt=0, failures=0, crashes=0, max_attempts=job.max_attempts,
        timeout_seconds=job.timeout_seconds, parent_id=job.parent_id, batch_id=job.batch_id,
        schedule_id=job.schedule_id, unique_key=job.unique_key, concurrency_key=job.concurrency_key,
        notify=job.notify, followed=False, held_by=held_by, slots=[], awaiting=None,
        tags=list(job.tags), metadata=job.metadata, run_at=run_at, created_at=created_at,
        started_at=None, finished_at=None, expires_at=expires_at, cancel_requested_at=None,
        version=1, change_seq=change_seq,
        history=[{"seq": 1, "type": kind, "time": time, "attempt": 0}],
    )  # fmt: skip


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
