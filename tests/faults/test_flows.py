"""What follows from an ending, when who ended it dies: jobs that wait for others, batches that are done."""

import pytest

from service.dev.redis_server import RedisServer
from tests.faults.site import Site
from tests.faults.steps import Fault


@pytest.mark.parametrize("redis_away", [False, True])
async def test_a_job_that_waits_for_others_starts_though_their_worker_died(
    up: Site, redis_server: RedisServer, redis_away: bool
) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    victim = await up.worker(Fault("after settle", "kill"))
    first = await up.gated(customer)
    body = {"kind": "noted", "args": {}, "after": [str(first)]}
    (second,) = await customer.order("POST", "/api/jobs", json=body)
    await watcher.sees(first, "job.started")
    if redis_away:
        redis_server.kill()

    up.gate.touch()
    await victim.ends()
    await up.worker_here()

    await up.kept()
    assert watcher.state(second) == "succeeded"


@pytest.mark.parametrize("redis_away", [False, True])
async def test_a_batch_is_completed_once_though_its_last_worker_died(
    up: Site, redis_server: RedisServer, redis_away: bool
) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    victim = await up.worker(Fault("after settle", "kill", nth=1))
    jobs = [{"kind": "gated", "args": {"gate": str(up.gate)}}]
    body = {"jobs": jobs, "on_complete": {"kind": "noted", "args": {"value": "all over"}}}
    (first,) = await customer.order("POST", "/api/jobs/batch", json=body)
    customer.gave_up = True  # the job that follows was promised with the batch
    await watcher.sees(first, "job.started")
    if redis_away:
        redis_server.kill()

    up.gate.touch()
    await victim.ends()
    await up.worker_here()
    await watcher.until(lambda: len(watcher.view) == 2 and "batch.completed" in watcher.said)

    verdict = await up.kept()
    assert verdict.jobs == 2
    assert watcher.said["batch.completed"] == 1
