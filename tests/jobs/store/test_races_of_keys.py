"""Two submissions with one key at a time, and what a key or a follower keeps from being removed."""

import asyncpg
import pytest

from jobs import store
from jobs.errors import IdempotencyMismatch
from jobs.ids import derived_uuid7, uuid7
from jobs.store import ANYBODY, Accepted, How
from tests.jobs.store.scene import (
    accept_after,
    accepted,
    begun,
    hired,
    new_job,
    state_of,
)
from tests.jobs.store.session import Session, Stage
from tests.jobs.store.steps import (
    deleting,
    retrying,
    settling,
)

pytestmark = pytest.mark.usefixtures("sound")


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
