"""Two sessions at the same row, in both orders: the second is issued while the first is not committed."""

from uuid import UUID

import asyncpg
import pytest

from jobs import store
from jobs.errors import IdempotencyMismatch
from jobs.ids import derived_uuid7, uuid7
from jobs.store import ANYBODY, Accepted, How, JobRow
from tests.jobs.store.scene import (
    ANNA,
    HOUR,
    accept_after,
    accept_batch,
    accepted,
    begun,
    ending,
    hired,
    lapsed,
    new_job,
    starter,
    state_of,
)
from tests.jobs.store.session import Session, Stage, Step

pytestmark = pytest.mark.usefixtures("sound")


def starting(worker: UUID, *ids: UUID) -> Step:
    return lambda db: store.start(db, starter(worker), ids)


def starting_limited(worker: UUID, *ids: UUID) -> Step:
    return lambda db: store.start_limited(db, starter(worker), ids)


def settling(worker: UUID, job: JobRow, state: str = "succeeded") -> Step:
    return lambda db: store.settle(db, worker, [ending(job, state)])


def cancelling(*ids: UUID) -> Step:
    return lambda db: store.cancel(db, ANYBODY, ids)


def retrying(*ids: UUID) -> Step:
    return lambda db: store.retry(db, ANYBODY, ids)


def deleting(*ids: UUID) -> Step:
    return lambda db: store.delete(db, ANYBODY, ids)


async def rescuing(db: Session) -> list[JobRow]:
    return await store.rescue(db, 0.0, 3)


async def completing(db: Session) -> list[store.BatchRow]:
    return await store.complete_batches(db, 10)


async def resolving(db: Session) -> list[JobRow]:
    return await store.resolve(db, 10)


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


async def test_a_job_that_is_being_retried_is_not_deleted(stage: Stage, db: Session) -> None:
    [job] = await accepted(db)
    await store.cancel(db, ANYBODY, [job.id])

    raced = await stage.race(retrying(job.id), deleting(job.id))

    assert raced.waited
    assert raced.second == []
    assert await state_of(db, job.id) == "queued"


async def test_a_job_that_is_being_followed_is_not_deleted(stage: Stage, db: Session) -> None:
    [job] = await accepted(db)
    await store.cancel(db, ANYBODY, [job.id])
    later = new_job(after_policy="run")

    raced = await stage.race(lambda one: accept_after(one, later, job.id), deleting(job.id))

    assert raced.waited
    assert raced.second == []


@pytest.mark.parametrize("last", ["a", "b"], ids=["the same body", "another body"])
async def test_one_idempotency_key_makes_one_job(stage: Stage, db: Session, last: str) -> None:
    first, second = (
        new_job(idempotency_key="i", fingerprint=body.encode()) for body in ("a", last)
    )

    raced = await stage.race(
        lambda one: store.accept(one, [first]), lambda other: store.accept(other, [second])
    )

    assert raced.waited
    [answer] = raced.second
    if last == "a":
        assert isinstance(answer, Accepted)
        assert (answer.how, answer.row.id) == (How.REPLAYED, first.id)
    else:
        assert isinstance(answer, IdempotencyMismatch)
    assert await state_of(db, second.id) is None


async def test_one_unique_key_makes_one_unfinished_job(stage: Stage, db: Session) -> None:
    first, second = new_job(unique_key="u"), new_job(unique_key="u")

    raced = await stage.race(
        lambda one: store.accept(one, [first]), lambda other: store.accept(other, [second])
    )

    assert raced.waited
    [answer] = raced.second
    assert (answer.how, answer.row.id) == (How.DEDUPLICATED, first.id)


async def test_a_job_has_its_unique_key_until_its_ending_is_kept(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job(unique_key="u"))

    raced = await stage.race(
        settling(worker, job), lambda other: store.accept(other, [new_job(unique_key="u")])
    )
    [after] = await store.accept(db, [new_job(unique_key="u")])

    [answer] = raced.second
    assert (answer.how, answer.row.id) == (How.DEDUPLICATED, job.id)
    assert isinstance(after, Accepted)
    assert after.how is How.NEW


async def test_a_retry_gives_way_to_a_job_that_takes_its_unique_key(
    stage: Stage, db: Session
) -> None:
    [old] = await accepted(db, new_job(unique_key="u"))
    await store.cancel(db, ANYBODY, [old.id])
    fresh = new_job(unique_key="u")

    raced = await stage.race(lambda one: store.accept(one, [fresh]), retrying(old.id))

    assert raced.waited
    assert raced.second == []
    assert await state_of(db, old.id) == "cancelled"


async def test_a_submission_finds_the_job_whose_retry_takes_its_unique_key(
    stage: Stage, db: Session
) -> None:
    [old] = await accepted(db, new_job(unique_key="u"))
    await store.cancel(db, ANYBODY, [old.id])

    raced = await stage.race(
        retrying(old.id), lambda other: store.accept(other, [new_job(unique_key="u")])
    )

    assert raced.waited
    [answer] = raced.second
    assert (answer.how, answer.row.id) == (How.DEDUPLICATED, old.id)


async def test_a_derived_id_is_taken_in_once(stage: Stage, db: Session) -> None:
    tick = derived_uuid7(uuid7(), "tick")

    with pytest.raises(ExceptionGroup) as refused:
        await stage.race(
            lambda one: store.accept(one, [new_job(id=tick)]),
            lambda other: store.accept(other, [new_job(id=tick)]),
        )

    [error] = refused.value.exceptions
    assert isinstance(error, asyncpg.UniqueViolationError)
    assert error.constraint_name == "jobs_pkey"
    assert await state_of(db, tick) == "queued"


async def test_a_job_after_one_that_is_ending_goes_on(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [before] = await begun(db, worker)
    later = new_job(after_policy="fail")

    raced = await stage.race(
        settling(worker, before), lambda other: accept_after(other, later, before.id)
    )
    await resolving(db)

    assert raced.waited
    assert await state_of(db, later.id) == "queued"


async def test_an_ending_waits_for_the_job_that_is_to_run_after(stage: Stage, db: Session) -> None:
    worker = await hired(db)
    [before] = await begun(db, worker)
    later = new_job(after_policy="fail")

    raced = await stage.race(
        lambda one: accept_after(one, later, before.id), settling(worker, before)
    )
    await resolving(db)

    assert raced.waited
    assert await state_of(db, later.id) == "queued"


async def test_the_last_two_jobs_of_a_batch_complete_it_once(stage: Stage, db: Session) -> None:
    worker, jobs = await hired(db), [new_job(), new_job()]
    batch = await accept_batch(db, *jobs)
    one, other = await store.start(db, starter(worker), [job.id for job in jobs])

    async def end_and_complete(session: Session) -> list[store.BatchRow]:
        await settling(worker, other)(session)
        return await completing(session)

    raced = await stage.race(settling(worker, one), end_and_complete)

    assert raced.waited
    assert [row.id for row in raced.second] == [batch]
    assert await completing(db) == []


async def test_two_completions_of_a_batch_are_one(stage: Stage, db: Session) -> None:
    worker, jobs = await hired(db), [new_job()]
    await accept_batch(db, *jobs)
    [job] = await store.start(db, starter(worker), [jobs[0].id])
    await settling(worker, job)(db)

    raced = await stage.race(completing, completing)

    assert [len(raced.first), len(raced.second)] == [1, 0]


async def test_a_retry_during_the_completion_begins_another_round(
    stage: Stage, db: Session
) -> None:
    jobs = [new_job()]
    batch = await accept_batch(db, *jobs)
    await store.cancel(db, ANYBODY, [jobs[0].id])

    raced = await stage.race(completing, retrying(jobs[0].id))

    assert raced.waited
    found = await store.find_batch(db, ANNA, batch)
    assert found
    assert (found.round, found.queued, found.completed_at) == (2, 1, None)


async def test_a_completion_leaves_a_batch_alone_that_gets_work_again(
    stage: Stage, db: Session
) -> None:
    jobs = [new_job()]
    batch = await accept_batch(db, *jobs)
    await store.cancel(db, ANYBODY, [jobs[0].id])

    raced = await stage.race(retrying(jobs[0].id), completing)

    assert raced.second == []
    found = await store.find_batch(db, ANNA, batch)
    assert found
    assert (found.round, found.queued) == (1, 1)


LOCKED_JOB = "SELECT FROM jobs WHERE id = $1 FOR NO KEY UPDATE"
LOCKED_SEQUENCE = "SELECT FROM sequences WHERE user_id = 'anna' FOR NO KEY UPDATE"


async def test_a_completion_and_a_retry_at_once_do_not_lock_each_other_out(
    stage: Stage, db: Session
) -> None:
    job = new_job()
    await accept_batch(db, job)
    await store.cancel(db, ANYBODY, [job.id])

    raced = await stage.crowd(LOCKED_SEQUENCE, retrying(job.id), completing)

    assert [len(raced.first), len(raced.second)] == [1, 0]


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


async def test_a_batch_grows_while_one_of_its_jobs_ends(stage: Stage, db: Session) -> None:
    worker, jobs = await hired(db), [new_job()]
    batch = await accept_batch(db, *jobs, open=True)
    [job] = await store.start(db, starter(worker), [jobs[0].id])

    async def reopen(session: Session) -> object:
        return await store.reopen_batch(session, batch, ANNA, open=False)

    async def grow(session: Session) -> object:
        return await accepted(session, new_job(batch_id=batch))

    raced = await stage.race(reopen, settling(worker, job), then=grow)

    assert raced.waited
    assert await completing(db) == []


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
