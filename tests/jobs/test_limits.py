"""Limits through real workers: slots of an org, a kind and a key; the rate of a kind; paused queues."""

import asyncio
from collections import Counter
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest

from jobs import store
from jobs.acceptance import Submission
from jobs.ids import uuid7
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import Outcome, Starter
from realtime.caller import Caller
from service.dev.redis_server import RedisServer
from tests.jobs.conftest import ANNA, BERT, ended, running, submit, until, working
from tests.jobs.happenings import UNFINISHED, all_over, queue_up, value, when, worker_dies
from tests.kinds import ROOMS

USED = "SELECT coalesce(sum(used), 0) FROM limits WHERE key NOT LIKE 'rate:%'"
STARTS = "SELECT started_at FROM jobs WHERE kind = $1 ORDER BY started_at"
MOST = """SELECT pg_sleep(0.01)::text,
  (SELECT max(n) FROM (SELECT count(*) AS n FROM jobs, unnest(slots) AS key
                       WHERE state = 'running' GROUP BY key HAVING key LIKE $1) AS c) AS running,
  (SELECT max(used) FROM limits WHERE key LIKE $1) AS used"""


@pytest.fixture(autouse=True)
def empty_rooms() -> None:
    ROOMS.inside.clear()
    ROOMS.most.clear()
    ROOMS.entered.clear()


@pytest.fixture
def three(settings: JobsSettings) -> JobsSettings:
    return settings.model_copy(update={"org_concurrency": 3})


async def most_at_once(resources: Resources, key: str) -> int:
    """Watch until all is over; return the most jobs that held a slot of one such key together."""
    most = 0
    while await value(resources, f"SELECT {UNFINISHED}"):
        [record] = await resources.db.fetch(MOST, key)
        most = max(most, record["running"] or 0, record["used"] or 0)
    return most


async def started(resources: Resources, kind: str) -> list[datetime]:
    return [record["started_at"] for record in await resources.db.fetch(STARTS, kind)]


async def test_an_org_never_runs_more_jobs_than_it_may(three: JobsSettings) -> None:
    async with working(three) as one, working(three):
        resources = one.resources
        for caller in (ANNA, BERT):
            visits = [Submission("visit", {"rooms": [caller.org]})] * 30
            await queue_up(resources, visits, caller)
        most = await most_at_once(resources, "org:%")

        states = await resources.db.fetch("SELECT DISTINCT state FROM jobs")
        left = await value(resources, USED)

    assert [record["state"] for record in states] == ["succeeded"]
    assert ROOMS.most == Counter({"acme": 3, "other": 3})
    assert most <= 3
    assert left == 0


async def test_a_kind_never_runs_more_jobs_than_it_may_on_all_workers_together(
    settings: JobsSettings,
) -> None:
    async with working(settings) as one, working(settings):
        await queue_up(one.resources, [Submission("narrow", {"rooms": ["narrow"]})] * 40)
        most = await most_at_once(one.resources, "kind:%")

    assert ROOMS.most["narrow"] == 2
    assert most <= 2
    assert len(ROOMS.entered) == 40


async def test_jobs_of_one_key_run_one_at_a_time_and_in_their_order(
    resources: Resources, settings: JobsSettings
) -> None:
    for number in range(20):
        visit = {"rooms": ["key"], "who": number, "seconds": 0}
        await resources.queue.submit(ANNA, Submission("visit", visit, concurrency_key="account 7"))

    async with working(settings):
        most = await most_at_once(resources, "key:%")

    assert ROOMS.most["key"] == 1
    assert most <= 1
    assert ROOMS.entered == list(range(20))


async def test_a_turn_that_another_limit_spoils_is_passed_on_at_once(
    settings: JobsSettings,
) -> None:
    """Without it the kind's second slot would stay free until the next sweep, once for each such job."""
    visits = [("x", 60.0), ("y", 0.0), ("x", 0.0), ("x", 0.0), ("x", 0.0), ("z", 0.0)]
    async with working(settings.model_copy(update={"relay_seconds": 60.0})) as worker:
        resources = worker.resources
        jobs = await queue_up(
            resources,
            [
                Submission("narrow", {"rooms": [key], "seconds": seconds}, concurrency_key=key)
                for key, seconds in visits
            ],
        )

        assert (await ended(resources, jobs[-1])).state == "succeeded"
        assert (await resources.records.get(ANNA, jobs[0].id)).state == "running"


async def test_nobody_overtakes_a_job_that_is_held_already(resources: Resources) -> None:
    wanted = Submission("echo", {}, concurrency_key="k")
    first, second, third = [(await resources.queue.submit(ANNA, wanted)).id for _ in range(3)]
    life = uuid7()
    await store.register(resources.db, life, "life", 60, {})
    starter = Starter(life, "life", ["echo"], limits=resources.gate.limits)

    async def started(*ids: UUID) -> list[UUID]:
        return [row.id for row in (await store.start_limited(resources.db, starter, ids)).rows]

    before = await started(first), await started(second)
    await store.settle(resources.db, life, [Outcome(first, 1, "succeeded", "succeeded")])
    overtaking = await started(third)
    await resources.gate.freed(["key:acme:k"])
    after = await started(third, second)

    assert before == ([first], [])
    assert (overtaking, after) == ([], [second])


async def test_the_same_key_of_another_org_is_another_key(
    resources: Resources, settings: JobsSettings
) -> None:
    wanted = Submission("slow", {"seconds": 60}, concurrency_key="k")

    async with working(settings):
        await queue_up(resources, [wanted])
        await queue_up(resources, [wanted], BERT)
        await when(resources, "(SELECT count(*) FROM jobs WHERE state = 'running') = 2")


async def test_all_limits_hold_together(three: JobsSettings) -> None:
    callers = [Caller("u", org, frozenset()) for org in ("a", "b")]
    async with working(three) as one, working(three):
        for caller in callers:
            for key in ("x", "y", None):
                rooms = {"rooms": [caller.org, "narrow", f"{caller.org}{key}"]}
                wanted = Submission("narrow", rooms, concurrency_key=key)
                await queue_up(one.resources, [wanted] * 6, caller)
        await most_at_once(one.resources, "%")
        left = await value(one.resources, USED)

    assert ROOMS.most["narrow"] <= 2
    assert {key: ROOMS.most[key] for key in ("ax", "ay", "bx", "by")} == dict.fromkeys(
        ("ax", "ay", "bx", "by"), 1
    )
    assert len(ROOMS.entered) == 36
    assert left == 0


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("visit", {}),
        ("visit", {"times": 9}),
        ("visit", {"times": 9, "how": "discard"}),
        ("visit", {"times": 9, "how": "exit"}),
        ("impatient", {"seconds": 60}),
        ("misshapen", {"what": "type"}),
    ],
)
async def test_slots_come_back_however_a_job_ends(
    resources: Resources, settings: JobsSettings, kind: str, args: dict[str, object]
) -> None:
    wanted = Submission(kind, args, concurrency_key="k")

    async with working(settings):
        await queue_up(resources, [wanted] * 3)
        await all_over(resources)

    assert await value(resources, USED) == 0


async def test_slots_come_back_after_a_cancel_a_crash_and_a_deploy(
    resources: Resources, settings: JobsSettings
) -> None:
    wanted = Submission("slow", {"seconds": 60}, concurrency_key="k")
    job = await resources.queue.submit(ANNA, wanted)

    async with working(settings):
        await running(resources, job)
        await worker_dies(resources)
        after_crash = await value(resources, USED)
        await until(resources, job, lambda found: found.attempt == 2)
    after_deploy = await value(resources, USED)
    async with working(settings):
        await running(resources, job)
        while_running = await value(resources, USED)
        await resources.queue.cancel(ANNA, job.id)
        await ended(resources, job)

    assert (after_crash, after_deploy, while_running) == (0, 0, 1)
    assert await value(resources, USED) == 0


async def test_a_held_job_may_be_cancelled_or_expire_or_go_on(
    resources: Resources, settings: JobsSettings
) -> None:
    keyed = Submission("slow", {"seconds": 60}, concurrency_key="k")
    async with working(settings):
        first = await resources.queue.submit(ANNA, keyed)
        await running(resources, first)
        doomed, unlucky, patient = [
            await resources.queue.submit(
                ANNA, Submission("echo", {}, concurrency_key="k", expires_seconds=seconds)
            )
            for seconds in (None, 0.3, None)
        ]
        await when(resources, "(SELECT count(*) FROM jobs WHERE held_by IS NOT NULL) >= 2")

        cancelled = await resources.queue.cancel(ANNA, doomed.id)
        expired = await ended(resources, unlucky)
        await resources.queue.retry(ANNA, doomed.id)
        await resources.queue.cancel(ANNA, first.id)
        again = [await ended(resources, job) for job in (doomed, patient)]

    assert (cancelled.state, expired.state) == ("cancelled", "expired")
    assert [job.state for job in again] == ["succeeded", "succeeded"]
    assert await value(resources, USED) == 0


async def test_a_limit_that_a_deploy_removes_lets_go_whom_it_held(
    resources: Resources, settings: JobsSettings
) -> None:
    tight = settings.model_copy(update={"org_concurrency": 1})
    async with working(tight):
        first = await submit(resources, "slow", seconds=60)
        await running(resources, first)
        jobs = await queue_up(resources, [Submission("echo", {})] * 5)
        await when(resources, "(SELECT count(*) FROM jobs WHERE held_by IS NOT NULL) = 5")
    await resources.queue.cancel(ANNA, first.id)

    async with working(settings):
        await all_over(resources)

    rows = await resources.db.fetch("SELECT state FROM jobs WHERE id <> $1", first.id)
    assert [record["state"] for record in rows] == ["succeeded"] * len(jobs)


async def test_a_limit_lets_go_when_redis_was_emptied(
    resources: Resources, three: JobsSettings
) -> None:
    async with working(three):
        await queue_up(resources, [Submission("visit", {"rooms": ["r"]})] * 20)
        await when(resources, "EXISTS (SELECT FROM jobs WHERE held_by IS NOT NULL)")
        await resources.redis.flushall()
        await all_over(resources)

    assert ROOMS.most["r"] <= 3
    assert len(ROOMS.entered) == 20


async def test_a_kind_keeps_its_pace(resources: Resources, settings: JobsSettings) -> None:
    async with working(settings), working(settings):
        await queue_up(resources, [Submission("paced", {})] * 20)
        async with asyncio.timeout(10):
            await all_over(resources)

    starts = await started(resources, "paced")
    gaps = [(b - a).total_seconds() for a, b in pairwise(starts)]
    assert min(gaps) >= 0.049
    assert sum(gaps) / len(gaps) < 0.2


async def test_a_burst_starts_at_once_and_then_the_pace_holds(
    resources: Resources, settings: JobsSettings
) -> None:
    async with working(settings):
        await queue_up(resources, [Submission("bursty", {})] * 10)
        await all_over(resources)

    starts = await started(resources, "bursty")
    seconds = [(start - starts[0]).total_seconds() for start in starts]
    assert seconds[4] < 0.1
    assert all(at >= (number - 4) * 0.1 - 0.001 for number, at in enumerate(seconds))


async def test_a_paused_queue_starts_nothing_until_it_is_resumed(
    resources: Resources, settings: JobsSettings
) -> None:
    await resources.db.fetch("INSERT INTO paused_queues VALUES ('mail', 'an operator')")
    async with working(settings):
        paused = await submit(resources, "lined_up")
        await ended(resources, await submit(resources, "echo"))
        await resources.line.add([("acme", paused.id, 0.0)])
        await ended(resources, await submit(resources, "echo"))
        before = await resources.records.get(ANNA, paused.id)
        await resources.db.fetch("DELETE FROM paused_queues")
        after = await ended(resources, paused)

    assert (before.state, before.attempt) == ("queued", 0)
    assert after.state == "succeeded"


async def test_a_paused_queue_starts_nothing_without_redis_either(
    resources: Resources, settings: JobsSettings, redis_server: RedisServer
) -> None:
    await resources.db.fetch("INSERT INTO paused_queues VALUES ('mail', 'an operator')")
    paused = await submit(resources, "lined_up")
    other = await submit(resources, "echo")
    redis_server.kill()

    async with working(settings):
        await when(resources, "(SELECT state = 'succeeded' FROM jobs WHERE id = $1)", other.id)
        before = await resources.records.get(ANNA, paused.id)
        await resources.db.fetch("DELETE FROM paused_queues")
        await all_over(resources)

    assert (before.state, before.attempt) == ("queued", 0)
