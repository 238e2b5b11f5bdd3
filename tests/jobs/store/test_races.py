"""Two sessions at one attempt, in both orders: the second is issued while the first is not committed."""

import pytest

from jobs import store
from jobs.store import JobRow
from tests.jobs.store.scene import (
    HOUR,
    accepted,
    begun,
    hired,
    lapsed,
    new_job,
    state_of,
)
from tests.jobs.store.session import Session, Stage
from tests.jobs.store.steps import (
    cancelling,
    rescuing,
    settling,
    starting,
    starting_limited,
)

pytestmark = pytest.mark.usefixtures("sound")

LOCKED_JOB = "SELECT FROM jobs WHERE id = $1 FOR NO KEY UPDATE"


async def test_a_worker_is_not_rescued_while_it_starts_a_job(stage: Stage, db: Session) -> None:
    worker, [job] = await hired(db), await accepted(db)

    async def rescue_the_late(session: Session) -> list[JobRow]:
        await lapsed(session, worker)
        return await rescuing(session)

    raced = await stage.race(starting(worker, job.id), rescue_the_late)
    rescued = await rescuing(db)

    assert [len(raced.first), len(raced.second)] == [1, 0]
    assert [(row.id, row.state, row.crashes) for row in rescued] == [(job.id, "queued", 1)]


async def test_a_worker_that_is_being_rescued_starts_nothing(stage: Stage, db: Session) -> None:
    worker, [job] = await hired(db), await accepted(db)

    async with stage.other.connection.transaction():  # its clock stands before the lease's end
        await lapsed(db, worker)
        raced = await stage.race(rescuing, starting(worker, job.id))

    assert raced.waited
    assert raced.second == []
    assert await state_of(db, job.id) == "queued"


async def test_a_job_that_is_being_started_is_asked_to_stop(stage: Stage, db: Session) -> None:
    worker, [job] = await hired(db), await accepted(db)

    raced = await stage.race(starting(worker, job.id), cancelling(job.id))

    assert raced.waited
    [asked] = raced.second
    assert asked.state == "running"
    assert asked.cancel_requested_at


async def test_a_job_that_is_being_cancelled_does_not_start(stage: Stage, db: Session) -> None:
    worker, [job] = await hired(db), await accepted(db)

    raced = await stage.race(cancelling(job.id), starting(worker, job.id))

    assert raced.waited
    assert raced.second == []
    assert await state_of(db, job.id) == "cancelled"


async def test_two_workers_do_not_start_one_job(stage: Stage, db: Session) -> None:
    first, second, [job] = await hired(db), await hired(db), await accepted(db)

    raced = await stage.race(starting(first, job.id), starting(second, job.id))

    assert raced.waited
    assert [len(raced.first), len(raced.second)] == [1, 0]


async def test_what_is_settled_is_not_rescued(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job(concurrency_key="k"))
    await lapsed(db, worker)

    raced = await stage.race(settling(worker, job), rescuing)

    assert raced.waited
    assert raced.second == []
    assert await state_of(db, job.id) == "succeeded"


async def test_what_is_rescued_is_not_settled(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job(concurrency_key="k"))
    await lapsed(db, worker)

    raced = await stage.race(rescuing, settling(worker, job))

    assert raced.waited
    assert raced.second == []
    assert await state_of(db, job.id) == "queued"


@pytest.mark.parametrize(("ended", "then"), [("succeeded", "succeeded"), ("retrying", "cancelled")])
async def test_a_cancellation_finds_what_the_attempt_came_to(
    stage: Stage, db: Session, ended: str, then: str
) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker)

    raced = await stage.race(settling(worker, job, ended), cancelling(job.id))

    assert raced.waited
    assert await state_of(db, job.id) == then


@pytest.mark.parametrize(
    ("ended", "then"),
    [("succeeded", "succeeded"), ("failed", "failed"), ("queued", "cancelled"),
     ("retrying", "cancelled")],
)  # fmt: skip
async def test_an_attempt_that_is_asked_to_stop_is_not_queued_again(
    stage: Stage, db: Session, ended: str, then: str
) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker)

    raced = await stage.race(cancelling(job.id), settling(worker, job, ended))

    assert raced.waited
    assert await state_of(db, job.id) == then


async def test_two_cancellations_are_one(stage: Stage, db: Session) -> None:
    [queued], [running] = await accepted(db), await begun(db, await hired(db))
    both = cancelling(queued.id, running.id)

    raced = await stage.race(both, both)

    assert raced.waited
    assert [len(raced.first), len(raced.second)] == [2, 0]


async def test_a_start_and_a_cancellation_at_once_do_not_lock_each_other_out(
    stage: Stage, db: Session
) -> None:
    worker, jobs = await hired(db), await accepted(db, new_job(), new_job())
    ids = [job.id for job in jobs]

    raced = await stage.race(
        lambda one: one.fetch(LOCKED_JOB, min(ids)),
        cancelling(*ids),
        then=starting(worker, *ids),
    )

    assert raced.waited
    assert {row.state for row in raced.second} == {"running"}


async def test_one_slot_admits_one_of_two_workers(stage: Stage, db: Session) -> None:
    first, second = await hired(db), await hired(db)
    one, other = await accepted(db, new_job("narrow"), new_job("narrow"))

    raced = await stage.race(starting_limited(first, one.id), starting_limited(second, other.id))

    assert raced.waited
    assert [len(raced.first), len(raced.second)] == [1, 0]
    assert (await store.by_ids(db, [other.id]))[other.id].held_by == "kind:narrow"


async def test_a_slot_that_is_being_given_back_is_taken_at_once(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job("narrow"))
    [other] = await accepted(db, new_job("narrow"))

    raced = await stage.race(settling(worker, job), starting_limited(worker, other.id))

    assert raced.waited
    assert [row.id for row in raced.second] == [other.id]


async def test_a_job_held_while_the_slot_is_given_back_is_let_go(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job("narrow"))
    [other] = await accepted(db, new_job("narrow"))

    raced = await stage.race(starting_limited(worker, other.id), settling(worker, job))
    freed = await store.let_go(db, {"kind:narrow": 1})

    assert raced.waited
    assert [row.id for row in freed] == [other.id]


async def test_a_lease_that_is_being_renewed_is_not_rescued(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker)
    await lapsed(db, worker)

    raced = await stage.race(lambda one: store.renew(one, worker, HOUR), rescuing)

    assert raced.first is True
    assert raced.second == []
    assert await state_of(db, job.id) == "running"


async def test_a_lease_that_is_being_rescued_is_lost(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    await begun(db, worker)
    await lapsed(db, worker)

    raced = await stage.race(rescuing, lambda other: store.renew(other, worker, HOUR))

    assert raced.waited
    assert raced.second is False


async def test_two_rescues_of_one_worker_are_one(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker)
    await lapsed(db, worker)

    raced = await stage.race(rescuing, rescuing)

    assert [len(raced.first), len(raced.second)] == [1, 0]
    assert (await store.by_ids(db, [job.id]))[job.id].crashes == 1
