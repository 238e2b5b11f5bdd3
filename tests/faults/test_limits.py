"""A process or a disk at its limits: no files left to open, no room for a file, no time, no memory."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest

from service.dev.child import becomes_true
from service.dev.ports import LOOPBACK
from tests.faults.site import Site

FEW_FILES = 64
CONNECTIONS = 100
ROOM = 200_000
LARGE = b"x" * (4 * ROOM)


async def test_a_web_process_without_files_to_open_comes_back(up: Site) -> None:
    web = await up.web(most_files=FEW_FILES)
    await up.worker_here()
    customer, _ = await up.visitors()
    before = await customer.submit("noted", value="before")

    greedy = [knock(up) for _ in range(CONNECTIONS)]
    submitting = asyncio.create_task(customer.submit("noted", value="meanwhile"))
    await becomes_true(lambda: used_up(web.pid), 10)
    for connection in greedy:
        connection.close()
    jobs = {before, await submitting, await customer.submit("noted", value="after")}

    verdict = await up.kept()
    assert web.running
    assert verdict.jobs >= len(jobs)


async def used_up(pid: int) -> bool:
    return psutil.Process(pid).num_fds() >= FEW_FILES - 1


def knock(up: Site) -> socket.socket:
    """Open a connection and say nothing."""
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex((LOOPBACK, int(up.base.rpartition(":")[2])))
    return connection


async def test_a_worker_without_files_to_open_loses_nothing(up: Site) -> None:
    await up.web_here()
    worker = await up.worker(most_files=FEW_FILES)
    customer, _ = await up.visitors()
    for _ in range(10):
        await customer.submit("troubled", how="files", seconds=0.2)
    for n in range(10):
        await customer.submit("noted", value=n)

    await up.journal.tells("files")
    await up.worker_here()

    await up.kept()
    assert worker.running


async def test_an_upload_that_finds_the_disk_full_leaves_nothing_behind(
    up: Site, tmp_path: Path
) -> None:
    web = await up.web(longest_file=ROOM)
    customer = await up.customer()

    refused = await customer.once("POST", "/api/uploads", content=LARGE)
    left = stored(tmp_path)
    taken = await customer.once("POST", "/api/uploads", content=b"small enough")

    assert refused is None
    assert customer.statuses[503] == 1
    assert left == []
    assert await uploads(up) == 1
    assert taken is not None
    assert taken.status_code == 201
    assert web.running
    await up.kept()


async def test_an_upload_that_is_cut_off_half_way_leaves_nothing_behind(
    up: Site, tmp_path: Path
) -> None:
    await up.web_here()
    customer = await up.customer()
    half_way = asyncio.Event()

    async def half() -> Any:
        yield LARGE
        half_way.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(
        customer.once("POST", "/api/uploads", content=half(), headers={"Content-Length": "9999999"})
    )
    await half_way.wait()
    sending.cancel()
    await asyncio.wait([sending])
    taken = await customer.once("POST", "/api/uploads", content=b"whole")

    async def one_is_left() -> bool:
        return len(stored(tmp_path)) == await uploads(up) == 1

    assert taken is not None
    await becomes_true(one_is_left, 10)


def stored(folder: Path) -> list[Path]:
    return [path for path in (folder / "uploads").rglob("*") if path.is_file()]


async def uploads(up: Site) -> int:
    connection = await asyncpg.connect(up.chosen["database_url"])
    try:
        return int(await connection.fetchval("SELECT count(*) FROM uploads"))
    finally:
        await connection.close()


async def test_a_processor_that_hears_no_cancel_holds_up_nobody(up: Site) -> None:
    await up.web_here()
    await up.worker_here(worker_concurrency="2")
    customer, watcher = await up.visitors()
    deaf = await customer.submit("troubled", how="deaf", seconds=1.5)
    await watcher.sees(deaf, "job.started")

    await customer.once("POST", f"/api/jobs/{deaf}/cancel")
    neighbour = await customer.submit("noted")
    await watcher.sees(neighbour, "job.succeeded", 1)

    await up.kept()
    assert watcher.state(deaf) in {"cancelled", "succeeded"}


@pytest.mark.parametrize("ahead", [75.0, -75.0, 86_400.0])
async def test_a_workers_wrong_clock_starts_and_rescues_nothing_too_soon_or_late(
    up: Site, ahead: float
) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    right = await up.worker_here()
    await up.worker(clock_ahead_seconds=ahead)
    ((clock,),) = up.journal.lines("clock")
    held = await up.gated(customer)
    await watcher.sees(held, "job.started")

    soon = {"kind": "noted", "args": {}, "delay": 0.5}
    (due,) = await customer.order("POST", "/api/jobs", json=soon)
    (later,) = await customer.order("POST", "/api/jobs", json={**soon, "delay": 600})
    await watcher.sees(due, "job.succeeded", 5)
    waiting = watcher.state(later)
    await customer.once("POST", f"/api/jobs/{later}/cancel")
    await up.beaten(right, times=6)
    up.gate.touch()

    verdict = await up.kept()
    assert abs(float(clock) - time.time() - ahead) < 20
    assert waiting == "scheduled"
    assert (verdict.rescued, verdict.repeated) == (0, 0)
