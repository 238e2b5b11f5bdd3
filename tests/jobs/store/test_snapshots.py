"""What commits between a statement's beginning, when it takes its picture of the record, and its locks.

The statement is stopped there by an advisory lock that the other session holds until its commit.
"""

import pytest

from jobs import store
from jobs.ids import uuid7
from jobs.store import ANYBODY, attempts, flows, leases, limits
from tests.jobs.store.conftest import HOLD, Pause
from tests.jobs.store.scene import (
    accept_after,
    accepted,
    ending,
    hired,
    lapsed,
    new_job,
    starter,
    state_of,
)
from tests.jobs.store.session import Session, Stage, Step

pytestmark = pytest.mark.usefixtures("sound")


def holding(step: Step) -> Step:
    """Return ``step``, after which the stopped statement stays stopped until the commit."""

    async def stopped(session: Session) -> object:
        await session.fetch(HOLD)
        return await step(session)

    return stopped


async def test_a_start_that_commits_while_a_rescue_begins_leaves_no_orphan(
    stage: Stage, db: Session, pause: Pause
) -> None:
    worker, [job] = await hired(db), await accepted(db)
    pause(leases, "RESCUE", "lease_until < now()")

    async def start_late(session: Session) -> object:
        await lapsed(db, worker)  # after this session's transaction began
        return await store.start(session, starter(worker), [job.id])

    raced = await stage.race(holding(start_late), lambda other: store.rescue(other, 0.0, 3))
    await store.rescue(db, 0.0, 3)

    assert raced.waited
    assert await state_of(db, job.id) == "queued"


async def test_a_start_that_commits_while_its_worker_retires_leaves_no_orphan(
    stage: Stage, db: Session
) -> None:
    worker, [job] = await hired(db), await accepted(db)

    raced = await stage.race(
        lambda one: store.start(one, starter(worker), [job.id]),
        lambda other: store.retire(other, worker),
    )
    await store.rescue(db, 0.0, 3)

    assert raced.waited
    assert await state_of(db, job.id) == "queued"


async def test_a_job_that_comes_to_wait_while_others_are_let_go_is_not_forgotten(
    stage: Stage, db: Session, pause: Pause
) -> None:
    [first] = await accepted(db)
    await accept_after(db, new_job(after_policy="run"), first.id)
    await store.cancel(db, ANYBODY, [first.id])
    late = new_job(after_policy="run")
    pause(flows, "RESOLVE", "followed AND finished_at IS NOT NULL")

    raced = await stage.race(
        holding(lambda one: accept_after(one, late, first.id)),
        lambda other: store.resolve(other, 10),
    )
    await store.resolve(db, 10)

    assert raced.waited
    assert await state_of(db, late.id) == "queued"


async def test_a_queue_paused_between_admission_and_start_costs_no_slot(
    stage: Stage, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, [job] = await hired(db), await accepted(db, new_job("narrow"))

    async def admit_and_pause(*args: object) -> object:
        admission = await limits.admit(*args)  # type: ignore[arg-type]  # passed on as they came
        await db.fetch("INSERT INTO paused_queues (name, paused_by) VALUES ('default', 'anna')")
        return admission

    monkeypatch.setattr(attempts, "admit", admit_and_pause)
    [started] = (await store.start_limited(stage.one, starter(worker), [job.id])).rows

    assert started.slots == ["kind:narrow"]


async def test_following_and_resolving_do_not_lock_each_other_out(
    stage: Stage, db: Session
) -> None:
    worker, (lower, higher) = await hired(db), sorted([uuid7(), uuid7()])
    [first] = await accepted(db, new_job(id=higher))
    middle = new_job(id=lower, after_policy="run")
    await accept_after(db, middle, first.id)
    [first] = await store.start(db, starter(worker), [first.id])
    await store.settle(db, worker, [ending(first)])
    last = new_job(after_policy="run")
    locked = f"SELECT FROM jobs WHERE id = '{middle.id}' FOR NO KEY UPDATE"

    await stage.crowd(
        locked,
        lambda one: accept_after(one, last, middle.id, first.id),
        lambda other: store.resolve(other, 10),
    )
    await store.resolve(db, 10)

    assert await state_of(db, middle.id) == "queued"
