"""How jobs get in: what is asked for is checked, built, accepted in one commit, then announced.

Everybody who makes jobs comes this way: callers, batches, running jobs, schedules.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from jobs import store, tracing, trail
from jobs.announcer import Announcer
from jobs.batching import Batcher
from jobs.db import Database, Statements
from jobs.errors import IdempotencyMismatch, TooLarge
from jobs.ids import uuid7
from jobs.limits import Limits
from jobs.processor import Registry
from jobs.settings import JobsSettings
from jobs.storable import stored_json
from jobs.store import Accepted, JobRow, NewJob, Owner
from jobs.telling import Telling
from realtime.caller import Caller

Taken = Accepted | IdempotencyMismatch


@dataclass(slots=True)
class Submission:
    """What somebody asks for. ``delay_seconds`` and ``run_at`` say when; neither means now.

    ``after`` names jobs that must be over first; when one of them does not succeed, ``after_policy``
    says whether this one fails, is cancelled, or runs all the same. ``notify`` is the kind's when it is
    None. Not frozen only because that would
    double the cost of making one.
    """

    kind: str
    args: Any
    priority: int = 0
    run_at: datetime | None = None
    delay_seconds: float | None = None
    max_attempts: int | None = None
    timeout_seconds: float | None = None
    tags: Sequence[str] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    expires_seconds: float | None = None
    unique_key: str | None = None
    concurrency_key: str | None = None
    after: Sequence[UUID] = ()
    after_policy: str = "fail"
    notify: bool | None = None
    webhook_id: UUID | None = None
    idempotency_key: str | None = None
    fingerprint: bytes = b""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job comes from, when it is not a caller's plain submission."""

    job_id: UUID | None = None
    parent_id: UUID | None = None
    batch_id: UUID | None = None
    schedule_id: UUID | None = None


PLAIN = Origin()


class Acceptance:
    """Builds jobs and takes them in."""

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        registry: Registry,
        limits: Limits,
        announcer: Announcer,
    ) -> None:
        self._settings = settings
        self._db = db
        self._registry = registry
        self._limits = limits
        self._announcer = announcer
        self._telling = Telling(self._tell)
        self._accepting: Batcher[NewJob, Taken] = Batcher(
            self._accept, spoiled=(asyncpg.DataError, asyncpg.UniqueViolationError)
        )

    @property
    def kinds(self) -> Collection[str]:
        """Return the names of the kinds there can be jobs of."""
        return tuple(self._registry)

    @property
    def accepting(self) -> Batcher[NewJob, Taken]:
        """Return what gathers submissions into commits."""
        return self._accepting

    def build(self, caller: Caller, wanted: Submission, origin: Origin = PLAIN) -> NewJob:
        """Check what is asked for. Raises UnknownKind, InvalidArgs, TooLarge."""
        kind = self._registry[wanted.kind]
        args = kind.parse(wanted.args).model_dump(mode="json", exclude_unset=True)
        if len(stored_json(args, "/args")) > self._settings.max_args_bytes:
            raise TooLarge(f"Args may be at most {self._settings.max_args_bytes} bytes of JSON.")
        return NewJob(
            id=origin.job_id or uuid7(),
            org_id=caller.org,
            user_id=caller.user,
            kind=kind.name,
            args=args,
            max_attempts=wanted.max_attempts or kind.max_attempts,
            timeout_seconds=wanted.timeout_seconds or kind.timeout.total_seconds(),
            priority=wanted.priority,
            run_at=wanted.run_at,
            delay_seconds=wanted.delay_seconds,
            tags=wanted.tags,
            metadata=dict(wanted.metadata),
            queue=kind.queue,
            parent_id=origin.parent_id,
            batch_id=origin.batch_id,
            schedule_id=origin.schedule_id,
            webhook_id=wanted.webhook_id,
            unique_key=wanted.unique_key,
            concurrency_key=wanted.concurrency_key,
            expires_seconds=wanted.expires_seconds,
            notify=bool(kind.notify if wanted.notify is None else wanted.notify),
            after_policy=wanted.after_policy if wanted.after else None,
            limits=self._limits.keys(caller.org, kind.name, wanted.concurrency_key),
            idempotency_key=wanted.idempotency_key,
            fingerprint=wanted.fingerprint,
            trail=trail.kept(),
        )

    async def take(self, job: NewJob) -> Accepted:
        """Take one job in; when this returns, it is kept. Raises IdempotencyMismatch, Unavailable."""
        with tracing.submission(job):
            return settled(await self._accepting.add(job))

    async def take_once(self, job: NewJob, *, looked: bool = False) -> Accepted:
        """Take a job in whose id may exist already, from an earlier try; then it is that one.

        ``looked`` says that it most likely does not, so that only a collision makes us look.
        """
        if not looked and (found := await store.by_ids(self._db, [job.id])):
            return Accepted(found[job.id], store.How.REPLAYED)
        try:
            return await self.take(job)
        except asyncpg.UniqueViolationError:
            return Accepted((await store.by_ids(self._db, [job.id]))[job.id], store.How.REPLAYED)

    async def take_after(self, job: NewJob, owner: Owner, after: Sequence[UUID]) -> Accepted:
        """Take in a job that starts after others, which ``owner`` must be allowed to see.

        Raises UnknownJob, IdempotencyMismatch, Unavailable.
        """

        async def work(tx: Statements) -> Accepted:
            await store.follow(tx, owner, {job.id: after})
            [taken] = await store.accept(tx, [job])
            accepted = settled(taken)
            if accepted.how is store.How.NEW:
                await store.depend(tx, {job.id: after})
            return accepted

        with tracing.submission(job):
            accepted = await self._db.in_transaction(work)
        await self._announcer.announce(new_rows([accepted]))
        return accepted

    async def drain(self) -> None:
        """Wait for jobs that are on their way to Postgres, and until they are announced."""
        await self._accepting.drain()
        await self._telling.drain()

    async def _accept(self, jobs: Sequence[NewJob]) -> Sequence[Taken]:
        taken = await store.accept(self._db, jobs)
        self._telling.tell(new_rows(taken))
        return taken

    async def _tell(self, rows: Sequence[JobRow]) -> None:
        await self._announcer.announce(rows, self._telling.since)


def new_rows(taken: Sequence[Taken]) -> list[JobRow]:
    """Return the rows of those that are new."""
    return [t.row for t in taken if isinstance(t, Accepted) and t.how is store.How.NEW]


def settled(taken: Taken) -> Accepted:
    """Return what was taken in. Raises IdempotencyMismatch."""
    if isinstance(taken, IdempotencyMismatch):
        raise taken
    return taken
