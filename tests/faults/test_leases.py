"""When a worker may take others for dead: only after a whole lease of its own good renewals."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from jobs import store
from jobs.announcer import Announcer
from jobs.db import Database
from jobs.ids import uuid7
from jobs.lease import Lease
from jobs.rescuer import Rescuer
from jobs.resources import open_resources
from jobs.store import JobRow, Starter
from jobs.worker import Worker
from service.dev.child import becomes_true
from service.dev.postgres_server import PostgresServer
from tests.faults.one_pool import OnePool
from tests.faults.site import Site
from tests.faults.steps import Fault

OVERDUE = "UPDATE workers SET lease_until = now() - interval '1 s' WHERE id = $1"


async def test_a_worker_that_could_not_renew_its_own_lease_takes_nobody_for_dead(
    up: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("jobs.lease.time", SimpleNamespace(monotonic=lambda: clock.now))
    lease = (await up.worker_here(lease_seconds="60")).lease

    proven = []
    for passed in (59, 61, 1, 59, 2):
        clock.now += passed
        if passed != 61:
            await lease.renew({})
        proven.append(lease.proven)

    # Renewed in time; not renewed for longer than a lease; the first renewal after that, and so on.
    assert proven == [False, False, False, False, True]


async def test_an_outage_for_everybody_makes_nobody_a_dead_worker(
    up: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.chosen["lease_seconds"] = "2"
    await up.web_here()
    customer, watcher = await up.visitors()
    worker = await up.worker_here()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")
    other = await up.worker_here()
    await becomes_true(lambda: is_proven(other.lease), 10)

    others_way = held_up(other.lease, monkeypatch)
    await up.beaten(worker, times=2)
    workers_way = held_up(worker.lease, monkeypatch)
    await becomes_true(lambda: is_overdue(worker.lease), 10)
    rescuer = rescuer_of(other)
    await rescuer.step()
    others_way.set()
    await up.beaten(other, times=1)
    await rescuer.step()
    workers_way.set()
    up.gate.touch()

    verdict = await up.kept()
    assert (verdict.rescued, verdict.repeated) == (0, 0)


async def test_a_restart_of_postgres_makes_nobody_a_dead_worker(
    up: Site, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    worker = await up.worker_here()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")
    other = await up.worker_here(lease_seconds="60")

    backing_off = held_up(worker.lease, monkeypatch)
    await postgres.restart()
    await worker.resources.db.fetch(OVERDUE, worker.lease.worker)
    await rescuer_of(other).rescue()
    backing_off.set()
    up.gate.touch()

    verdict = await up.kept()
    assert (verdict.rescued, verdict.repeated) == (0, 0)


async def test_an_overdue_lease_that_nobody_took_is_renewed(
    up: Site, postgres: PostgresServer
) -> None:
    await up.web_here()
    customer, watcher = await up.visitors()
    worker = await up.worker_here()
    job = await up.gated(customer)
    await watcher.sees(job, "job.started")

    postgres.pause()
    try:
        await becomes_true(lambda: is_overdue(worker.lease), 10)
    finally:
        postgres.resume()
    await up.beaten(worker, times=2)
    up.gate.touch()

    verdict = await up.kept()
    assert (verdict.rescued, verdict.repeated) == (0, 0)


async def test_a_start_and_a_rescue_at_the_same_moment_leave_no_orphan(up: Site) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    job = await customer.submit("noted")
    async with open_resources(up.settings()) as here, open_resources(up.settings()) as there:
        dying = uuid7()
        await store.register(here.db, dying, "dying", 60, {})
        async with here.db.pool.acquire() as connection, connection.transaction():
            inside = Database(OnePool(connection), here.db.sessions, 5)  # type: ignore[arg-type]  # as one
            (started,) = await store.start(inside, Starter(dying, "dying", ["noted"]), [job])
            await there.db.fetch(OVERDUE, dying)
            await store.rescue(there.db, 0, 3)

        await up.worker_here()

        verdict = await up.kept()
    assert started.attempt == 1
    assert verdict.rescued == 1


async def test_a_running_job_whose_worker_is_on_no_list_is_rescued(up: Site) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    victim = await up.worker(Fault("before settle", "kill"))
    await customer.submit("noted")
    await victim.ends()

    worker = await up.worker_here()
    await worker.resources.db.fetch("DELETE FROM workers WHERE id <> $1", worker.lease.worker)

    verdict = await up.kept()
    assert verdict.rescued == 1


async def test_a_start_whose_news_take_long_is_not_given_back(
    up: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    worker = await up.worker_here()
    plain, late = Announcer.publish, [True]

    async def slow(self: Announcer, changed: Iterable[JobRow], since: float | None = None) -> None:
        rows = list(changed)
        if rows[0].state == "running" and late:
            late.clear()
            await worker.attempts.reconcile()
            await worker.attempts.reconcile()
        await plain(self, rows, since)

    monkeypatch.setattr(Announcer, "publish", slow)
    await customer.submit("noted")

    verdict = await up.kept()
    assert not late
    assert up.journal.executions() == [(customer.accepted[0], 1)]
    assert verdict.repeated == 0


def rescuer_of(worker: Worker) -> Rescuer:
    """Return a rescuer of this worker, to look when a test says so."""
    rescuer: Rescuer = dict(worker._loops())["rescuer"].__self__
    return rescuer


async def is_proven(lease: Lease) -> bool:
    return lease.proven


async def is_overdue(lease: Lease) -> bool:
    return time.monotonic() - lease._renewed_at > lease.seconds


def held_up(lease: Lease, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Let a worker's next renewals wait, as one in a long back-off does."""
    go_on, renew = asyncio.Event(), lease.renew

    async def later(info: Mapping[str, Any]) -> bool:
        await go_on.wait()
        return await renew(info)

    monkeypatch.setattr(lease, "renew", later)
    return go_on
