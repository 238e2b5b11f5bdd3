"""What the store's tests are made of: jobs to be taken in, workers with leases, attempts that run."""

from typing import Any
from uuid import UUID, uuid4

from jobs import store
from jobs.db import Database, Statements
from jobs.ids import uuid7
from jobs.limits import KindLimit, Limits, Rate
from jobs.store import Accepted, JobRow, NewJob, Outcome, Owner, Starter
from tests.jobs.store.session import Session

KINDS = ("free", "narrow", "rated")
HOUR = 3600.0
LIMITS = Limits(0, {"narrow": KindLimit(concurrency=1), "rated": KindLimit(rate=Rate(HOUR, 2))})
ANNA = Owner("acme", "anna")

Fence = tuple[UUID, int, UUID]


def new_job(kind: str = "free", **wanted: Any) -> NewJob:
    """Return a job of Anna's to be taken in."""
    fields: dict[str, Any] = {"id": uuid7(), "org_id": "acme", "user_id": "anna", "args": {}}
    fields |= {"max_attempts": 3, "timeout_seconds": 60.0, "kind": kind, **wanted}
    fields["limits"] = LIMITS.keys(fields["org_id"], kind, fields.get("concurrency_key"))
    return NewJob(**fields)


async def accepted(db: Statements, *jobs: NewJob) -> list[JobRow]:
    """Take jobs in and return what they made."""
    taken = await store.accept(db, jobs or [new_job()])
    assert all(isinstance(t, Accepted) for t in taken)
    return [t.row for t in taken if isinstance(t, Accepted)]


async def accept_after(db: Database, job: NewJob, *after: UUID) -> list[Any]:
    """Take a job in that starts after others: in one transaction, as it is done for callers."""

    async def work(tx: Statements) -> list[Any]:
        await store.follow(tx, store.ANYBODY, {job.id: after})
        taken = await store.accept(tx, [job])
        if isinstance(taken[0], Accepted) and taken[0].how is store.How.NEW:
            await store.depend(tx, {job.id: after})
        return taken

    return await db.in_transaction(work)


async def accept_batch(db: Database, *jobs: NewJob, **wanted: Any) -> UUID:
    """Take jobs in as one batch of Anna's."""
    batch = uuid7()
    settings = {"open": False, "on_complete": None, "tags": [], **wanted}

    async def work(tx: Statements) -> None:
        await store.create_batch(tx, batch, ANNA, **settings)
        await accepted(tx, *(new_job(j.kind, id=j.id, batch_id=batch) for j in jobs))

    await db.in_transaction(work)
    return batch


async def hired(db: Database, lease_seconds: float = HOUR) -> UUID:
    """Return a new worker with a lease."""
    worker = uuid4()
    await store.register(db, worker, "w", lease_seconds, {})
    return worker


def starter(worker: UUID, limits: Limits = LIMITS) -> Starter:
    """Return ``worker`` as one who starts any kind."""
    return Starter(worker, "w", KINDS, limits=limits)


async def begun(db: Database, worker: UUID, *jobs: NewJob) -> list[JobRow]:
    """Take jobs in and start them."""
    ids = [row.id for row in await accepted(db, *jobs)]
    found = await store.start(db, starter(worker), ids)
    found += (await store.start_limited(db, starter(worker), ids)).rows
    assert len(found) == len(ids)
    return sorted(found, key=lambda row: row.id)


def ending(job: JobRow, state: str = "succeeded") -> Outcome:
    """Return the outcome of the attempt ``job`` is in."""
    return Outcome(job.id, job.attempt, state, state, failed=state in {"failed", "retrying"})


async def state_of(db: Statements, job: UUID) -> str | None:
    """Return a job's state, None when it is gone."""
    found = await store.by_ids(db, [job])
    return found[job].state if job in found else None


async def lapsed(session: Session, worker: UUID) -> None:
    """Let the lease run out at this moment of the database's clock."""
    await session.fetch("UPDATE workers SET lease_until = clock_timestamp() WHERE id = $1", worker)
