"""The front of the work: submit, cancel, retry. Record first, then hand over, then announce."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from jobs import store
from jobs.acceptance import Acceptance, Submission
from jobs.announcer import Announcer
from jobs.arq_queue import ArqQueue
from jobs.audit import Action, Deed, recorded
from jobs.db import Database
from jobs.errors import NotFound, WrongState
from jobs.flows import Flows
from jobs.inputs import check_input
from jobs.quotas import Quotas
from jobs.records import Records
from jobs.resource import JobResource
from jobs.store import Accepted, JobRow, Owner
from realtime.caller import Caller

__all__ = ["Queue", "Submission"]

RETRIABLE = ("failed", "cancelled", "expired")


class Queue:
    """Takes jobs in and takes orders about them."""

    def __init__(
        self,
        db: Database,
        acceptance: Acceptance,
        line: ArqQueue,
        announcer: Announcer,
        flows: Flows,
        quotas: Quotas,
        records: Records,
    ) -> None:
        self._db = db
        self._acceptance = acceptance
        self._line = line
        self._announcer = announcer
        self._flows = flows
        self._quotas = quotas
        self._records = records

    async def submit(self, caller: Caller, wanted: Submission) -> JobResource:
        """Accept a job; when this returns, it is committed and kept whatever happens.

        Raises UnknownKind, InvalidArgs, TooLarge, UnknownJob, IdempotencyMismatch, TooMany, Unavailable.
        """
        return await self._records.accepted((await self.submit_once(caller, wanted)).row)

    async def submit_once(self, caller: Caller, wanted: Submission) -> Accepted:
        """Accept a job, or find the one that its idempotency or unique key made before."""
        job = self._acceptance.build(caller, wanted)
        await self._quotas.check(caller, 1)
        if not wanted.after:
            return await self._acceptance.take(job)
        owner = Owner.reading(caller)
        accepted = await self._acceptance.take_after(job, owner, wanted.after)
        await self._flows.resolve()
        return accepted

    async def cancel(self, caller: Caller, job_id: UUID) -> JobResource:
        """Stop a job: at once if it has not started, else as soon as its processor lets go.

        Cancelling a cancelled job changes nothing. Raises NotFound, WrongState when it has finished
        otherwise, Unavailable.
        """
        changed = await recorded(
            self._db,
            caller,
            lambda tx: store.cancel(tx, Owner.writing(caller), [job_id]),
            lambda rows: deed_on(rows, "job.cancel", job_id),
        )
        if changed:
            await self._flows.cancelled(changed)
        for row in changed:
            if row.id == job_id:
                return self._records.resource(row)
        row = await self._own(caller, job_id)
        if row.final and row.state != "cancelled":
            raise WrongState(row.state, "cancelled")
        return self._records.resource(row)

    async def retry(self, caller: Caller, job_id: UUID) -> JobResource:
        """Queue a failed, cancelled or expired job again. Raises NotFound, WrongState, Unavailable."""
        changed = await recorded(
            self._db,
            caller,
            lambda tx: store.retry(tx, Owner.writing(caller), [job_id]),
            lambda rows: deed_on(rows, "job.retry", job_id),
        )
        if not changed:
            row = await self._own(caller, job_id)
            taken = row.unique_key is not None and row.state in RETRIABLE
            why = "retried: another one has its unique key" if taken else "retried"
            raise WrongState(row.state, why)
        await self._announcer.announce(changed)
        return self._records.resource(changed[0])

    async def answer(self, caller: Caller, job_id: UUID, data: Any) -> JobResource:
        """Hand input to a running job that waits for it.

        Raises NotFound, WrongState when it waits for none, InvalidInput, TooLarge, Unavailable.
        """
        row = await self._own(caller, job_id)
        if row.state != "running" or row.awaiting is None:
            raise WrongState(row.state, "given input: it waits for none")
        check_input(row.awaiting, data)
        number = int(row.awaiting["number"])
        owner = Owner.writing(caller)
        changed = await recorded(
            self._db,
            caller,
            lambda tx: store.answer(tx, owner, job_id, number, data, caller.user),
            lambda row: deed_on([row], "job.answer", job_id),
        )
        if changed is None:
            raise WrongState(row.state, "given input: somebody else was first")
        await self._announcer.announce([changed])
        await self._line.tell_workers("input", str(job_id))
        return self._records.resource(changed)

    async def drain(self) -> None:
        """Wait for submissions that are on their way to Postgres."""
        await self._acceptance.drain()

    async def _own(self, caller: Caller, job_id: UUID) -> JobRow:
        row = await store.find(self._db, Owner.writing(caller), job_id)
        if row is None:
            raise NotFound
        return row


def deed_on(changed: Sequence[JobRow | None], action: Action, job_id: UUID) -> Deed | None:
    """Return what the audit log keeps of an order about one job; what it did to others follows from it."""
    for row in changed:
        if row is not None and row.id == job_id:
            detail = {"kind": row.kind, "user": row.user_id}
            return Deed(action, f"job:{job_id}", detail, org=row.org_id)
    return None
