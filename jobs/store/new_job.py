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
    trail: str | None = None

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
    _, state, score, run_at, created_at, expires_at, held_by, change_seq, history = decided
    return JobRow(
        id=job.id, org_id=job.org_id, user_id=job.user_id, kind=job.kind, queue=job.queue,
        state=state, priority=job.priority, score=score, args=job.args, result=None, error=None,
        progress=None, attempt=0, failures=0, crashes=0, max_attempts=job.max_attempts,
        timeout_seconds=job.timeout_seconds, parent_id=job.parent_id, batch_id=job.batch_id,
        schedule_id=job.schedule_id, unique_key=job.unique_key, concurrency_key=job.concurrency_key,
        notify=job.notify, followed=False, held_by=held_by, slots=[], awaiting=None,
        tags=list(job.tags), metadata=job.metadata, run_at=run_at, created_at=created_at,
        started_at=None, finished_at=None, expires_at=expires_at, cancel_requested_at=None,
        version=1, change_seq=change_seq, worker_name=None, history=history, trail=job.trail,
    )  # fmt: skip


def asked(job: NewJob) -> dict[str, Any]:
    """Return the job as one record of ``accept.ASKED``, as values of JSON."""
    keyed = job.idempotency_key is not None
    return {
        "id": str(job.id), "org_id": job.org_id, "user_id": job.user_id, "kind": job.kind,
        "args": job.args, "max_attempts": job.max_attempts, "timeout": job.timeout_seconds,
        "priority": job.priority, "queue": job.queue, "at": job.run_at, "delay": job.delay_seconds,
        "expires": job.expires_seconds, "tags": job.tags, "metadata": job.metadata,
        "limits": job.limits or None, "parent_id": text(job.parent_id),
        "batch_id": text(job.batch_id), "schedule_id": text(job.schedule_id),
        "webhook_id": text(job.webhook_id), "unique_key": job.unique_key,
        "concurrency_key": job.concurrency_key, "notify": job.notify,
        "after_policy": job.after_policy, "key": job.idempotency_key,
        "fingerprint": f"\\x{job.fingerprint.hex()}" if keyed else None, "trail": job.trail,
    }  # fmt: skip


def text(ident: UUID | None) -> str | None:
    """Return an id as JSON holds it, Postgres' own kind of UUID too."""
    return None if ident is None else str(ident)
