"""A web process killed or stopped at each step of a request: the customer asks again and all is well."""

import asyncio
import signal
from uuid import UUID

import pytest

from tests.faults.site import Site
from tests.faults.steps import Fault

UNANSWERED = ["before accept", "after accept"]
SUBMITTING = [
    *UNANSWERED,
    "before hand_over",
    "after announce",
]  # the last two are behind the answer


def port_of(up: Site) -> int:
    return int(up.base.rpartition(":")[2])


@pytest.mark.parametrize("at", SUBMITTING)
async def test_a_web_process_killed_at_any_step_keeps_what_it_promised(up: Site, at: str) -> None:
    victim = await up.web(Fault(at, "kill", nth=2))
    customer, watcher = await up.visitors()
    first = await customer.submit("noted", value="before")

    submitting = asyncio.create_task(customer.submit("noted", value="meanwhile"))
    await victim.ends()
    await up.web(port=port_of(up))
    later = await submitting
    await up.worker_here()

    verdict = await up.kept()
    assert {watcher.state(job) for job in (first, later)} == {"succeeded"}
    assert customer.unknown >= 1 or at not in UNANSWERED
    assert (verdict.jobs, verdict.repeated) == (2, 0)


@pytest.mark.parametrize("at", ["before cancel", "after cancel"])
async def test_a_stop_that_kills_the_web_process_is_whole_or_was_not(up: Site, at: str) -> None:
    victim = await up.web(Fault(at, "kill"))
    await up.worker_here()
    customer, watcher = await up.visitors()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")

    assert await customer.once("POST", f"/api/jobs/{job}/cancel") is None
    await victim.ends()
    await up.web(port=port_of(up))
    again = await customer.once("POST", f"/api/jobs/{job}/cancel")

    await up.kept()
    assert again is not None
    assert again.status_code in {200, 202}
    assert watcher.state(job) == "cancelled"


@pytest.mark.parametrize("at", ["before retry", "after retry"])
async def test_a_retry_that_kills_the_web_process_is_whole_or_was_not(up: Site, at: str) -> None:
    victim = await up.web(Fault(at, "kill"))
    await up.worker_here()
    customer, watcher = await up.visitors()
    job = await customer.submit("troubled", how="raise", times=3)
    await watcher.sees(job, "job.failed")

    assert await customer.once("POST", f"/api/jobs/{job}/retry") is None
    await victim.ends()
    await up.web(port=port_of(up))
    again = await customer.once("POST", f"/api/jobs/{job}/retry")
    await watcher.sees(job, "job.succeeded")

    await up.kept()
    assert again is not None
    assert again.status_code in {202, 409}


async def test_a_commit_whose_reply_got_lost_is_found_and_promised(up: Site) -> None:
    await up.web(Fault("after fetch", "lose", sql="INSERT INTO jobs"))
    await up.worker_here()
    customer, _ = await up.visitors()

    answer = await customer.once("POST", "/api/jobs", json={"kind": "noted"})  # and no key

    assert answer is not None
    assert answer.status_code == 202
    customer.accepted.append(UUID(answer.json()["id"]))
    await up.kept()


async def test_a_stopped_web_process_costs_its_browsers_only_time(up: Site) -> None:
    web = await up.web()
    await up.worker_here()
    customer, watcher = await up.visitors()
    jobs = [await customer.submit("noted", value=n) for n in range(3)]

    web.signal(signal.SIGSTOP)
    await web.stopped()
    await watcher.until(lambda: watcher.said["connection lost"] > 0)
    web.signal(signal.SIGCONT)
    jobs.append(await customer.submit("noted", value="after"))

    await up.kept()
    assert {watcher.state(job) for job in jobs} == {"succeeded"}


async def test_a_web_process_killed_again_and_again_shows_each_ending_once(up: Site) -> None:
    await up.web()
    await up.worker_here()
    customer, watcher = await up.visitors()
    jobs = []
    for n in range(4):
        jobs.append(await customer.submit("noted", value=n))
        up.started[-1].signal(signal.SIGKILL)
        await up.started[-1].ends()
        await up.web(port=port_of(up))

    await up.kept()
    endings = [watcher.types.get(job, []).count("job.succeeded") for job in jobs]
    assert max(endings) == 1
    assert {watcher.state(job) for job in jobs} == {"succeeded"}
