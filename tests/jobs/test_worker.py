"""One job's way through a real worker, real Postgres and real Redis."""

import asyncio
import gc
from datetime import UTC, datetime
from typing import Any

import pytest
from arq import cron

from jobs import store
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.supervision import end
from jobs.worker import Worker
from tests.jobs.conftest import ANNA, ended, running, submit, until, working


async def test_a_submitted_job_succeeds_with_its_result(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "echo", value={"a": [1, "ü", None]})

    done = await ended(resources, job)

    assert done.state == "succeeded"
    assert done.result == {"value": {"a": [1, "ü", None]}}
    assert [(a.attempt, a.outcome) for a in done.attempts] == [(1, "succeeded")]
    assert done.version == 3


async def test_a_result_may_be_a_list_of_lists(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "count_up")

    done = await ended(resources, job)

    assert done.result == [[0], [1], [2]]


async def test_tags_and_metadata_come_back_as_they_were_given(resources: Resources) -> None:
    wanted = Submission("echo", {}, tags=["a", "b"], metadata={"deep": [[1], {"x": None}]})

    job = await resources.queue.submit(ANNA, wanted)

    assert job.tags == ["a", "b"]
    assert job.metadata == {"deep": [[1], {"x": None}]}


@pytest.mark.parametrize("how", ["raise", "retry", "exit", "cancel_itself"])
async def test_a_failed_attempt_is_tried_again(
    resources: Resources, worker: Worker, how: str
) -> None:
    job = await submit(resources, "flaky", times=1, how=how)

    done = await ended(resources, job)

    assert done.state == "succeeded"
    assert [a.outcome for a in done.attempts] == ["failed", "succeeded"]
    assert done.failures == 1


async def test_attempts_run_out_and_the_last_error_stays(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "flaky", times=9)

    done = await ended(resources, job)

    assert done.state == "failed"
    assert done.failures == done.max_attempts == 3
    assert done.error is not None
    assert done.error.message == "ValueError: not this time"
    assert [a.error.code for a in done.attempts if a.error] == ["error"] * 3


async def test_a_discard_is_final_at_once(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "flaky", times=9, how="discard")

    done = await ended(resources, job)

    assert (done.state, done.failures) == ("failed", 1)
    assert done.error is not None
    assert (done.error.code, done.error.message) == ("never", "never again")


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_timeout_is_retried_even_if_the_processor_swallows_it(
    resources: Resources, worker: Worker, stubborn: bool
) -> None:
    job = await submit(resources, "impatient", seconds=60, stubborn=stubborn)

    done = await ended(resources, job)

    assert done.state == "failed"
    assert [a.outcome for a in done.attempts] == ["timeout", "timeout"]
    assert done.error is not None
    assert done.error.code == "timeout"


@pytest.mark.parametrize("what", ["type", "nul", "surrogate", "large"])
async def test_a_result_that_cannot_be_kept_fails_the_job_and_nothing_else(
    resources: Resources, worker: Worker, what: str
) -> None:
    job = await submit(resources, "misshapen", what=what)
    other = await submit(resources, "echo", value=1)

    done, fine = await ended(resources, job), await ended(resources, other)

    assert done.state == "failed"
    assert done.error is not None
    assert done.error.code == "invalid_result"
    assert fine.state == "succeeded"


async def test_a_running_job_is_stopped_within_a_second(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "slow", seconds=60)
    await running(resources, job)

    asked = await resources.queue.cancel(ANNA, job.id)
    async with asyncio.timeout(1):
        done = await ended(resources, job)

    assert asked.state == "running"
    assert asked.cancel_requested_at is not None
    assert done.state == "cancelled"
    assert done.attempts[-1].outcome == "cancelled"


async def test_a_cancel_reaches_the_worker_without_a_control_message(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "slow", seconds=60)
    await running(resources, job)

    await resources.db.fetch("UPDATE jobs SET cancel_requested_at = now() WHERE id = $1", job.id)
    done = await ended(resources, job)

    assert done.state == "cancelled"


async def test_a_job_that_ignores_its_cancellation_ends_as_cancelled(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "slow", seconds=1, stubborn=True)
    await running(resources, job)

    await resources.queue.cancel(ANNA, job.id)
    done = await ended(resources, job)

    assert done.state in {"cancelled", "succeeded"}


async def test_a_queued_job_is_cancelled_at_once(resources: Resources) -> None:
    job = await submit(resources, "echo")

    done = await resources.queue.cancel(ANNA, job.id)

    assert done.state == "cancelled"
    assert await resources.redis.zcard("arq:queue:acme") == 0


async def test_a_cancelled_job_runs_when_it_is_retried(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "slow", seconds=60)
    await running(resources, job)
    await resources.queue.cancel(ANNA, job.id)
    await ended(resources, job)

    again = await resources.queue.retry(ANNA, job.id)
    started = await until(resources, job, lambda found: found.attempt == 2)

    assert again.state == "queued"
    assert again.cancel_requested_at is None
    assert started.state == "running"
    await resources.queue.cancel(ANNA, job.id)
    await ended(resources, job)


async def test_a_shutdown_gives_the_job_back_and_spends_no_attempt(
    resources: Resources, settings: JobsSettings
) -> None:
    async with working(settings):
        job = await submit(resources, "slow", seconds=60)
        await running(resources, job)

    given_back = await resources.records.get(ANNA, job.id)

    assert given_back.state == "queued"
    assert (given_back.failures, given_back.attempt) == (0, 1)
    assert given_back.attempts[0].outcome == "released"
    assert await resources.redis.zrange("arq:queue:acme", 0, -1) == [str(job.id).encode()]
    assert await resources.db.fetch("SELECT * FROM workers") == []


async def test_a_start_cut_short_by_the_shutdown_is_given_back_as_well(
    resources: Resources, settings: JobsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed, start = asyncio.Event(), store.start

    async def start_and_hang(*args: Any) -> Any:
        await start(*args)
        committed.set()
        await asyncio.Event().wait()

    async with working(settings):
        monkeypatch.setattr(store, "start", start_and_hang)
        job = await submit(resources, "echo")
        await committed.wait()

    given_back = await resources.records.get(ANNA, job.id)
    assert given_back.state == "queued"
    assert [a.outcome for a in given_back.attempts] == ["released"]


async def test_a_job_that_ends_within_the_grace_is_not_given_back(
    resources: Resources, settings: JobsSettings
) -> None:
    async with working(settings):
        job = await submit(resources, "slow", seconds=0.5)
        await running(resources, job)

    done = await resources.records.get(ANNA, job.id)

    assert (done.state, done.attempt) == ("succeeded", 1)


async def test_jobs_start_when_redis_forgot_them(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "slow", seconds=0.1)
    await ended(resources, job)

    await resources.db.fetch("SELECT 1")
    later = await submit(resources, "echo", value=2)
    await resources.redis.flushall()
    done = await ended(resources, later)

    assert done.state == "succeeded"


async def test_a_delayed_job_waits_for_its_time(resources: Resources, worker: Worker) -> None:
    job = await resources.queue.submit(ANNA, Submission("echo", {}, delay_seconds=0.4))

    assert job.state == "scheduled"
    done = await ended(resources, job)

    assert done.state == "succeeded"
    assert done.started_at is not None
    assert (done.started_at - job.created_at).total_seconds() >= 0.4


async def test_strange_members_on_the_queue_are_ignored(
    resources: Resources, worker: Worker
) -> None:
    strange = {b"not a job": 0, b"\xff\x00": 1, b"cron:x:1": 2}
    await resources.redis.zadd("arq:queue", strange)
    job = await submit(resources, "echo", value=1)

    done = await ended(resources, job)

    assert done.state == "succeeded"


async def test_many_jobs_all_end_and_each_is_started_once(
    resources: Resources, worker: Worker
) -> None:
    jobs = await asyncio.gather(*(submit(resources, "echo", value=n) for n in range(500)))

    done = [await ended(resources, job) for job in jobs]

    assert {d.state for d in done} == {"succeeded"}
    assert {d.attempt for d in done} == {1}


async def test_the_health_line_counts_what_ended(resources: Resources, worker: Worker) -> None:
    await ended(resources, await submit(resources, "echo"))
    await ended(resources, await submit(resources, "flaky", times=9))

    await worker.attempts.finished()
    worker._last_health_check = 0  # arq would wait for its interval
    await worker.record_health()
    line = await resources.redis.get(f"jobcast:health:{worker.lease.name}")

    assert b"j_complete=1 j_failed=1 j_retried=2 j_ongoing=0" in line


async def test_a_tick_that_is_stopped_before_it_has_begun_leaves_nothing_behind(
    worker: Worker,
) -> None:
    begun: list[Any] = []

    async def note(ctx: Any) -> None:
        begun.append(ctx)

    due = cron(note, second=0)
    due.next_run = datetime.now(UTC)
    worker.cron_jobs, others = [due], set(worker._ticks)

    await worker.run_cron(datetime.now(UTC), 0)
    ticks = worker._ticks - others
    await end(list(ticks))
    gc.collect()  # a coroutine that nobody awaited would be complained of now

    assert (len(ticks), begun) == (1, [])
