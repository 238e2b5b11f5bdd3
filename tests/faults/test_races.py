"""Two changes of one job at the same moment, in both orders: the second waits, then finds it changed.

The first is left open past the second's beginning, so that they really meet.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from jobs import store
from jobs.db import Database
from jobs.ids import uuid7
from jobs.resources import Resources, open_resources
from jobs.store import Outcome, Owner, Starter
from service.dev.child import becomes_true
from tests.faults.journal import note
from tests.faults.one_pool import OnePool
from tests.faults.site import Site

ANYBODY = Owner(None, None)
OVERDUE = "UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = $1"
BLOCKED = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'jobcast' AND wait_event_type = 'Lock' AND state = 'active'
"""


@dataclass(frozen=True)
class Scene:
    """A job and two workers with a lease; if it runs, then on the first of them."""

    job: UUID
    first: UUID
    second: UUID

    def starter(self, worker: UUID) -> Starter:
        return Starter(worker, "racer", ["noted"])


Change = Callable[[Database, Scene], Coroutine[Any, Any, Any]]

QUEUED: dict[str, Change] = {
    "start": lambda db, at: store.start(db, at.starter(at.first), [at.job]),
    "start elsewhere": lambda db, at: store.start(db, at.starter(at.second), [at.job]),
    "start under limits": lambda db, at: store.start_limited(db, at.starter(at.second), [at.job]),
    "cancel": lambda db, at: store.cancel(db, ANYBODY, [at.job]),
}
RUNNING: dict[str, Change] = {
    "settle": lambda db, at: store.settle(
        db, at.first, [Outcome(at.job, 1, "succeeded", "succeeded", result={"attempt": 1})]
    ),
    "give back": lambda db, at: store.settle(
        db, at.first, [Outcome(at.job, 1, "queued", "released")]
    ),
    "cancel": lambda db, at: store.cancel(db, ANYBODY, [at.job]),
    "rescue": lambda db, at: store.rescue(db, 0, 3),
}


@pytest.mark.parametrize(("one", "other"), list(permutations(QUEUED, 2)))
async def test_two_changes_of_a_queued_job_never_both_happen(
    up: Site, one: str, other: str
) -> None:
    await race(up, QUEUED[one], QUEUED[other], runs=False)


@pytest.mark.parametrize(("one", "other"), list(permutations(RUNNING, 2)))
async def test_two_changes_of_a_running_job_never_both_end_it(
    up: Site, one: str, other: str
) -> None:
    await race(up, RUNNING[one], RUNNING[other], runs=True)


async def race(up: Site, one: Change, other: Change, *, runs: bool) -> None:
    """Let two changes meet, then let a worker finish what is left, and judge."""
    await up.web_here()
    customer, _ = await up.visitors()
    job = await customer.submit("noted")
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(open_resources(up.settings()))
        there = await stack.enter_async_context(open_resources(up.settings()))
        at = await scene(here.db, job, runs=runs)
        await meet(here, there, at, one, other)
        await here.db.fetch("UPDATE workers SET lease_until = now() - interval '1 s'")
    await up.worker_here()
    await up.kept()


async def scene(db: Database, job: UUID, *, runs: bool) -> Scene:
    at = Scene(job, uuid7(), uuid7())
    for worker in (at.first, at.second):
        await store.register(db, worker, "racer", 60, {})
    if runs:
        await store.start(db, at.starter(at.first), [job])
        note("ran", job, 1, 0)
        await db.fetch(OVERDUE, at.first)
    return at


async def meet(here: Resources, there: Resources, at: Scene, one: Change, other: Change) -> None:
    """Begin the second while the first is open; end the first when the second waits or is done."""
    async with here.db.pool.acquire() as connection, connection.transaction():
        await one(Database(OnePool(connection), here.db.sessions, 5), at)  # type: ignore[arg-type]
        second = asyncio.create_task(other(there.db, at))

        async def met() -> bool:
            return second.done() or bool(await here.db.pool.fetchval(BLOCKED))

        await becomes_true(met, 5)
    await second
