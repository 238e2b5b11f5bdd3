import asyncio

from jobs.resources import Health, Resources
from jobs.settings import JobsSettings
from jobs.worker import Worker
from tests.jobs.conftest import ended, running, submit

OF_THE_TEST = 3
"""Connections the test itself listens and looks with."""

SHARED = 1
"""The connection that all hot calls of a process share."""

WAITING = 1
"""The connection on which a worker waits for work."""


async def test_many_talkative_jobs_share_few_connections(
    resources: Resources, worker: Worker, settings: JobsSettings
) -> None:
    jobs = await asyncio.gather(
        *(submit(resources, "stream", words=30, pause=0.01) for _ in range(60))
    )
    await running(resources, jobs[-1])

    clients = await resources.redis.client_list()
    backends = await resources.db.fetch(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'jobcast'"
    )
    done = [await ended(resources, job) for job in jobs]

    assert {job.state for job in done} == {"succeeded"}
    assert len(clients) <= 2 * (settings.redis_pool_size + SHARED) + WAITING + OF_THE_TEST
    assert len(backends) <= 2 * settings.database_pool_size


async def test_health_names_what_is_there(resources: Resources, worker: Worker) -> None:
    health = await resources.health()

    assert health == Health(postgres=True, redis=True, workers=1, degraded_kinds=[])


async def test_the_pools_of_a_web_process_and_a_worker_add_up_to_a_small_plan() -> None:
    settings = JobsSettings()
    listening = 1
    web_postgres, web_redis = (
        settings.database_pool_size,
        settings.redis_pool_size + SHARED + listening,
    )
    worker_postgres = settings.database_pool_size + settings.session_pool_size
    worker_redis = settings.redis_pool_size + SHARED + WAITING

    assert web_postgres + worker_postgres + 2 <= 20  # a migration and an operator come as well
    assert web_redis + worker_redis + 2 <= 20
