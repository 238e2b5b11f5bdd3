"""Two sessions at one batch, or at jobs that wait for each other, in both orders."""

import asyncio

import pytest

from jobs import store
from jobs.batches import BatchSubmission
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.store import ANYBODY
from tests.jobs.conftest import ANNA as ANNAS
from tests.jobs.store.scene import (
    ANNA,
    accept_after,
    accept_batch,
    accepted,
    begun,
    ending,
    hired,
    new_job,
    starter,
    state_of,
)
from tests.jobs.store.session import Session, Stage
from tests.jobs.store.steps import (
    completing,
    resolving,
    retrying,
    settling,
)

pytestmark = pytest.mark.usefixtures("sound")

LOCKED_JOB = "SELECT FROM jobs WHERE id = $1 FOR NO KEY UPDATE"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
LOCKED_SEQUENCE = "SELECT FROM sequences WHERE user_id = 'anna' FOR NO KEY UPDATE"


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


async def test_a_completion_and_a_retry_at_once_do_not_lock_each_other_out(
    stage: Stage, db: Session
) -> None:
    job = new_job()
    await accept_batch(db, job)
    await store.cancel(db, ANYBODY, [job.id])

    raced = await stage.crowd(LOCKED_SEQUENCE, retrying(job.id), completing)

    assert [len(raced.first), len(raced.second)] == [1, 0]


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


@pytest.mark.parametrize("grown", [False, True], ids=["a new batch", "one that grows"])
async def test_a_batch_after_a_job_that_is_ending_does_not_lock_it_out(
    stage: Stage, db: Session, resources: Resources, grown: bool
) -> None:
    worker, batch = await hired(db), await accept_batch(db, new_job(), open=True)
    [before] = await begun(db, worker, new_job(batch_id=batch))
    later = Submission("echo", {}, after=[before.id])
    wanted = BatchSubmission([later], batch_id=batch if grown else None, open=True)

    async with asyncio.TaskGroup() as group, stage.one.connection.transaction():
        await stage.one.fetch(LOCKED_JOB, before.id)
        submitting = group.create_task(resources.batches.submit(ANNAS, wanted))
        while not (await db.fetch(WAITING))[0][0]:
            assert not submitting.done()
        settled = await store.settle(stage.one, worker, [ending(before)])

    assert [row.state for row in settled] == ["succeeded"]
    assert (await submitting).batch.total == (3 if grown else 1)
