"""Batches: many jobs in one call, all or none, with counters that cost nothing to read."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs import store
from jobs.acceptance import Acceptance, Origin, Submission, settled
from jobs.announcer import Announcer
from jobs.audit import Action, Deed, record
from jobs.batch_events import counters
from jobs.db import Database, Statements
from jobs.errors import IdempotencyMismatch, InvalidArgs, NotFound, TooLarge, UnknownKind
from jobs.flows import Flows
from jobs.ids import derived_uuid7, uuid7
from jobs.models.state import UNFINISHED
from jobs.page import Page
from jobs.quotas import Quotas
from jobs.records import read_cursor, write_cursor
from jobs.resource import Progress, Resource
from jobs.settings import JobsSettings
from jobs.store import BatchRow, BatchState, How, JobRow, NewJob, Owner
from realtime.caller import Caller

PAGE = 1_000
FIRST = UUID(int=0)
LAST = UUID(int=(1 << 128) - 1)
RETRIABLE = ("failed", "expired")


@dataclass(frozen=True, slots=True)
class BatchSubmission:
    """Jobs to be taken in together: a new batch, or more for ``batch_id``.

    ``open`` says that still more will follow, so that the batch does not complete before.
    """

    jobs: Sequence[Submission]
    batch_id: UUID | None = None
    open: bool = False
    tags: Sequence[str] = ()
    on_complete: dict[str, Any] | None = None
    idempotency_key: str | None = None
    fingerprint: bytes = b""


class BatchResource(Resource):
    """A batch. ``counts`` says how many of its jobs are in each state; changes make ``revision`` grow."""

    id: UUID
    total: int
    counts: dict[str, int]
    progress: Progress
    open: bool
    round: int
    revision: int
    tags: list[str]
    on_complete: Any = None
    created_at: datetime
    completed_at: datetime | None


class BatchPage(Page[BatchResource]):
    """Some batches, newest first."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A batch and its jobs of this call, in the order they were given."""

    batch: BatchResource
    jobs: list[JobRow]
    how: How


class Batches:
    """Takes batches in and takes orders about them."""

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        acceptance: Acceptance,
        announcer: Announcer,
        flows: Flows,
        quotas: Quotas,
    ) -> None:
        self._settings = settings
        self._db = db
        self._acceptance = acceptance
        self._announcer = announcer
        self._flows = flows
        self._quotas = quotas

    async def submit(self, caller: Caller, wanted: BatchSubmission) -> Submitted:
        """Take all jobs in, or none.

        Raises NotFound, InvalidArgs, TooLarge, UnknownJob, TooMany, IdempotencyMismatch, Unavailable.
        """
        batch_id = wanted.batch_id or uuid7()
        jobs = [self._build(caller, batch_id, wanted, n) for n in range(len(wanted.jobs))]
        self._check_completion(caller, wanted)
        await self._quotas.check(caller, len(wanted.jobs))
        batch, rows, how = await self._db.in_transaction(
            lambda tx: self._take(tx, caller, wanted, jobs)
        )
        if how is How.NEW:
            if wanted.batch_id is None:
                await self._announcer.publish_batches([batch])
            await self._announcer.announce([row for row in rows if row.batch_id == batch.id])
            await self._follow_up(wanted)
            batch = await self._find(Owner.writing(caller), batch.id)
        return Submitted(resource(batch), rows, how)

    async def get(self, caller: Caller, batch_id: UUID) -> BatchResource:
        """Return a batch. Raises NotFound."""
        return resource(await self._find(Owner.reading(caller), batch_id))

    async def page(
        self, caller: Caller, state: BatchState | None, after: str | None, limit: int
    ) -> BatchPage:
        """Return one page behind the cursor ``after``. Raises BadCursor."""
        before = read_cursor(after) if after else LAST
        owner = Owner.reading(caller)
        rows = await store.newest_batches(self._db, owner, state, before, limit + 1)
        return BatchPage.cut(rows, limit, resource, lambda row: write_cursor(row.id))

    async def cancel(self, caller: Caller, batch_id: UUID) -> BatchResource:
        """Stop every job of the batch that is not over. Raises NotFound."""
        await self._each(caller, batch_id, UNFINISHED, self._cancel, "batch.cancel")
        return await self.get(caller, batch_id)

    async def retry(self, caller: Caller, batch_id: UUID) -> BatchResource:
        """Run the failed and expired jobs again; the batch completes once more. Raises NotFound."""
        await self._each(caller, batch_id, RETRIABLE, self._retry, "batch.retry")
        return await self.get(caller, batch_id)

    def _build(self, caller: Caller, root: UUID, wanted: BatchSubmission, number: int) -> NewJob:
        """Build one job; with an idempotency key its id follows from the key, so a repeat finds it."""
        key = wanted.idempotency_key
        job_id = derived_uuid7(root, f"{key}.{number}") if key is not None else None
        try:
            return self._acceptance.build(
                caller, wanted.jobs[number], Origin(job_id=job_id, batch_id=root)
            )
        except (InvalidArgs, UnknownKind) as error:
            raise at(error, f"/jobs/{number}") from error

    def _check_completion(self, caller: Caller, wanted: BatchSubmission) -> None:
        """Refuse a completion job now that could not be made when the batch is complete."""
        if wanted.on_complete is None:
            return
        try:
            self._acceptance.build(caller, Submission(**wanted.on_complete))
        except (InvalidArgs, UnknownKind) as error:
            raise at(error, "/on_complete") from error

    async def _take(
        self, tx: Statements, caller: Caller, wanted: BatchSubmission, jobs: Sequence[NewJob]
    ) -> tuple[BatchRow, list[JobRow], How]:
        owner = Owner(caller.org, caller.user)
        root = jobs[0].batch_id or FIRST
        if wanted.idempotency_key is not None:
            key = (wanted.idempotency_key, wanted.fingerprint)
            if (made := await store.claim_key(tx, owner, key, root)) is not None:
                return await self._replay(tx, caller, wanted, made)
        after = {j.id: w.after for j, w in zip(jobs, wanted.jobs, strict=True) if w.after}
        if after:  # before the batch: jobs are locked first, everywhere
            await store.follow(tx, Owner.reading(caller), after)
        batch = await self._open(tx, owner, wanted, root)
        if batch.total + len(jobs) > self._settings.max_batch_jobs:
            raise TooLarge(f"A batch may hold at most {self._settings.max_batch_jobs} jobs.")
        taken = [settled(t) for t in await store.accept(tx, jobs)]
        new = {t.row.id for t in taken if t.how is How.NEW}
        if waiting := {job: befores for job, befores in after.items() if job in new}:
            await store.depend(tx, waiting)
        return batch, [t.row for t in taken], How.NEW

    async def _open(
        self, tx: Statements, owner: Owner, wanted: BatchSubmission, batch_id: UUID
    ) -> BatchRow:
        if wanted.batch_id is None:
            return await store.create_batch(
                tx,
                batch_id,
                owner,
                open=wanted.open,
                on_complete=wanted.on_complete,
                tags=wanted.tags,
            )
        batch = await store.reopen_batch(tx, batch_id, owner, open=wanted.open)
        if batch is None:
            raise NotFound
        return batch

    async def _replay(
        self, tx: Statements, caller: Caller, wanted: BatchSubmission, made: tuple[UUID, bytes]
    ) -> tuple[BatchRow, list[JobRow], How]:
        """Find what the same call made before."""
        batch_id, fingerprint = made
        batch = await store.find_batch(tx, Owner.writing(caller), batch_id)
        if fingerprint != wanted.fingerprint or batch is None:
            raise IdempotencyMismatch
        key = wanted.idempotency_key
        ids = [derived_uuid7(batch_id, f"{key}.{number}") for number in range(len(wanted.jobs))]
        rows = await store.by_ids(tx, ids)
        return batch, [rows[job_id] for job_id in ids if job_id in rows], How.REPLAYED

    async def _follow_up(self, wanted: BatchSubmission) -> None:
        """Look whether what the new jobs wait for is over already, and the batch with it."""
        if any(job.after for job in wanted.jobs):
            await self._flows.resolve()
        if not wanted.open:
            await self._flows.complete()

    async def _each(
        self,
        caller: Caller,
        batch_id: UUID,
        states: Sequence[str],
        order: Callable[[Owner, Sequence[UUID]], Awaitable[None]],
        action: Action,
    ) -> None:
        """Give an order about the batch's jobs in ``states``, page by page; recorded before the first."""
        owner = Owner.writing(caller)
        row = await self._find(owner, batch_id)
        await record(self._db, caller, Deed(action, f"batch:{batch_id}", org=row.org_id))
        after = FIRST
        while page := await store.batch_jobs(self._db, batch_id, states, after, PAGE):
            await order(owner, page)
            after = page[-1]

    async def _cancel(self, owner: Owner, ids: Sequence[UUID]) -> None:
        await self._flows.cancelled(await store.cancel(self._db, owner, ids))

    async def _retry(self, owner: Owner, ids: Sequence[UUID]) -> None:
        await self._announcer.announce(await store.retry(self._db, owner, ids))

    async def _find(self, owner: Owner, batch_id: UUID) -> BatchRow:
        batch = await store.find_batch(self._db, owner, batch_id)
        if batch is None:
            raise NotFound
        return batch


def resource(row: BatchRow) -> BatchResource:
    """Return a row as callers see it."""
    return BatchResource(
        id=row.id,
        open=row.open,
        tags=row.tags,
        on_complete=row.on_complete,
        created_at=row.created_at,
        **counters(row),
    )


def at(error: InvalidArgs | UnknownKind, place: str) -> InvalidArgs:
    """Return what is wrong with one job of many, with pointers into the whole body."""
    if isinstance(error, UnknownKind):
        return InvalidArgs([{"pointer": f"{place}/kind", "detail": str(error)}])
    return InvalidArgs([{**e, "pointer": f"{place}{e['pointer']}"} for e in error.errors])
