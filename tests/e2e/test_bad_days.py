"""Killed workers, restarted web processes, deploys: with real processes and a page that watches."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from service.dev.child import becomes_true
from service.dev.redis_server import RedisServer
from tests.e2e.processes import Product, Watcher, kill, product
from tests.e2e.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture
async def up(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Product]:
    async with product(database_url, redis_url, tmp_path) as made:
        yield made


async def submit(client: httpx2.AsyncClient, kind: str, **args: Any) -> str:
    answer = await client.post("/api/jobs", json={"kind": kind, "args": args})
    assert answer.status_code == httpx2.codes.ACCEPTED, answer.text
    return str(answer.json()["id"])


async def job(client: httpx2.AsyncClient, job_id: str) -> dict[str, Any]:
    return dict((await client.get(f"/api/jobs/{job_id}")).json())


async def test_a_killed_workers_job_runs_again_and_the_page_is_told(up: Product) -> None:
    await up.web()
    workers = [await up.worker(), await up.worker()]
    async with up.client() as client:
        watcher = await Watcher(client).begin()
        job_id = await submit(client, "slow", seconds=1.5)
        await watcher.until(job_id, "job.started")
        busy = str((await job(client, job_id))["worker"])
        workers.sort(key=lambda one: busy.endswith(f":{one.process.pid}"), reverse=True)
        first, second = workers

        kill(first)
        await watcher.until(job_id, "job.succeeded")
        done = await job(client, job_id)

    assert [a["outcome"] for a in done["attempts"]] == ["lost", "succeeded"]
    assert done["attempts"][0]["worker"] != done["attempts"][1]["worker"]
    assert done["failures"] == 0
    assert watcher.types_of(job_id).count("job.succeeded") == 1
    assert watcher.offsets == sorted(set(watcher.offsets))
    assert second.process.returncode is None


async def test_a_deploy_gives_the_job_back_at_once_and_spends_no_attempt(up: Product) -> None:
    await up.web()
    old = await up.worker()
    async with up.client() as client:
        watcher = await Watcher(client).begin()
        job_id = await submit(client, "slow", seconds=8)
        await watcher.until(job_id, "job.started")
        await up.worker()

        old.process.send_signal(signal.SIGTERM)
        code = await old.ends()
        await watcher.until(job_id, "job.succeeded")
        done = await job(client, job_id)

    assert code == 0
    assert [a["outcome"] for a in done["attempts"]] == ["released", "succeeded"]
    assert done["failures"] == 0


async def test_a_page_sees_the_ending_once_though_its_web_process_was_killed(up: Product) -> None:
    web = await up.web()
    await up.worker()
    async with up.client() as client:
        watcher = await Watcher(client).begin()
        job_id = await submit(client, "slow", seconds=3)
        await watcher.until(job_id, "job.started")

        kill(web)
        await up.web()
        await watcher.until(job_id, "job.succeeded")

    assert watcher.types_of(job_id).count("job.succeeded") == 1
    assert watcher.offsets == sorted(set(watcher.offsets))


async def test_an_open_stream_does_not_hold_up_the_shutdown(up: Product) -> None:
    web = await up.web()
    async with up.client() as client, client.stream("GET", "/api/events?channel=me") as stream:
        lines = stream.aiter_lines()
        first = await anext(lines)

        web.process.send_signal(signal.SIGTERM)
        said = [line async for line in lines]
        code = await web.ends()

    assert first.startswith("retry:")
    assert "event: bye" in said
    assert code == 0


async def test_an_emptied_redis_costs_time_and_nothing_else(
    up: Product, redis_server: RedisServer
) -> None:
    await up.web()
    async with up.client() as client:
        watcher = await Watcher(client).begin()
        jobs = [await submit(client, "echo", value=n) for n in range(20)]
        await redis_server.restart()
        await up.worker()

        for job_id in jobs:
            await watcher.until(job_id, "job.succeeded")

    assert all(watcher.types_of(job_id).count("job.succeeded") == 1 for job_id in jobs)


async def test_a_job_that_kills_its_worker_fails_and_its_neighbours_do_not(up: Product) -> None:
    await up.web()
    async with up.client() as client:
        poison = await submit(client, "flaky", times=99, how="kill")
        fine = await submit(client, "slow", seconds=0.5)
        workers: list[Program] = []

        async def ended() -> bool:
            if not workers or workers[-1].process.returncode is not None:
                workers.append(await up.worker())
            states = [(await job(client, each))["state"] for each in (poison, fine)]
            return states == ["failed", "succeeded"]

        await becomes_true(ended, 90)
        failed = await job(client, poison)

    assert failed["error"]["code"] == "poison"
    assert [a["outcome"] for a in failed["attempts"]] == ["lost"] * 3
