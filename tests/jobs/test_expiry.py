"""Jobs that are worth nothing when they start too late."""

import orjson
import pytest

from jobs.acceptance import Submission
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.worker import Worker
from realtime.channels import Channel
from service.dev.redis_server import RedisServer
from tests.jobs.conftest import ANNA, ended, running, submit, until, working
from tests.jobs.happenings import all_over, value, when, worker_dies

SOON = 0.2


async def test_a_queued_job_expires_and_never_starts(
    resources: Resources, settings: JobsSettings
) -> None:
    single = settings.model_copy(update={"worker_concurrency": 1})
    async with working(single):
        busy = await submit(resources, "slow", seconds=60)
        await running(resources, busy)
        job = await resources.queue.submit(ANNA, Submission("echo", {}, expires_seconds=SOON))

        done = await ended(resources, job)
        await resources.queue.cancel(ANNA, busy.id)

    assert job.expires_at is not None
    assert done.finished_at is not None
    assert done.error is not None
    assert (done.state, done.attempt, done.error.code) == ("expired", 0, "expired")
    assert done.finished_at >= job.expires_at
    assert await value(resources, "SELECT count(*) FROM jobs WHERE state = 'running'") == 0


async def test_a_scheduled_job_expires(resources: Resources, worker: Worker) -> None:
    wanted = Submission("echo", {}, delay_seconds=60, expires_seconds=SOON)

    done = await ended(resources, await resources.queue.submit(ANNA, wanted))

    assert (done.state, done.attempt) == ("expired", 0)


async def test_a_job_whose_time_comes_as_it_expires_does_not_start(
    resources: Resources, worker: Worker
) -> None:
    wanted = Submission("echo", {}, delay_seconds=SOON, expires_seconds=SOON)

    jobs = [await resources.queue.submit(ANNA, wanted) for _ in range(5)]

    assert {(await ended(resources, job)).state for job in jobs} == {"expired"}


async def test_a_waiting_job_expires(resources: Resources, worker: Worker) -> None:
    before = await submit(resources, "slow", seconds=60)
    wanted = Submission("echo", {}, after=[before.id], expires_seconds=SOON)

    done = await ended(resources, await resources.queue.submit(ANNA, wanted))
    await resources.queue.cancel(ANNA, before.id)

    assert (done.state, done.attempt) == ("expired", 0)


async def test_a_job_that_started_in_time_goes_on(resources: Resources, worker: Worker) -> None:
    wanted = Submission("slow", {"seconds": 0.6}, expires_seconds=0.4)
    job = await resources.queue.submit(ANNA, wanted)
    await running(resources, job)

    done = await ended(resources, job)

    assert done.expires_at is not None
    assert done.finished_at is not None
    assert done.state == "succeeded"
    assert done.finished_at > done.expires_at


@pytest.mark.parametrize("how", ["failure", "crash"])
async def test_a_job_that_started_in_time_is_tried_again_after_its_time(
    resources: Resources, worker: Worker, how: str
) -> None:
    args = {"times": 1, "how": "raise" if how == "failure" else "hang"}
    job = await resources.queue.submit(ANNA, Submission("visit", args, expires_seconds=30))
    await until(resources, job, lambda found: found.attempt >= 1)
    await resources.db.fetch("UPDATE jobs SET expires_at = now()")
    if how == "crash":
        await worker_dies(resources)

    done = await ended(resources, job)

    assert (done.state, done.attempt) == ("succeeded", 2)


async def test_a_job_expires_without_redis(
    resources: Resources, settings: JobsSettings, redis_server: RedisServer
) -> None:
    await resources.queue.submit(ANNA, Submission("echo", {}, expires_seconds=SOON))
    await when(resources, "(SELECT expires_at < now() FROM jobs)")
    redis_server.kill()

    async with working(settings):
        await all_over(resources)

    assert await value(resources, "SELECT state FROM jobs") == "expired"


async def test_the_owner_is_told(resources: Resources, worker: Worker) -> None:
    wanted = Submission("echo", {}, delay_seconds=60, expires_seconds=SOON, notify=True)
    job = await resources.queue.submit(ANNA, wanted)
    await ended(resources, job)

    changes = await resources.source.changes(Channel.user("acme", "anna"), 1, 10)
    snapshot = await resources.source.snapshot(Channel.job(job.id))

    assert [message.type for message in changes.messages] == ["job.expired", "inbox.created"]
    assert orjson.loads(changes.messages[0].body)["data"]["state"] == "expired"
    assert snapshot.final


async def test_an_expired_job_runs_when_it_is_retried(resources: Resources, worker: Worker) -> None:
    wanted = Submission("echo", {}, delay_seconds=60, expires_seconds=SOON)
    job = await resources.queue.submit(ANNA, wanted)
    await ended(resources, job)

    await resources.queue.retry(ANNA, job.id)

    assert (await ended(resources, job)).state == "succeeded"


async def test_many_expire_in_one_go_and_leave_the_queue(
    resources: Resources, worker: Worker
) -> None:
    wanted = Submission("lined_up", {}, expires_seconds=SOON)
    await resources.db.fetch("INSERT INTO paused_queues VALUES ('mail', 'an operator')")
    jobs = [await resources.queue.submit(ANNA, wanted) for _ in range(30)]

    await all_over(resources)

    assert await value(resources, "SELECT count(*) FROM jobs WHERE state = 'expired'") == len(jobs)
    assert await resources.redis.zcard("arq:queue:acme") == 0
