"""What the sessions of a race do: one operation each, to be done on the session that is given."""

from uuid import UUID

from jobs import store
from jobs.store import ANYBODY, JobRow
from tests.jobs.store.scene import (
    ending,
    starter,
)
from tests.jobs.store.session import Session, Step


def starting(worker: UUID, *ids: UUID) -> Step:
    """Start jobs that no limit concerns."""
    return lambda db: store.start(db, starter(worker), ids)


def starting_limited(worker: UUID, *ids: UUID) -> Step:
    """Start jobs under the limits."""

    async def start(db: Session) -> list[JobRow]:
        return (await store.start_limited(db, starter(worker), ids)).rows

    return start


def settling(worker: UUID, job: JobRow, state: str = "succeeded") -> Step:
    """End an attempt."""
    return lambda db: store.settle(db, worker, [ending(job, state)])


def cancelling(*ids: UUID) -> Step:
    """Cancel jobs."""
    return lambda db: store.cancel(db, ANYBODY, ids)


def retrying(*ids: UUID) -> Step:
    """Retry jobs."""
    return lambda db: store.retry(db, ANYBODY, ids)


def deleting(*ids: UUID) -> Step:
    """Delete jobs."""
    return lambda db: store.delete(db, ANYBODY, ids)


async def rescuing(db: Session) -> list[JobRow]:
    """Rescue what is to be rescued."""
    return await store.rescue(db, 0.0, 3)


async def completing(db: Session) -> list[store.BatchRow]:
    """Complete batches."""
    return await store.complete_batches(db, 10)


async def resolving(db: Session) -> list[JobRow]:
    """Resolve what waits."""
    return await store.resolve(db, 10)
