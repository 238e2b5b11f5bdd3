"""What follows from an ending: jobs that waited for it, batches it completed, parents it wakes.

Done right after the commit of the ending, and by the relay for whatever was forgotten.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from jobs import store
from jobs.acceptance import Acceptance, Origin, Submission, new_rows
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.db import Database, Statements
from jobs.errors import JobError
from jobs.ids import derived_uuid7
from jobs.store import BatchRow, JobRow
from realtime.caller import Caller

log = structlog.get_logger(__name__)

PAGE = 500


class Flows:
    """Moves on what waited."""

    def __init__(
        self, db: Database, line: ArqQueue, announcer: Announcer, acceptance: Acceptance
    ) -> None:
        self._db = db
        self._line = line
        self._announcer = announcer
        self._acceptance = acceptance
        self._moved: set[UUID] = set()

    async def follow_up(self, changed: Sequence[JobRow]) -> None:
        """Do what the endings among ``changed`` make due."""
        over = [row for row in changed if row.final]
        await self._wake_parents(over)
        if any(row.followed for row in over):
            await self.resolve()
        if batches := {row.batch_id for row in over if row.batch_id}:
            self._moved |= batches
            if await store.any_done(self._db, batches):
                await self.complete()
        if stopped := [row.id for row in over if row.state == "cancelled"]:
            await self._cancel_children(stopped)

    async def cancelled(self, rows: Sequence[JobRow]) -> None:
        """Do what follows from a cancellation: workers are told, queues cleared, browsers told."""
        for row in rows:
            if not row.final:
                await self._line.tell_workers("cancel", str(row.id))
        await self._line.remove([row for row in rows if row.final])
        await self._announcer.publish(rows)
        await self.follow_up(rows)
        await self.tell_progress()

    async def _cancel_children(self, parents: Sequence[UUID]) -> None:
        """Cancel children that were enqueued while their parent was being cancelled."""
        children = await store.unfinished_children(self._db, parents)
        if children and (rows := await store.cancel(self._db, store.ANYBODY, children)):
            await self.cancelled(rows)

    async def go_on(self) -> None:
        """Do what was forgotten."""
        if await store.unresolved(self._db):
            await self.resolve()
        await self.complete()

    async def tell_progress(self) -> None:
        """Tell how far the batches are that moved since the last time; called some times a second."""
        moved, self._moved = self._moved, set()
        if moved:
            rows = await store.batches_by_ids(self._db, moved)
            await self._announcer.publish_progress(row for row in rows if not row.completed_at)

    async def resolve(self) -> None:
        """Let go, or end, jobs that waited for those that are over; endings make further ones due."""
        while changed := await store.resolve(self._db, PAGE):
            await self._announcer.announce(changed)
            over = [row for row in changed if row.final]
            await self._wake_parents(over)
            if any(row.batch_id for row in over):
                await self.complete()

    async def _wake_parents(self, over: Sequence[JobRow]) -> None:
        """Tell the attempts that wait for children that some are over."""
        for parent in {row.parent_id for row in over if row.parent_id}:
            await self._line.tell_workers("child", str(parent))

    async def complete(self) -> None:
        """Complete batches without unfinished jobs; their completion jobs are in the same commit."""
        while True:
            batches, submitted = await self._db.in_transaction(self._complete_some)
            if not batches:
                return
            await self._announcer.publish_batches(batches)
            await self._announcer.announce(submitted)

    async def _complete_some(self, tx: Statements) -> tuple[list[BatchRow], list[JobRow]]:
        batches = await store.complete_batches(tx, PAGE, self._acceptance.kinds)
        jobs = [job for batch in batches if (job := self._last_job(batch))]
        return batches, new_rows(await store.accept(tx, jobs)) if jobs else []

    def _last_job(self, batch: BatchRow) -> store.NewJob | None:
        if batch.on_complete is None:
            return None
        caller = Caller(batch.user_id, batch.org_id, frozenset({"jobs:write"}))
        origin = Origin(job_id=derived_uuid7(batch.id, f"completion.{batch.round}"))
        try:
            return self._acceptance.build(caller, completion(batch), origin)
        except JobError as error:
            log.warning("batch.completion_refused", batch=str(batch.id), error=str(error))
            return None


def completion(batch: BatchRow) -> Submission:
    """Return what is to be submitted when the batch is complete: its counters are in the metadata."""
    wanted: dict[str, Any] = batch.on_complete or {}
    counters = {name: getattr(batch, name) for name in ("total", "succeeded", "failed")}
    about = {"id": str(batch.id), "round": batch.round, **counters}
    return Submission(wanted["kind"], wanted.get("args", {}), metadata={"batch": about})
