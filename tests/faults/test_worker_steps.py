"""A worker killed, stopped, blocked or cut off at each step of a job's way: nothing lost or doubled."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jobs import store
from jobs.arq_queue import ArqQueue
from service.dev.redis_server import RedisServer
from tests.faults.site import Site
from tests.faults.steps import Fault

JOBS = 5
LEASE_AND_MORE = 1.6

KILLED = [
    "before start", "after start", "after publish", "before perform", "before settle",
    "after settle", "before announce", "after announce", "before renew", "before held",
]  # fmt: skip
STOPPED = ["after start", "before perform", "after settle", "after publish"]
LOST = ["after start", "before settle", "after settle", "after renew", "after held"]


@pytest.mark.parametrize("at", KILLED)
async def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(up: Site, at: str) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    victim = await up.worker(Fault(at, "kill"))
    for n in range(JOBS):
        await customer.submit("noted", value=n)

    code = await victim.ends()
    await up.worker_here()

    verdict = await up.kept()
    assert code == -signal.SIGKILL
    assert verdict.jobs == JOBS
    assert verdict.repeated <= JOBS


@pytest.mark.parametrize("at", STOPPED)
async def test_a_worker_stopped_for_longer_than_its_lease_doubles_nothing(
    up: Site, at: str
) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    victim = await up.worker(Fault(at, "stop"))
    for n in range(JOBS):
        await customer.submit("noted", value=n)

    await victim.stopped()
    healthy = await up.worker_here()
    await up.lapsed(victim)
    victim.signal(signal.SIGCONT)
    await victim.says("lease.lost")

    verdict = await up.kept()
    assert verdict.jobs == JOBS
    assert healthy.lease.proven


async def test_a_worker_stopped_for_less_than_its_lease_is_not_robbed(up: Site) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    victim = await up.worker(Fault("before settle", "stop"), settings={"lease_seconds": "60"})
    await customer.submit("noted")

    await victim.stopped()
    bystander = await up.worker_here()
    rescued = await store.rescue(bystander.resources.db, bystander.lease.seconds, 3)
    victim.signal(signal.SIGCONT)

    verdict = await up.kept()
    assert rescued == []
    assert (verdict.rescued, verdict.repeated) == (0, 0)


@pytest.mark.parametrize("do", ["stop", "block"])
async def test_what_wakes_up_after_its_lease_settles_nothing(up: Site, do: str) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    victim = await up.worker(Fault("before settle", do, seconds=3 * LEASE_AND_MORE))
    job = await up.gated(customer, "held_again")

    await up.journal.tells("fault", do)
    await up.worker_here()
    await up.journal.tells("ran", str(job), "2")
    victim.signal(signal.SIGCONT)
    await victim.says('"event":"attempt"')
    up.gate.touch()

    verdict = await up.kept()
    assert (verdict.rescued, verdict.repeated) == (1, 1)


@pytest.mark.parametrize("at", LOST)
async def test_a_reply_lost_at_any_step_costs_time_and_nothing_else(up: Site, at: str) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    await up.worker(Fault(at, "lose"))
    for n in range(JOBS):
        await customer.submit("noted", value=n, seconds=0.5)

    await up.journal.tells("fault", "lose")

    verdict = await up.kept()
    assert (verdict.jobs, verdict.repeated) == (JOBS, 0)


@pytest.mark.parametrize("do", ["kill", "lose"])
async def test_a_rescue_that_is_cut_short_is_whole_or_was_not(up: Site, do: str) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    first = await up.worker(Fault("before settle", "kill"))
    for n in range(JOBS):
        await customer.submit("noted", value=n)
    await first.ends()

    await up.worker(Fault("after rescue", do))
    await up.journal.tells("fault", do, "after", "rescue")
    await up.worker_here()

    verdict = await up.kept()
    assert verdict.rescued <= JOBS


async def test_a_job_whose_time_has_come_starts_all_the_same(up: Site) -> None:
    await up.web_here()
    await up.worker_here()
    customer, _ = await up.visitors()

    body = {"kind": "noted", "args": {}, "delay": 0.3}
    await customer.order("POST", "/api/jobs", json=body)

    verdict = await up.kept()
    assert verdict.repeated == 0


async def test_a_stop_that_no_worker_was_told_of_is_found_in_the_record(up: Site) -> None:
    await up.web_here()
    await up.worker_here()
    customer, watcher = await up.visitors()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")

    with silenced():
        await customer.once("POST", f"/api/jobs/{job}/cancel")
        await watcher.sees(job, "job.cancelled", up.patience)

    await up.kept()


@contextmanager
def silenced() -> Iterator[None]:
    """Let no word to the workers be heard."""
    plain = ArqQueue.tell_workers
    ArqQueue.tell_workers = unheard  # type: ignore[method-assign]
    try:
        yield
    finally:
        ArqQueue.tell_workers = plain  # type: ignore[method-assign]


async def unheard(self: ArqQueue, *words: str) -> bool:
    return bool(words)


@pytest.mark.parametrize("do", ["kill", "lose"])
async def test_a_job_whose_time_has_come_starts_though_its_relay_died(up: Site, do: str) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    await up.worker(Fault("after promote", do))
    body = {"kind": "noted", "args": {}, "delay": 0.3}
    await customer.order("POST", "/api/jobs", json=body)

    await up.journal.tells("fault", do)
    await up.worker_here()

    verdict = await up.kept()
    assert verdict.repeated == 0


@pytest.mark.parametrize("do", ["kill", "lose"])
async def test_a_claim_without_redis_that_is_cut_short_is_found(
    up: Site, redis_server: RedisServer, do: str
) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    await up.worker(Fault("after start", do))
    redis_server.kill()
    for n in range(JOBS):
        await customer.submit("noted", value=n)

    await up.journal.tells("fault", do)
    await up.worker_here()

    verdict = await up.kept()
    assert verdict.jobs == JOBS
    assert verdict.repeated == 0


async def test_a_processor_that_blocks_the_loop_loses_its_lease_and_nothing_more(up: Site) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    victim = await up.worker()
    await customer.submit("troubled", how="block", seconds=3 * LEASE_AND_MORE)
    await up.journal.tells("ran")
    neighbours = [await customer.submit("noted", value=n) for n in range(JOBS)]

    await up.worker_here()
    await victim.says("lease.lost")

    verdict = await up.kept()
    assert verdict.jobs == 1 + len(neighbours)
    assert verdict.repeated <= 1


@pytest.mark.parametrize("how", ["kill", "segfault"])
async def test_a_poison_job_fails_and_its_neighbours_do_not(up: Site, how: str) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    poison = await customer.submit("troubled", how=how, times=99)
    for n in range(JOBS):
        await customer.submit("noted", value=n)

    for _ in range(3):
        victim = await up.worker()
        await victim.ends()
    await up.worker()

    verdict = await up.kept()
    assert watcher.state(poison) == "failed"
    assert [seen.state for seen in watcher.view.values()].count("succeeded") == JOBS
    assert verdict.rescued >= 3


async def test_a_worker_leaves_jobs_of_unknown_kinds_to_those_who_know_them(up: Site) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    await up.worker(Fault("before start", "note"), settings={"processors": "tests.kinds"})
    await customer.submit("noted")
    await up.journal.tells("fault", "note")

    await up.worker_here()

    verdict = await up.kept()
    assert (verdict.jobs, verdict.repeated) == (1, 0)
