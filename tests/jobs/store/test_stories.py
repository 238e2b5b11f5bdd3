"""Short stories of one mechanism each; the broken twins must make them end badly."""

import pytest

from jobs import store
from jobs.store import ANYBODY, Outcome
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
from tests.jobs.store.session import Session

pytestmark = pytest.mark.usefixtures("sound")

MOST = 10


async def test_another_worker_settles_nothing(db: Session) -> None:
    [job] = await begun(db, await hired(db))

    assert await store.settle(db, await hired(db), [ending(job)]) == []
    assert await state_of(db, job.id) == "running"


async def test_an_earlier_attempt_of_the_same_worker_settles_nothing(db: Session) -> None:
    worker = await hired(db)
    [first] = await begun(db, worker)
    await store.settle(db, worker, [ending(first, "queued")])
    await store.start(db, starter(worker), [first.id])

    assert await store.settle(db, worker, [ending(first)]) == []
    assert await state_of(db, first.id) == "running"


async def test_only_what_ended_badly_is_retried(db: Session) -> None:
    worker = await hired(db)
    running, done = await begun(db, worker, new_job(), new_job())
    await store.settle(db, worker, [ending(done)])

    assert await store.retry(db, ANYBODY, [running.id, done.id]) == []


async def test_a_job_after_two_waits_for_both(db: Session) -> None:
    worker = await hired(db)
    one, other = await begun(db, worker, new_job(), new_job())
    later = new_job(after_policy="fail")
    await accept_after(db, later, one.id, other.id)

    await store.settle(db, worker, [ending(one)])
    early = await store.resolve(db, MOST)
    await store.settle(db, worker, [ending(other)])
    [resolved] = await store.resolve(db, MOST)

    assert early == []
    assert (resolved.id, resolved.state) == (later.id, "queued")


async def test_a_retried_job_tells_those_that_still_wait_of_its_next_ending(db: Session) -> None:
    worker = await hired(db)
    one, other = await begun(db, worker, new_job(), new_job())
    later = new_job(after_policy="run")
    await accept_after(db, later, one.id, other.id)
    await store.settle(db, worker, [ending(one, "failed")])
    await store.resolve(db, MOST)

    await store.retry(db, ANYBODY, [one.id])
    await store.settle(db, worker, [ending(other)])
    await store.resolve(db, MOST)
    await store.cancel(db, ANYBODY, [one.id])
    [resolved] = await store.resolve(db, MOST)

    assert (resolved.id, resolved.state) == (later.id, "queued")


async def test_of_two_ended_jobs_with_one_unique_key_the_newer_is_retried(db: Session) -> None:
    ids = []
    for _ in range(2):
        [job] = await accepted(db, new_job(unique_key="u"))
        await store.cancel(db, ANYBODY, [job.id])
        ids.append(job.id)

    [retried] = await store.retry(db, ANYBODY, ids)

    assert retried.id == max(ids)


async def test_an_attempt_goes_on_under_a_limit_that_was_forgotten_meanwhile(db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job("narrow"))
    fence = job.id, job.attempt, worker

    await store.park(db, fence)
    await db.fetch("DELETE FROM limits WHERE used = 0")
    await store.unpark(db, fence, job.slots)
    [other] = await accepted(db, new_job("narrow"))

    assert (await store.start_limited(db, starter(worker), [other.id])).rows == []


async def test_a_fenced_attempt_neither_parks_nor_goes_on(db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job("narrow"))
    fence = job.id, job.attempt + 1, worker

    await store.park(db, fence)
    await store.unpark(db, fence, job.slots)

    assert (await store.by_ids(db, [job.id]))[job.id].slots == ["kind:narrow"]


async def test_a_database_that_was_away_rescues_nobody(db: Session) -> None:
    worker = await hired(db)
    await begun(db, worker)
    await lapsed(db, worker)

    assert await store.rescue(db, 1e6, 3) == []


async def test_who_rescues_must_hold_a_lease_of_its_own(db: Session) -> None:
    worker, rescuer = await hired(db), await hired(db)
    [job] = await begun(db, worker)
    await lapsed(db, worker)
    await lapsed(db, rescuer)

    overdue = await store.rescue(db, 0.0, 3, rescuer)
    await store.renew(db, rescuer, HOUR)
    proven = await store.rescue(db, 0.0, 3, rescuer)

    assert overdue == []
    assert [row.id for row in proven] == [job.id]


async def test_a_job_whose_workers_row_is_gone_is_rescued(db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker, new_job(concurrency_key="k"))
    await db.fetch("DELETE FROM workers")

    [rescued] = await store.rescue(db, HOUR * 1e3, 3)

    assert (rescued.id, rescued.state, rescued.crashes) == (job.id, "queued", 1)


async def test_a_batch_counts_every_change_of_its_jobs(db: Session) -> None:
    worker = await hired(db)
    wanted = [new_job() for _ in range(5)]
    batch = await accept_batch(db, *wanted)
    ids = sorted(job.id for job in wanted)
    later = new_job(after_policy="run", batch_id=batch, delay_seconds=HOUR)
    await accept_after(db, later, ids[0])

    jobs = sorted(await store.start(db, starter(worker), ids[:4]), key=lambda job: job.id)
    outcomes = ["succeeded", "failed", "retrying"]
    await store.settle(db, worker, [ending(j, o) for j, o in zip(jobs, outcomes, strict=False)])
    await lapsed(db, worker)
    rescued = await store.rescue(db, 0.0, 3)
    resolved = await store.resolve(db, MOST)
    await db.fetch("UPDATE jobs SET run_at = now() - interval '1 s' WHERE state = 'retrying'")
    promoted = await store.promote(db, MOST)
    await db.fetch("UPDATE jobs SET expires_at = now() WHERE id = $1", ids[4])
    expired = await store.expire(db, MOST)
    await store.cancel(db, ANYBODY, [ids[2], ids[3]])
    retried = await store.retry(db, ANYBODY, [ids[2]])

    assert [len(rows) for rows in (rescued, resolved, promoted, expired, retried)] == [1] * 5
    found = await store.find_batch(db, ANNA, batch)
    assert found
    counts = found.queued, found.scheduled, found.succeeded, found.failed
    assert (counts, found.cancelled, found.expired) == ((1, 1, 1, 1), 1, 1)


async def test_outcomes_are_told_in_the_order_they_are_numbered(db: Session) -> None:
    worker = await hired(db)
    jobs = await begun(db, worker, *(new_job(notify=True) for _ in range(3)))
    outcomes = [Outcome(job.id, job.attempt, "succeeded", "succeeded") for job in reversed(jobs)]

    settled = await store.settle(db, worker, outcomes)

    numbers = {row.id: row.change_seq for row in settled}
    first = min(numbers.values())
    assert [numbers[job.id] - first for job in jobs] == [0, 2, 4]
