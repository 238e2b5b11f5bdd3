"""Processes told to end while things are bad: they end in time, and give back what they had."""

import signal

import pytest

from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.faults.site import Site
from tests.faults.steps import Fault

GRACE_SECONDS = 1
DEPLOYS = 5
IN_TIME_SECONDS = 8.0


async def test_a_worker_told_to_end_gives_its_job_back_and_spends_nothing(up: Site) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    old = await up.worker()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")
    await up.worker_here()

    old.signal(signal.SIGTERM)
    code = await old.ends()
    await up.journal.tells("ran", str(job), "2")
    up.gate.touch()

    verdict = await up.kept()
    assert code == 0
    assert (verdict.rescued, verdict.repeated) == (0, 1)


async def test_a_worker_told_to_end_twice_ends_once_and_well(up: Site) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    old = await up.worker()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        old.signal(number)
    code = await old.ends()
    up.gate.touch()
    await up.worker_here()

    verdict = await up.kept()
    assert code == 0
    assert verdict.rescued == 0


async def test_deploys_under_load_fail_no_job(up: Site) -> None:
    up.chosen["worker_grace_seconds"] = "5"
    await up.web_here()
    customer, _ = await up.visitors()
    workers = [await up.worker(), await up.worker()]

    codes = []
    for n in range(DEPLOYS):
        for m in range(5):
            await customer.submit("noted", value=(n, m), seconds=0.2)
        workers.append(await up.worker())
        old = workers.pop(0)
        old.signal(signal.SIGTERM)
        codes.append(await old.ends())

    verdict = await up.kept()
    assert set(codes) == {0}
    assert (verdict.jobs, verdict.rescued) == (5 * DEPLOYS, 0)


@pytest.mark.parametrize("hung", ["postgres", "both"])
async def test_a_worker_ends_in_time_though_what_it_waits_for_hangs(
    up: Site, postgres: PostgresServer, redis_server: RedisServer, hung: str
) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    worker = await up.worker(settings={"worker_grace_seconds": str(GRACE_SECONDS)})
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")

    postgres.pause()
    if hung == "both":
        redis_server.pause()
    try:
        worker.signal(signal.SIGTERM)
        await worker.ends(IN_TIME_SECONDS)
    finally:
        postgres.resume()
        redis_server.resume()
    up.gate.touch()
    await up.worker_here()

    await up.kept()


async def test_a_worker_ends_in_time_though_a_processor_hears_nothing(up: Site) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    worker = await up.worker(settings={"worker_grace_seconds": str(GRACE_SECONDS)})
    job = await customer.submit("troubled", how="deaf", seconds=60)
    await watcher.sees(job, "job.started")

    worker.signal(signal.SIGTERM)
    await worker.ends(IN_TIME_SECONDS)
    await up.worker_here()

    verdict = await up.kept()
    assert (verdict.rescued, verdict.repeated) == (1, 1)


@pytest.mark.parametrize("at", ["before settle", "after settle"])
async def test_a_worker_killed_while_it_ends_loses_nothing(up: Site, at: str) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    worker = await up.worker(Fault(at, "kill"), settings={"worker_grace_seconds": "1"})
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")

    worker.signal(signal.SIGTERM)
    code = await worker.ends()
    up.gate.touch()
    await up.worker_here()

    await up.kept()
    assert code == -signal.SIGKILL


async def test_a_web_process_told_to_end_sends_its_browsers_elsewhere(up: Site) -> None:
    web = await up.web()
    await up.worker_here()
    customer, watcher = await up.visitors()
    first = await customer.submit("noted", value=1)

    web.signal(signal.SIGTERM)
    code = await web.ends()
    await up.web(port=int(up.base.rpartition(":")[2]))
    second = await customer.submit("noted", value=2)

    await up.kept()
    assert code == 0
    assert watcher.said["bye"] == 1
    assert {watcher.state(job) for job in (first, second)} == {"succeeded"}
