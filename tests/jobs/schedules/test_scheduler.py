"""Firing: each tick once, whoever fires and whatever happens meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import time_machine

from jobs import store
from jobs.db import Statements, Transaction
from jobs.errors import Unavailable
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.schedules import scheduler as scheduler_module
from jobs.schedules.resource import ScheduleResource
from jobs.schedules.scheduler import Scheduler
from jobs.schedules.wanted import WantedSchedule
from jobs.store import JobFilter, due_schedules
from jobs.store import schedules as kept
from jobs.worker import Worker
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, ended, running
from tests.jobs.happenings import value

EVERY_MINUTE = WantedSchedule("echo", {"value": 1}, every=timedelta(minutes=1))


@pytest.fixture
def scheduler(resources: Resources) -> Scheduler:
    return new_scheduler(resources)


def new_scheduler(resources: Resources) -> Scheduler:
    parts = resources.registry, resources.acceptance, resources.flows, resources.announcer
    return Scheduler(resources.settings, resources.db, *parts)


async def put(
    resources: Resources, key: str = "often", caller: Caller = ANNA, **changed: Any
) -> ScheduleResource:
    fields = {name: getattr(EVERY_MINUTE, name) for name in WantedSchedule.__slots__}
    made, _ = await resources.schedules.put(caller, key, WantedSchedule(**{**fields, **changed}))
    return made


async def turn_back(resources: Resources, seconds: float, key: str | None = None) -> None:
    """Move the schedules' whole lives back, so that their next tick is due, or was."""
    await resources.db.fetch(
        "UPDATE schedules SET anchor_at = anchor_at - make_interval(secs => $1), "
        "next_at = next_at - make_interval(secs => $1) WHERE $2::text IS NULL OR key = $2",
        seconds,
        key,
    )


async def fire_all(scheduler: Scheduler) -> list[UUID]:
    """Make passes until nothing is due, and return the ids of the jobs."""
    made: list[UUID] = []
    while True:
        fired = await scheduler.fire()
        made += [row.id for row in fired.jobs]
        if not fired.more:
            return made


async def jobs_of(resources: Resources, caller: Caller = ANNA) -> list[JobResource]:
    page = await resources.records.list(caller, JobFilter(limit=200))
    return sorted(page.data, key=lambda job: job.metadata.get("tick", ""))


async def jobs_made(resources: Resources, count: int) -> list[JobResource]:
    """Wait until a worker's scheduler has made ``count`` jobs; looked at after each event."""
    async with asyncio.timeout(20), resources.redis.pubsub() as pubsub:
        await pubsub.psubscribe("jobcast:events:user:*")
        while len(found := await jobs_of(resources)) < count:
            await pubsub.get_message(timeout=0.2)
        return found


async def test_a_due_tick_makes_its_job_and_the_next_tick_is_set(
    resources: Resources, scheduler: Scheduler
) -> None:
    made = await put(resources, options={"priority": 7, "tags": ["nightly"], "max_attempts": 2})
    await turn_back(resources, 60)

    fired = await scheduler.fire()

    (job,) = await jobs_of(resources)
    assert [row.id for row in fired.jobs] == [job.id]
    assert (job.state, job.kind, job.args, job.user) == ("queued", "echo", {"value": 1}, "anna")
    assert (job.priority, job.tags, job.max_attempts) == (7, ["nightly"], 2)
    assert job.metadata["schedule"] == "often"
    after = await resources.schedules.get(ANNA, "often")
    assert (after.runs, after.last_job_id, after.last_problem) == (1, job.id, None)
    assert after.last_at is not None
    assert datetime.fromisoformat(job.metadata["tick"]) == after.last_at
    assert after.next_at == after.last_at + timedelta(minutes=1)
    assert await schedule_ids(resources) == [made.id]
    assert (await resources.records.get(ANNA, job.id)).position == 1


async def test_nothing_happens_before_the_tick(resources: Resources, scheduler: Scheduler) -> None:
    await put(resources)

    fired = await scheduler.fire()

    assert (fired.jobs, fired.more) == ([], False)
    assert fired.next_seconds is not None
    assert 55 < fired.next_seconds <= 60


async def test_a_worker_fires_a_schedule_made_elsewhere_within_seconds(
    resources: Resources, worker: Worker
) -> None:
    await put(resources)
    await turn_back(resources, 60)

    (job,) = await jobs_made(resources, 1)
    done = await ended(resources, job)

    assert done.state == "succeeded"


async def test_three_schedulers_at_once_make_each_tick_once(resources: Resources) -> None:
    for number in range(30):
        await put(resources, f"s{number}", missed="all")
    await turn_back(resources, 300)
    schedulers = [new_scheduler(resources) for _ in range(3)]

    made = await asyncio.gather(*(fire_all(scheduler) for scheduler in schedulers))

    ids = [job_id for each in made for job_id in each]
    assert len(ids) == len(set(ids)) == 30 * 5
    assert await value(resources, "SELECT count(*) FROM jobs") == 150
    rows = await resources.db.fetch("SELECT runs, next_at > now() FROM schedules")
    assert {tuple(row) for row in rows} == {(5, True)}


@pytest.mark.parametrize("hours", [-30, 30])
async def test_a_worker_whose_clock_is_wrong_fires_by_the_databases(
    resources: Resources, hours: int
) -> None:
    await put(resources, "due")
    await put(resources, "not_due", every=timedelta(hours=2))
    await turn_back(resources, 60)
    right, wrong = new_scheduler(resources), new_scheduler(resources)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True):
        skewed = await fire_all(wrong)
    later = await fire_all(right)

    assert (len(skewed), later) == (1, [])
    (job,) = await jobs_of(resources)
    assert job.metadata["schedule"] == "due"
    assert job.created_at - datetime.fromisoformat(job.metadata["tick"]) < timedelta(minutes=1)


async def test_a_scheduler_killed_before_the_commit_leaves_the_tick_to_others(
    resources: Resources, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(resources)
    await turn_back(resources, 60)
    monkeypatch.setattr(store, "accept", killed_after(store.accept))
    with pytest.raises(Unavailable):
        await scheduler.fire()
    monkeypatch.undo()
    assert await jobs_of(resources) == []

    await fire_all(new_scheduler(resources))

    assert len(await jobs_of(resources)) == 1


async def test_a_scheduler_killed_after_the_commit_made_its_tick(
    resources: Resources, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(resources)
    await turn_back(resources, 60)
    monkeypatch.setattr(resources.announcer, "announce", die)
    with pytest.raises(asyncio.CancelledError):
        await scheduler.fire()
    monkeypatch.undo()

    assert await fire_all(new_scheduler(resources)) == []
    assert [job.state for job in await jobs_of(resources)] == ["queued"]


async def test_a_clock_set_back_makes_no_tick_a_second_time(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources)
    await turn_back(resources, 60)
    await fire_all(scheduler)
    await resources.db.fetch("UPDATE schedules SET next_at = last_at")

    again = await fire_all(scheduler)

    assert (again, len(await jobs_of(resources))) == ([], 1)


@pytest.mark.parametrize(("missed", "expected"), [("skip", 1), ("one", 1), ("all", 10)])
async def test_ticks_found_too_late_follow_the_policy(
    resources: Resources, scheduler: Scheduler, missed: str, expected: int
) -> None:
    await put(resources, missed=missed)
    await turn_back(resources, 630)

    made = await fire_all(scheduler)

    found = await jobs_of(resources)
    assert len(made) == len(found) == expected
    after = await resources.schedules.get(ANNA, "often")
    assert found[-1].metadata["tick"] == told(after.last_at)
    assert (after.runs, after.last_problem is None) == (expected, missed == "all")


async def test_a_long_outage_is_made_up_for_in_bounded_passes(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources, missed="all", every=timedelta(seconds=10))
    await turn_back(resources, 10 * 2_500 + 5)

    first = await scheduler.fire()
    rest = await fire_all(scheduler)

    assert (len(first.jobs), first.more, len(rest)) == (1_000, True, 1_500)
    ticks = [row.metadata["tick"] for row in first.jobs]
    assert ticks == sorted(ticks)


async def test_who_has_much_to_make_up_for_delays_nobody(
    resources: Resources, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler_module, "PAGE", 2)
    for number in range(4):
        await put(resources, f"s{number}", missed="all", every=timedelta(seconds=10))
    await turn_back(resources, 80_000)
    await put(resources, "fresh")
    await turn_back(resources, 60, "fresh")

    fired = [await scheduler.fire() for _ in range(2)]

    assert "fresh" in {row.metadata["schedule"] for each in fired for row in each.jobs}


async def test_overlap_skip_makes_no_job_while_one_has_not_ended(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources, overlap="skip")
    await turn_back(resources, 75)
    (first,) = await fire_all(scheduler)
    await turn_back(resources, 55)

    skipped = await fire_all(scheduler)
    noted = await resources.schedules.get(ANNA, "often")
    await resources.queue.cancel(ANNA, first)
    await turn_back(resources, 55)
    after = await fire_all(scheduler)

    assert (skipped, len(after)) == ([], 1)
    assert noted.runs == 1
    assert noted.last_problem is not None
    assert "had not ended" in noted.last_problem
    assert (await resources.schedules.get(ANNA, "often")).last_problem is None


async def test_overlap_cancel_old_stops_a_queued_job_first(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources, overlap="cancel_old")
    await turn_back(resources, 75)
    (first,) = await fire_all(scheduler)
    await turn_back(resources, 55)

    (second,) = await fire_all(scheduler)

    states = {job.id: job.state for job in await jobs_of(resources)}
    assert states == {first: "cancelled", second: "queued"}
    assert (await resources.records.get(ANNA, second)).position == 1


async def test_overlap_cancel_old_stops_a_running_job(resources: Resources, worker: Worker) -> None:
    await put(resources, kind="slow", args={"seconds": 60}, overlap="cancel_old")
    await turn_back(resources, 75)
    (first,) = await jobs_made(resources, 1)
    await running(resources, first)
    await turn_back(resources, 55)

    old = await ended(resources, first)
    _, second = await jobs_made(resources, 2)
    new = await running(resources, second)

    assert (old.state, new.state) == ("cancelled", "running")
    await resources.queue.cancel(ANNA, new.id)
    await ended(resources, new)


async def test_a_paused_schedule_has_no_ticks_and_misses_none(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources, missed="all")
    await turn_back(resources, 600)
    paused = await resources.schedules.patch(ANNA, "often", {"paused": True})

    nothing = await fire_all(scheduler)
    resumed = await resources.schedules.patch(ANNA, "often", {"paused": False})

    assert (paused.next_at, nothing) == (None, [])
    assert resumed.next_at is not None
    assert timedelta(0) < resumed.next_at - resumed.updated_at <= timedelta(minutes=1)
    assert await fire_all(scheduler) == []


async def test_jitter_delays_the_job_and_not_the_tick(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources, every=timedelta(hours=1), jitter=timedelta(hours=1))
    await turn_back(resources, 3_600)

    await fire_all(scheduler)

    (job,) = await jobs_of(resources)
    tick = datetime.fromisoformat(job.metadata["tick"])
    assert tick <= job.run_at < tick + timedelta(hours=1)
    assert job.state == "scheduled"
    assert (await resources.schedules.get(ANNA, "often")).next_at == tick + timedelta(hours=1)


async def test_a_single_time_fires_once_and_is_over(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources, every=None, at=datetime.now(UTC) + timedelta(minutes=1))
    await resources.db.fetch("UPDATE schedules SET next_at = now(), at = now()")

    made = await fire_all(scheduler)

    assert len(made) == 1
    after = await resources.schedules.get(ANNA, "often")
    assert (after.next_at, after.runs) == (None, 1)
    assert await fire_all(scheduler) == []


BROKEN = {
    "args": "UPDATE schedules SET args = '[]' WHERE key = 'broken'",
    "kind": "UPDATE schedules SET kind = 'gone' WHERE key = 'broken'",
    "zone": "UPDATE schedules SET timezone = 'Mars/Olympus', cron = '* * * * *', every_seconds = NULL "
    "WHERE key = 'broken'",
    "cron": "UPDATE schedules SET cron = 'no', every_seconds = NULL WHERE key = 'broken'",
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_schedule_is_noted_and_stops_nobody(
    resources: Resources, scheduler: Scheduler, what: str
) -> None:
    await put(resources, "broken")
    await put(resources, "fine")
    await resources.db.fetch(BROKEN[what])
    await turn_back(resources, 180)

    made = await fire_all(scheduler)

    (job,) = await jobs_of(resources)
    assert (made, job.metadata["schedule"]) == ([job.id], "fine")
    row = await kept.find(resources.db, ANNA.org, ANNA.user, "broken")
    assert row is not None
    assert row.last_problem
    assert row.next_at is None or row.next_at > datetime.now(UTC)


async def test_a_job_that_the_database_refuses_stops_nobody(
    resources: Resources, scheduler: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await put(resources, f"s{number}", args={"value": number})
    await turn_back(resources, 60)
    monkeypatch.setattr(store, "accept", refusing(store.accept, {"value": 2}))

    made = await fire_all(scheduler)

    assert len(made) == 4
    spoiled = await resources.schedules.get(ANNA, "s2")
    assert (spoiled.next_at, spoiled.last_problem) == (None, "no such number")


async def test_a_kind_this_worker_does_not_know_is_left_for_a_while_to_one_that_does(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources)
    await turn_back(resources, 70)
    await resources.db.fetch("UPDATE schedules SET kind = 'newer'")

    first = await fire_all(scheduler)
    row = await kept.find(resources.db, ANNA.org, ANNA.user, "often")

    assert first == []
    assert row is not None
    assert (row.last_problem, row.last_at) == (None, None)


async def test_a_deleted_schedule_fires_no_more_and_its_jobs_go_on(
    resources: Resources, scheduler: Scheduler
) -> None:
    await put(resources)
    await turn_back(resources, 60)
    await fire_all(scheduler)
    await turn_back(resources, 60)

    await resources.schedules.delete(ANNA, "often")

    assert await fire_all(scheduler) == []
    assert [job.state for job in await jobs_of(resources)] == ["queued"]


async def test_due_schedules_among_many_are_found_without_a_scan(resources: Resources) -> None:
    await resources.db.fetch(
        "INSERT INTO schedules (id, org_id, user_id, key, kind, args, every_seconds, next_at) "
        "SELECT gen_random_uuid(), 'o', 'u' || n % 100, 'k' || n, 'echo', '{}', 3600, "
        "now() + make_interval(secs => n % 3600 - 5) FROM generate_series(1, 20000) n"
    )
    await resources.db.fetch("ANALYZE schedules")

    plans = [
        await plan_of(resources, due_schedules.OLDEST_FIRST, ["echo"], 60.0, 200),
        await plan_of(resources, due_schedules.NEXT_DUE),
    ]

    assert all("schedules_due" in plan and "Seq Scan" not in plan for plan in plans)


async def plan_of(resources: Resources, sql: str, *args: object) -> str:
    rows = await resources.db.fetch("EXPLAIN " + sql, *args)
    return "\n".join(row[0] for row in rows)


async def schedule_ids(resources: Resources) -> list[UUID]:
    return [row[0] for row in await resources.db.fetch("SELECT schedule_id FROM jobs")]


def told(moment: datetime | None) -> str:
    assert moment is not None
    return moment.isoformat().replace("+00:00", "Z")


def refusing(accept: Callable[..., Any], args: object) -> Callable[..., Any]:
    """Return ``accept`` by a database that refuses jobs with these args."""

    async def picky(db: Statements, jobs: Any) -> Any:
        if any(job.args == args for job in jobs):
            raise asyncpg.DataError("no such number")
        return await accept(db, jobs)

    return picky


def killed_after(accept: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``accept`` in a process whose connection is killed right after it."""

    async def dying(db: Statements, jobs: Any) -> Any:
        await accept(db, jobs)
        assert isinstance(db, Transaction)
        await db.fetch("SELECT pg_terminate_backend(pg_backend_pid())")

    return dying


async def die(*_: object) -> None:
    raise asyncio.CancelledError
