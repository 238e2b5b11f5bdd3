"""A job's whole life on each version of the servers; in pairs, so that each version runs once."""

import asyncio
from itertools import pairwise
from typing import Any

import httpx2
import pytest

from jobs import store
from jobs.ids import uuid7
from jobs.resources import Resources
from jobs.store import Starter
from service.doctor import Given, Level, examine, supported
from tests.matrix import servers
from tests.matrix.conftest import LEASE_SECONDS, PAIRS, Stack

pytestmark = pytest.mark.timeout(120)

Json = Any
FINAL = {"succeeded", "failed", "cancelled", "expired"}


async def submitted(stack: Stack, kind: str, **args: Any) -> Json:
    answer = await stack.client.post("/api/jobs", json={"kind": kind, "args": args})
    assert answer.status_code == httpx2.codes.ACCEPTED, answer.text
    return answer.json()


async def ended(stack: Stack, job: Json) -> Json:
    """Wait for a job's final state."""
    answer = await stack.client.get(f"/api/jobs/{job['id']}", headers={"Prefer": "wait=25"})
    assert answer.json()["state"] in FINAL, answer.text
    return answer.json()


async def heard(stack: Stack, cursor: str, job: Json) -> list[str]:
    """Poll from a cursor on until the job's ending is told; return what was told of it."""
    told: list[str] = []
    async with asyncio.timeout(20):
        while not told or told[-1].removeprefix("job.") not in FINAL:
            params = {"channel": "me", "cursor": cursor, "wait": "10"}
            answer = (await stack.client.get("/api/events/poll", params=params)).json()
            cursor = answer["cursor"]
            told += [e["type"] for e in answer["events"] if e["subject"] == f"job:{job['id']}"]
    return told


async def cursor_now(stack: Stack) -> str:
    answer = await stack.client.get("/api/events/poll", params={"channel": "me", "wait": "0"})
    cursor: str = answer.json()["cursor"]
    return cursor


def resources(stack: Stack) -> Resources:
    found: Resources = stack.app.state.resources
    return found


async def test_a_job_is_run_and_told_of(stack: Stack) -> None:
    cursor = await cursor_now(stack)
    job = await submitted(stack, "echo", value=7)

    told = await heard(stack, cursor, job)

    assert told[-1] == "job.succeeded"
    assert (await ended(stack, job))["result"] == {"value": 7}


async def test_a_listener_who_was_away_misses_no_ending(stack: Stack) -> None:
    cursor = await cursor_now(stack)
    job = await submitted(stack, "stream", words=3, pause=0)
    await ended(stack, job)

    told = await heard(stack, cursor, job)

    assert told.count("job.succeeded") == 1
    output = await stack.client.get(f"/api/jobs/{job['id']}/output")
    assert output.text.startswith("[1:0] [1:1]")


async def test_a_running_job_is_stopped(stack: Stack) -> None:
    cursor = await cursor_now(stack)
    job = await submitted(stack, "slow", seconds=60)
    async with asyncio.timeout(20):
        while (await stack.client.get(f"/api/jobs/{job['id']}")).json()["state"] != "running":
            await stack.client.get(
                "/api/events/poll", params={"channel": "me", "cursor": cursor, "wait": "1"}
            )

    answer = await stack.client.delete(f"/api/jobs/{job['id']}")

    assert answer.status_code == httpx2.codes.ACCEPTED
    assert (await ended(stack, job))["state"] == "cancelled"


async def test_a_failing_job_is_tried_again_and_again_by_hand(stack: Stack) -> None:
    flaky = await ended(stack, await submitted(stack, "flaky", times=1))
    lost = await ended(stack, await submitted(stack, "flaky", times=3))
    again = await stack.client.post(f"/api/jobs/{lost['id']}/retry")

    assert (flaky["state"], flaky["attempt"]) == ("succeeded", 2)
    assert lost["state"] == "failed"
    assert again.status_code == httpx2.codes.ACCEPTED
    assert (await ended(stack, lost))["state"] == "succeeded"


async def test_a_schedule_ticks(stack: Stack) -> None:
    cursor = await cursor_now(stack)
    schedule = {"kind": "echo", "args": {"value": "tick"}, "every": 1}
    made = await stack.client.put("/api/schedules/often", json=schedule)
    assert made.is_success, made.text

    async with asyncio.timeout(20):
        events: list[Json] = []
        while "job.succeeded" not in {event["type"] for event in events}:
            params = {"channel": "me", "cursor": cursor, "wait": "5"}
            answer = (await stack.client.get("/api/events/poll", params=params)).json()
            cursor, events = answer["cursor"], [*events, *answer["events"]]
    await stack.client.delete("/api/schedules/often")

    assert events[-1]["data"]["result"] == {"value": "tick"}


async def test_limits_let_one_job_of_a_key_run_at_a_time(stack: Stack) -> None:
    bodies = [{"kind": "slow", "args": {"seconds": 0.1}, "concurrency_key": "k"} for _ in range(3)]
    batch = await stack.client.post("/api/jobs/batch", json={"jobs": bodies})

    done = [await ended(stack, job) for job in batch.json()["jobs"]]

    spans = sorted((job["started_at"], job["finished_at"]) for job in done)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


async def test_a_dead_worker_s_job_runs_again(stack: Stack) -> None:
    db, dead = resources(stack).db, uuid7()
    await resources(stack).redis.flushall()
    body = {"kind": "echo", "args": {"value": 1}, "delay": 3600}
    job = (await stack.client.post("/api/jobs", json=body)).json()
    await store.register(db, dead, "dead:1", 60, {})
    await db.fetch("UPDATE jobs SET state = 'queued', run_at = now() WHERE id = $1", job["id"])
    started = await store.start(db, Starter(dead, "dead:1", ["echo"]), [job["id"]])

    await store.renew(db, dead, -LEASE_SECONDS)
    found = await ended(stack, job)

    assert [str(row.id) for row in started] == [job["id"]]
    assert (found["state"], found["attempt"]) == ("succeeded", 2)


async def test_a_redis_that_forgot_everything_costs_no_job(stack: Stack) -> None:
    await resources(stack).redis.flushall()
    jobs = [await submitted(stack, "echo", value=number) for number in range(5)]
    await resources(stack).redis.flushall()

    states = {(await ended(stack, job))["state"] for job in jobs}

    assert states == {"succeeded"}


async def test_the_doctor_finds_versions_that_are_tried(stack: Stack) -> None:
    settings = stack.settings
    given = Given(**settings.model_dump(include=set(Given.model_fields)))

    found = {finding.name: finding for finding in await examine(given)}

    assert found["postgres"].level is found["redis"].level is Level.OK
    assert found["postgres"].message.startswith(f"version {stack.pair.postgres}.")
    assert {f.name for f in found.values() if f.level is Level.FAIL} == set()


def test_the_ends_of_the_supported_range_are_tried() -> None:
    tried = {pair.postgres for pair in PAIRS}

    assert {supported.OLDEST_POSTGRES, supported.NEWEST_POSTGRES} <= tried
    assert {pair.redis.partition(" ")[0] for pair in PAIRS} == {"Redis", "Valkey"}


@pytest.mark.parametrize(("major", "oldest"), [(6, supported.OLDEST_REDIS)])
def test_the_oldest_redis_is_the_one_that_is_tried(major: int, oldest: supported.Version) -> None:
    program = servers.redis(major)

    assert program is not None
    assert servers.version(program) == oldest
