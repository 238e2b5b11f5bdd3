"""The record in memory: each change is the twin of one statement of ``jobs.store``.

What a job becomes is decided here only where the database decides it; all else comes in as the
executor's Outcome. Each change makes the product's own event from the row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from jobs.events import EventWriter
from jobs.inbox_events import InboxEvents, notice_of
from jobs.store import InboxRow, JobRow, NewJob, Outcome
from jobs.store.leases import POISON
from jobs.store.row import NAMES
from jobs.testing.clock import Clock

WORKER = "bench"
EPOCH = "bench"
LATE = {
    "code": "dependency_failed",
    "message": "A job that it was to run after did not succeed.",
}


@dataclass(frozen=True, slots=True)
class Event:
    """A durable event as its user's channel tells it; ``body`` is the whole envelope."""

    type: str
    job_id: UUID | None
    body: Mapping[str, Any]

    @property
    def data(self) -> Mapping[str, Any]:
        """Return what the event says of the job."""
        return dict(self.body["data"])


class Record:
    """All jobs of one bench; ``changed`` is called after each change."""

    def __init__(self, clock: Clock, max_event_bytes: int, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._writer = EventWriter(EPOCH, max_event_bytes)
        self._inbox = InboxEvents(self._writer, max_event_bytes)
        self._changed = changed
        self.rows: dict[UUID, JobRow] = {}
        self.events: list[Event] = []

    def accept(self, new: NewJob) -> JobRow:
        """Take a job in; one that waits for others is let go by ``resolve``."""
        now = self._clock.now
        due = new.run_at or now + timedelta(seconds=new.delay_seconds or 0.0)
        state = "waiting" if new.waits else "scheduled" if due > now else "queued"
        self.rows[new.id] = fresh(new, now, due)
        return self._change(new.id, f"job.{state}", state=state)

    def start(self, job_id: UUID) -> JobRow:
        """Begin the next attempt of a queued job."""
        return self._change(
            job_id,
            "job.started",
            {"worker": WORKER},
            state="running",
            attempt=self.rows[job_id].attempt + 1,
            started_at=self._clock.now,
            worker_name=WORKER,
        )

    def settle(self, ended: Outcome) -> JobRow | None:
        """Record how an attempt ended; None when it no longer owned the job."""
        row = self.rows[ended.id]
        if row.state != "running" or row.attempt != ended.attempt:
            return None
        again = ended.state in {"retrying", "queued"}
        state = "cancelled" if again and row.cancel_requested_at else ended.state
        now = self._clock.now
        wait = timedelta(seconds=ended.delay_seconds)
        return self._change(
            row.id,
            f"job.{state}",
            there(outcome=ended.outcome, error=ended.error),
            state=state,
            result=through_json(ended.result),
            error=ended.error,
            awaiting=None,
            progress=ended.progress or row.progress,
            failures=row.failures + ended.failed,
            notify=row.notify and not ended.told,
            run_at=now + wait if state == "retrying" else row.run_at,
            finished_at=None if state in {"retrying", "queued"} else now,
        )

    def promote(self, job_id: UUID) -> JobRow:
        """Queue a job whose time has come."""
        return self._change(job_id, "job.queued", {"reason": "due"}, state="queued")

    def resolve(self, job_id: UUID, state: str) -> JobRow:
        """Let a waiting job go, or end it, because of those it waited for."""
        ended = state in {"failed", "cancelled"}
        return self._change(
            job_id,
            f"job.{state}",
            {"reason": "after"},
            state=state,
            error=LATE if state == "failed" else None,
            finished_at=self._clock.now if ended else None,
        )

    def cancel(self, job_id: UUID) -> bool:
        """End a job that has not started, flag a running one; False when there is nothing to do."""
        row = self.rows[job_id]
        if row.final or row.cancel_requested_at:
            return False
        now = self._clock.now
        if row.state == "running":
            self._change(job_id, "job.cancelling", cancel_requested_at=now)
        else:
            values = {"cancel_requested_at": now, "finished_at": now}
            self._change(job_id, "job.cancelled", state="cancelled", **values)
        return True

    def retry(self, job_id: UUID) -> JobRow:
        """Queue a finished job again, its attempts left afresh."""
        cleared = dict.fromkeys(
            ("result", "error", "progress", "finished_at", "cancel_requested_at")
        )
        values = {**cleared, "failures": 0, "crashes": 0, "run_at": self._clock.now}
        return self._change(job_id, "job.queued", {"reason": "retry"}, state="queued", **values)

    def rescue(self, job_id: UUID, max_crashes: int) -> JobRow:
        """Take a running job from its dead worker."""
        row = self.rows[job_id]
        poison = row.crashes + 1 >= max_crashes
        state = "cancelled" if row.cancel_requested_at else "failed" if poison else "queued"
        error = POISON if state == "failed" else None
        return self._change(
            job_id,
            f"job.{state}",
            there(outcome="lost", error=error),
            state=state,
            crashes=row.crashes + 1,
            awaiting=None,
            error=error or row.error,
            finished_at=None if state == "queued" else self._clock.now,
        )

    def note(
        self, job_id: UUID, kind: str, extra: Mapping[str, Any] | None = None, **values: Any
    ) -> JobRow:
        """Record what happened to a job whose state stays the same."""
        return self._change(job_id, kind, extra, **values)

    def notice(self, job_id: UUID, ident: UUID, name: str, data: Any) -> None:
        """Put an entry into the owner's inbox."""
        row, number = self.rows[job_id], len(self.events) + 1
        owner = row.org_id, row.user_id
        now = self._clock.now
        self._tell(InboxRow(ident, *owner, job_id, name, data, now, None, number))
        self._changed()

    def children(self, job_id: UUID) -> list[UUID]:
        """Return a job's children, in the order they were enqueued."""
        return [row.id for row in self.rows.values() if row.parent_id == job_id]

    def family(self, job_id: UUID) -> Sequence[UUID]:
        """Return a job and all its descendants."""
        return [job_id, *(d for child in self.children(job_id) for d in self.family(child))]

    def _tell(self, entry: InboxRow) -> None:
        message = self._inbox.of_user(entry, EPOCH)
        self.events.append(Event(message.type, entry.job_id, message.decoded()))

    def _change(
        self, job_id: UUID, kind: str, extra: Mapping[str, Any] | None = None, /, **values: Any
    ) -> JobRow:
        row = self.rows[job_id]
        values |= {"version": row.version + 1, "change_seq": len(self.events) + 1}
        told = {
            "seq": row.version + 1,
            "type": kind,
            "time": self._clock.now.isoformat(),
            "attempt": values.get("attempt", row.attempt),
            **(extra or {}),
        }
        row = self.rows[job_id] = replace(row, history=[*row.history, told], **values)
        message = self._writer.of_user(row, EPOCH)
        self.events.append(Event(message.type, job_id, message.decoded()))
        if entry := notice_of(row):
            self._tell(entry)
        self._changed()
        return row


def fresh(new: NewJob, now: datetime, due: datetime) -> JobRow:
    """Return the row of a new job before its first change."""
    known = {
        "id": new.id,
        "org_id": new.org_id,
        "user_id": new.user_id,
        "kind": new.kind,
        "queue": new.queue,
        "priority": new.priority,
        "args": through_json(new.args),
        "max_attempts": new.max_attempts,
        "timeout_seconds": new.timeout_seconds,
        "parent_id": new.parent_id,
        "unique_key": new.unique_key,
        "concurrency_key": new.concurrency_key,
        "notify": new.notify,
        "slots": [],
        "tags": list(new.tags),
        "metadata": through_json(new.metadata),
        "run_at": due,
        "created_at": now,
        "history": [],
    }
    counters = dict.fromkeys(("attempt", "failures", "crashes", "version", "change_seq"), 0)
    return JobRow(**{**dict.fromkeys(NAMES), **counters, **known})


def there(**facts: Any) -> dict[str, Any]:
    """Return what is there of ``facts``."""
    return {name: value for name, value in facts.items() if value is not None}


def through_json(value: Any) -> Any:
    """Return what comes back from a database that keeps JSON."""
    return orjson.loads(orjson.dumps(value))
