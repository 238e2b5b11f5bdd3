"""A job as it comes out of the database."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from jobs.models.state import State
from jobs.store.plain_life import plain_change, plain_life
from realtime.caller import Caller


@dataclass(slots=True)
class JobRow:
    """One job's row. Field order is column order: a record turns into a row without a lookup.

    Never changed; not frozen only because that would triple the cost of making one.
    """

    id: UUID
    org_id: str
    user_id: str
    kind: str
    queue: str
    state: str
    priority: int
    score: float
    args: Any
    result: Any
    error: Any
    progress: Any
    attempt: int
    failures: int
    crashes: int
    max_attempts: int
    timeout_seconds: float
    parent_id: UUID | None
    batch_id: UUID | None
    schedule_id: UUID | None
    unique_key: str | None
    concurrency_key: str | None
    notify: bool
    followed: bool
    held_by: str | None
    slots: list[str]
    awaiting: dict[str, Any] | None
    tags: list[str]
    metadata: dict[str, Any]
    run_at: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    cancel_requested_at: datetime | None
    version: int
    change_seq: int
    worker_name: str | None
    history: list[dict[str, Any]]
    trail: str | None

    @property
    def final(self) -> bool:
        """Return whether nothing more happens to the job by itself."""
        return State(self.state).final

    @property
    def story(self) -> list[dict[str, Any]]:
        """Return the entry of every change, oldest first; ``history`` leaves out a plain life."""
        return self.history or plain_life(
            self.version, self.created_at, self.started_at, self.finished_at, self.worker_name
        )

    @property
    def last(self) -> dict[str, Any]:
        """Return the entry of the change that made this version."""
        if self.history:
            return self.history[-1]
        at = self.finished_at or self.started_at or self.created_at
        return plain_change(self.version, at, self.worker_name)


NAMES = [field.name for field in fields(JobRow)]
COLUMNS = ", ".join(f"j.{name}" for name in NAMES)
WITHOUT_ARGS = COLUMNS.replace("j.args", "NULL::jsonb AS args")
NO_JOB = ", ".join(f"(NULL::jobs).{name}" for name in NAMES)


def rows(records: Iterable[asyncpg.Record]) -> list[JobRow]:
    """Return records selected by COLUMNS as rows."""
    return [JobRow(*record) for record in records]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose jobs may be seen or touched: None stands for everybody's."""

    org: str | None
    user: str | None

    @classmethod
    def reading(cls, caller: Caller) -> "Owner":
        """Return what ``caller`` may see: their own jobs, the org's, or all."""
        if caller.may("admin"):
            return cls(None, None)
        return cls(caller.org, None if caller.may("org:read") else caller.user)

    @classmethod
    def writing(cls, caller: Caller) -> "Owner":
        """Return what ``caller`` may change: their own jobs, or all."""
        return cls(None, None) if caller.may("admin") else cls(caller.org, caller.user)


ANYBODY = Owner(None, None)
