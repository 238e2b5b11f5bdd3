"""Bad days: dead workers, lost replies, and Redis or Postgres away for a while."""

import asyncio

import pytest

from jobs import store
from jobs.errors import Unavailable
from jobs.ids import uuid7
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import Outcome, Starter
from jobs.worker import Worker
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.jobs.conftest import ANNA, ended, running, submit, working

KINDS = ("echo", "slow", "flaky")


async def test_the_jobs_of_a_dead_worker_run_again_within_two_leases(
    resources: Resources, settings: JobsSettings
) -> None:
    dead = uuid7()
    await store.register(resources.db, dead, "dead", settings.lease_seconds, {})
    jobs = [await submit(resources, "echo", value=n) for n in range(3)]
    await store.start(resources.db, Starter(dead, "dead", KINDS), [job.id for job in jobs])

    async with working(settings), asyncio.timeout(settings.lease_seconds * 2):
        done = [await ended(resources, job) for job in jobs]

    assert {d.state for d in done} == {"succeeded"}
    assert {(d.attempt, d.failures) for d in done} == {(2, 0)}
    assert {(d.attempts[0].worker, d.attempts[0].outcome) for d in done} == {("dead", "lost")}


async def test_a_job_that_kills_its_workers_fails_as_poison(
    resources: Resources, settings: JobsSettings
) -> None:
    job = await submit(resources, "echo", value=1)

    for _ in range(settings.max_crashes):
        dead = uuid7()
        await store.register(resources.db, dead, "dead", 5, {})
        await store.start(resources.db, Starter(dead, "dead", KINDS), [job.id])
        await resources.db.fetch("UPDATE workers SET lease_until = now() - interval '1 s'")
        await store.rescue(resources.db, 0, settings.max_crashes)

    done = await resources.records.get(ANNA, job.id)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.code == "poison"
    assert [a.outcome for a in done.attempts] == ["lost"] * settings.max_crashes


async def test_a_worker_that_lost_its_lease_can_finish_nothing(resources: Resources) -> None:
    first, second = uuid7(), uuid7()
    await store.register(resources.db, first, "first", 5, {})
    await store.register(resources.db, second, "second", 5, {})
    job = await submit(resources, "echo", value=1)
    await store.start(resources.db, Starter(first, "first", KINDS), [job.id])
    await resources.db.fetch(
        "UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = $1", first
    )
    await store.rescue(resources.db, 0, 3)
    await store.start(resources.db, Starter(second, "second", KINDS), [job.id])

    late = await store.settle(
        resources.db, first, [Outcome(job.id, 1, "succeeded", "succeeded", result="late")]
    )
    fine = await store.settle(
        resources.db, second, [Outcome(job.id, 2, "succeeded", "succeeded", result="fine")]
    )

    assert late == []
    assert [row.result for row in fine] == ["fine"]


async def test_a_worker_without_a_lease_starts_nothing(resources: Resources) -> None:
    job = await submit(resources, "echo", value=1)

    started = await store.start(resources.db, Starter(uuid7(), "ghost", KINDS), [job.id])
    limited = await store.start_limited(resources.db, Starter(uuid7(), "ghost", KINDS), [job.id])

    assert (started, limited.rows) == ([], [])


async def test_a_start_whose_reply_got_lost_is_given_back(
    resources: Resources, worker: Worker
) -> None:
    hidden = store.NewJob(uuid7(), "acme", "anna", "echo", {"value": 1}, 3, 60.0)
    [accepted] = await store.accept(resources.db, [hidden])
    assert isinstance(accepted, store.Accepted)
    job = accepted.row
    lost = await store.start(resources.db, Starter(worker.lease.worker, "me", KINDS), [job.id])

    done = await ended(resources, resources.records.resource(job))

    assert len(lost) == 1
    assert done.state == "succeeded"
    assert [a.outcome for a in done.attempts] == ["released", "succeeded"]
    assert done.failures == 0


async def test_jobs_are_accepted_and_run_while_redis_is_away(
    resources: Resources, worker: Worker, redis_server: RedisServer
) -> None:
    redis_server.kill()

    job = await submit(resources, "echo", value=1)
    async with asyncio.timeout(10):
        done = await polled(resources, job.id)

    assert done == "succeeded"

    await redis_server.restart()
    later = await submit(resources, "echo", value=2)
    assert (await ended(resources, later)).state == "succeeded"


async def test_jobs_run_while_redis_hangs(
    resources: Resources, worker: Worker, redis_server: RedisServer
) -> None:
    redis_server.pause()
    try:
        async with asyncio.timeout(15):
            job = await submit(resources, "echo", value=1)
            done = await polled(resources, job.id)
    finally:
        redis_server.resume()

    assert done == "succeeded"


async def test_a_running_job_survives_a_crash_of_postgres(
    resources: Resources, worker: Worker, postgres: PostgresServer
) -> None:
    job = await submit(resources, "slow", seconds=1.5)
    await running(resources, job)

    postgres.kill()
    with pytest.raises(Unavailable):
        await submit(resources, "echo", value=1)
    await postgres.restart()
    done = await ended(resources, job)
    later = await ended(resources, await submit(resources, "echo", value=2))

    assert (done.state, done.attempt) == ("succeeded", 1)
    assert later.state == "succeeded"


async def test_an_accept_survives_the_loss_of_every_connection(
    resources: Resources, worker: Worker, postgres: PostgresServer
) -> None:
    await submit(resources, "echo", value=0)

    await postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jobcast'"
    )
    job = await submit(resources, "echo", value=1)

    assert (await ended(resources, job)).state == "succeeded"


async def polled(resources: Resources, job_id: object) -> str:
    """Wait for the end by asking Postgres, for when Redis cannot tell."""
    while True:
        row = await resources.db.fetchrow(
            "SELECT state, pg_sleep(0.05)::text FROM jobs WHERE id = $1", job_id
        )
        assert row is not None
        if row["state"] in {"succeeded", "failed"}:
            return str(row["state"])
