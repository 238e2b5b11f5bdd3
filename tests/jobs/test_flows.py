"""Jobs after jobs, and batches: through a worker, and when somebody forgot to go on."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from jobs import store
from jobs.acceptance import Origin, Submission
from jobs.errors import UnknownJob
from jobs.flows import Flows
from jobs.ids import uuid7
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import BatchRow, Owner
from jobs.worker import Worker
from tests.jobs.conftest import ANNA, BERT, ended, running, submit, working
from tests.jobs.happenings import all_over, queue_up, value, when

ECHO = Submission("echo", {})
FAILING = Submission("flaky", {"times": 9, "how": "discard"})
MINE = Owner("acme", "anna")
NEVER_STARTED = "SELECT count(*) FROM jobs WHERE attempt = 0"


async def after(resources: Resources, *before: JobResource, **options: Any) -> JobResource:
    wanted = replace(ECHO, after=[job.id for job in before], **options)
    return await resources.queue.submit(ANNA, wanted)


async def test_a_job_waits_for_the_one_before_it(resources: Resources, worker: Worker) -> None:
    first = await submit(resources, "slow", seconds=0.2)
    second = await after(resources, first)

    done = await ended(resources, second)
    before = await resources.records.get(ANNA, first.id)

    assert second.state == "waiting"
    assert done.state == "succeeded"
    assert done.started_at is not None
    assert before.finished_at is not None
    assert done.started_at >= before.finished_at


async def test_a_chain_of_five_runs_in_its_order(resources: Resources, worker: Worker) -> None:
    chain = [await submit(resources, "slow", seconds=0.1)]
    for _ in range(4):
        chain.append(await after(resources, chain[-1]))

    await ended(resources, chain[-1])

    order = await resources.db.fetch("SELECT id FROM jobs ORDER BY started_at")
    assert [record["id"] for record in order] == [job.id for job in chain]


async def test_a_diamond_joins_when_both_sides_are_over(
    resources: Resources, worker: Worker
) -> None:
    top = await submit(resources, "slow", seconds=0.1)
    sides = [await after(resources, top) for _ in range(2)]
    bottom = await after(resources, *sides)

    done = await ended(resources, bottom)

    assert done.state == "succeeded"
    for side in sides:
        found = await resources.records.get(ANNA, side.id)
        assert found.finished_at is not None
        assert done.started_at is not None
        assert found.finished_at <= done.started_at


async def test_a_job_after_many_that_end_together_starts_once(
    resources: Resources, worker: Worker
) -> None:
    before = [await submit(resources, "echo", value=n) for n in range(60)]
    last = await after(resources, *before)

    done = await ended(resources, last)

    assert (done.state, done.attempt) == ("succeeded", 1)


@pytest.mark.parametrize(
    ("policy", "state"), [("fail", "failed"), ("cancel", "cancelled"), ("run", "succeeded")]
)
async def test_the_policy_says_what_a_failure_before_means(
    resources: Resources, worker: Worker, policy: str, state: str
) -> None:
    first = await resources.queue.submit(ANNA, FAILING)
    second = await after(resources, first, after_policy=policy)

    done = await ended(resources, second)

    assert done.state == state
    if policy == "fail":
        assert done.error is not None
        assert done.error.code == "dependency_failed"


async def test_a_failure_goes_down_a_whole_chain(resources: Resources, worker: Worker) -> None:
    chain = [await resources.queue.submit(ANNA, FAILING)]
    for _ in range(4):
        chain.append(await after(resources, chain[-1]))

    done = await ended(resources, chain[-1])

    assert done.state == "failed"
    assert await value(resources, NEVER_STARTED) == 4


async def test_one_failure_is_enough_while_others_still_run(
    resources: Resources, worker: Worker
) -> None:
    long = await submit(resources, "slow", seconds=60)
    bad = await resources.queue.submit(ANNA, FAILING)
    second = await after(resources, long, bad)

    done = await ended(resources, second)

    assert done.state == "failed"
    await resources.queue.cancel(ANNA, long.id)


@pytest.mark.parametrize(("kind", "state"), [(ECHO, "succeeded"), (FAILING, "failed")])
async def test_what_it_is_to_run_after_may_be_over_already(
    resources: Resources, worker: Worker, kind: Submission, state: str
) -> None:
    first = await resources.queue.submit(ANNA, kind)
    await ended(resources, first)

    done = await ended(resources, await after(resources, first))

    assert done.state == state


async def test_a_cancelled_job_before_it_counts_as_not_succeeded(
    resources: Resources, worker: Worker
) -> None:
    first = await resources.queue.submit(ANNA, replace(ECHO, delay_seconds=60))
    second, third = await after(resources, first), await after(resources, first, after_policy="run")

    await resources.queue.cancel(ANNA, first.id)

    assert (await ended(resources, second)).state == "failed"
    assert (await ended(resources, third)).state == "succeeded"


async def test_a_waiting_job_is_cancelled_at_once(resources: Resources) -> None:
    first = await submit(resources, "echo")
    second = await after(resources, first)

    cancelled = await resources.queue.cancel(ANNA, second.id)

    assert cancelled.state == "cancelled"


async def test_nobody_waits_for_a_job_that_does_not_exist_or_is_another_users(
    resources: Resources,
) -> None:
    theirs = await submit(resources, "echo", BERT)

    for stranger in (uuid7(), theirs.id):
        with pytest.raises(UnknownJob):
            await resources.queue.submit(ANNA, replace(ECHO, after=[stranger]))
    followed = await value(resources, "SELECT bool_or(followed) FROM jobs")

    assert await value(resources, "SELECT count(*) FROM jobs") == 1
    assert followed is False


async def test_a_job_waits_for_others_and_for_its_time(
    resources: Resources, worker: Worker
) -> None:
    first = await submit(resources, "echo")
    second = await after(resources, first, delay_seconds=0.5)

    done = await ended(resources, second)

    assert done.started_at is not None
    assert (done.started_at - second.created_at).total_seconds() >= 0.5


async def test_the_sweep_goes_on_where_a_worker_died_before_it_could(
    resources: Resources, settings: JobsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object) -> None:
        raise RuntimeError("killed between the commit and what follows from it")

    first = await submit(resources, "echo")
    second = await after(resources, first)
    with monkeypatch.context() as patched:
        patched.setattr(Flows, "follow_up", dies)
        patched.setattr(Flows, "go_on", dies)
        async with working(settings):
            await ended(resources, first)
    still = await resources.records.get(ANNA, second.id)

    async with working(settings):
        done = await ended(resources, second)

    assert (still.state, done.state) == ("waiting", "succeeded")


async def test_a_job_expires_while_it_waits_and_those_after_it_hear_of_it(
    resources: Resources, worker: Worker
) -> None:
    long = await submit(resources, "slow", seconds=60)
    second = await after(resources, long, expires_seconds=0.2)
    third = await after(resources, second)

    expired, failed = await ended(resources, second), await ended(resources, third)

    assert (expired.state, failed.state) == ("expired", "failed")
    await resources.queue.cancel(ANNA, long.id)


async def test_nobody_is_forgotten_who_begins_to_wait_while_another_goes_on(
    resources: Resources, worker: Worker
) -> None:
    async def one_after_it(first: JobResource) -> None:
        jobs = await asyncio.gather(*(after(resources, first) for _ in range(5)))
        for job in jobs:
            await ended(resources, job)

    firsts = [await submit(resources, "echo", value=n) for n in range(10)]
    await asyncio.gather(*(one_after_it(first) for first in firsts))

    assert await value(resources, "SELECT count(*) FROM jobs WHERE state = 'succeeded'") == 60


async def begin(resources: Resources, **wanted: Any) -> UUID:
    options = {"open": False, "on_complete": None, "tags": [], **wanted}
    batch = await store.create_batch(resources.db, uuid7(), MINE, **options)
    return batch.id


async def found(resources: Resources, batch: UUID) -> BatchRow:
    row = await store.find_batch(resources.db, MINE, batch)
    assert row is not None
    return row


async def test_a_batch_completes_once_with_its_counters_and_its_last_job(
    resources: Resources, worker: Worker
) -> None:
    batch = await begin(resources, open=True, on_complete={"kind": "echo", "args": {"value": 7}})
    await queue_up(resources, [ECHO] * 8 + [FAILING] * 2, origin=Origin(batch_id=batch))
    await store.reopen_batch(resources.db, batch, MINE, open=False)

    await when(resources, "(SELECT completed_at IS NOT NULL FROM batches)")
    await all_over(resources)

    row = await found(resources, batch)
    last = await resources.db.fetch("SELECT * FROM jobs WHERE batch_id IS NULL")
    assert (row.total, row.succeeded, row.failed, row.queued, row.running) == (10, 8, 2, 0, 0)
    assert [(job["result"], job["metadata"]["batch"]["failed"]) for job in last] == [
        ({"value": 7}, 2)
    ]


async def test_a_batch_whose_failed_jobs_are_retried_completes_again(
    resources: Resources, settings: JobsSettings
) -> None:
    batch = await begin(resources, open=True, on_complete={"kind": "echo"})
    wanted = [Submission("flaky", {"times": 1, "how": "discard"})] * 2
    jobs = await queue_up(resources, wanted, origin=Origin(batch_id=batch))
    await store.reopen_batch(resources.db, batch, MINE, open=False)
    async with working(settings):
        await when(resources, "(SELECT completed_at IS NOT NULL FROM batches)")

    for job in jobs:  # while nobody works: the first is not over before the second is retried
        await resources.queue.retry(ANNA, job.id)
    async with working(settings):
        await when(resources, "(SELECT completed_at IS NOT NULL AND round = 2 FROM batches)")
        await all_over(resources)

    row = await found(resources, batch)
    assert (row.succeeded, row.failed, row.total) == (2, 0, 2)
    assert await value(resources, "SELECT count(*) FROM jobs WHERE batch_id IS NULL") == 2


async def test_a_batch_that_a_job_of_an_unknown_kind_is_to_follow_is_left_to_who_knows_it(
    resources: Resources,
) -> None:
    batch = await begin(resources, on_complete={"kind": "of_the_next_version"})

    await resources.flows.complete()
    left = await found(resources, batch)
    done = await store.complete_batches(resources.db, 10, ["of_the_next_version"])

    assert left.completed_at is None
    assert [row.id for row in done] == [batch]


async def test_a_batch_completes_when_its_last_job_is_cancelled(resources: Resources) -> None:
    batch = await begin(resources, open=True)
    jobs = await queue_up(resources, [ECHO] * 2, origin=Origin(batch_id=batch))
    await store.reopen_batch(resources.db, batch, MINE, open=False)

    for job in jobs:
        await resources.queue.cancel(ANNA, job.id)

    row = await found(resources, batch)
    assert row.completed_at is not None
    assert row.cancelled == 2


async def test_each_change_of_a_batch_gives_it_a_higher_revision(resources: Resources) -> None:
    batch = await begin(resources, open=True)
    seen = [(await found(resources, batch)).revision]

    async def look() -> None:
        seen.append((await found(resources, batch)).revision)

    jobs = await queue_up(resources, [ECHO] * 2, origin=Origin(batch_id=batch))
    await look()
    await store.reopen_batch(resources.db, batch, MINE, open=False)
    await look()
    for job in jobs:
        await store.cancel(resources.db, MINE, [job.id])
        await look()
    await store.complete_batches(resources.db, 10)
    await look()
    await store.retry(resources.db, MINE, [jobs[0].id])
    await look()

    assert seen == sorted(set(seen))


async def test_an_open_batch_does_not_complete(resources: Resources, worker: Worker) -> None:
    batch = await begin(resources, open=True)
    [job] = await queue_up(resources, [ECHO], origin=Origin(batch_id=batch))

    await ended(resources, resources.records.resource(job))
    await running(resources, await submit(resources, "slow", seconds=0.3))

    assert (await found(resources, batch)).completed_at is None
