"""Jobs that have others do their work, and what they tell their owner."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from jobs import store
from jobs.acceptance import Submission
from jobs.errors import Unavailable
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.worker import Worker
from realtime import keys
from realtime.channels import Channel
from tests.jobs.conftest import ANNA, ended, submit, until, working
from tests.jobs.happenings import all_over, queue_up, value, when, worker_dies

THREE = [{"value": n} for n in range(3)]
LONG = [{"seconds": 60}]
CHILDREN = "SELECT count(*) FROM jobs WHERE parent_id IS NOT NULL"
WAITS = """EXISTS (SELECT FROM jobs c JOIN jobs p ON p.id = c.parent_id
  WHERE c.state = 'running' AND p.state = 'running')"""
MINE = Channel.user("acme", "anna")


async def test_results_come_back_in_the_order_of_the_children(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "parent", each=THREE)

    done = await ended(resources, job)

    assert done.result == THREE
    assert await value(resources, CHILDREN) == 3


async def test_twins_among_the_children_are_children_of_their_own(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "parent", each=[{"value": 1}] * 3)

    done = await ended(resources, job)

    assert done.result == [{"value": 1}] * 3
    assert await value(resources, CHILDREN) == 3


async def test_a_child_that_fails_fails_its_parent(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "parent", child="flaky", each=[{"times": 9, "how": "discard"}])

    done = await ended(resources, job)

    assert done.error is not None
    assert (done.state, done.error.code, done.failures) == ("failed", "child_failed", 1)
    assert "never again" in done.error.message


async def test_a_parent_may_take_failures_as_results(resources: Resources, worker: Worker) -> None:
    each = [{"times": 9, "how": "discard"}, {"times": 0}]
    job = await submit(resources, "parent", child="flaky", each=each, failed="return")

    done = await ended(resources, job)

    assert done.result == ["failed", {"value": 1}]


async def test_a_hundred_parents_on_four_slots_do_not_wait_for_each_other(
    settings: JobsSettings,
) -> None:
    four = settings.model_copy(update={"worker_concurrency": 4})

    async with working(four) as worker:
        await queue_up(worker.resources, [Submission("parent", {"each": THREE})] * 100)
        await all_over(worker.resources)
        states = await worker.resources.db.fetch("SELECT DISTINCT state FROM jobs")
        children = await value(worker.resources, CHILDREN)

    assert [record["state"] for record in states] == ["succeeded"]
    assert children == 300


async def test_a_parent_and_its_child_may_need_the_same_slot(
    resources: Resources, settings: JobsSettings
) -> None:
    tight = settings.model_copy(update={"org_concurrency": 1})
    wanted = Submission("parent", {"each": THREE, "key": "k"}, concurrency_key="k")

    async with working(tight):
        jobs = await queue_up(resources, [wanted] * 3)
        await all_over(resources)

    done = [await resources.records.get(ANNA, job.id) for job in jobs]
    assert [job.result for job in done] == [THREE] * 3
    assert await value(resources, "SELECT max(used) FROM limits") == 0


async def test_a_second_attempt_finds_its_children(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "parent", each=[*THREE, {"value": 0}], fail_first=True)

    done = await ended(resources, job)

    assert (done.state, done.attempt) == ("succeeded", 2)
    assert done.result == [*THREE, {"value": 0}]
    assert await value(resources, CHILDREN) == 4


async def test_a_cancel_takes_the_children_along(resources: Resources, worker: Worker) -> None:
    job = await submit(
        resources, "parent", child="parent", each=[{"child": "slow", "each": LONG * 2}]
    )
    await when(resources, "(SELECT count(*) FROM jobs WHERE state = 'running') = 4")

    await resources.queue.cancel(ANNA, job.id)
    await all_over(resources)

    states = await resources.db.fetch("SELECT DISTINCT state FROM jobs")
    assert [record["state"] for record in states] == ["cancelled"]


async def test_the_time_of_waiting_does_not_count(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "hasty_parent", child="slow", each=[{"seconds": 0.6}])

    done = await ended(resources, job)

    assert (done.state, done.attempt) == ("succeeded", 1)


async def test_a_parent_that_may_not_wait_comes_again_and_spends_no_attempt(
    resources: Resources, settings: JobsSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.flow.POSTPONED", timedelta(seconds=0.1))
    one = settings.model_copy(update={"parked_attempts": 1, "worker_concurrency": 2})
    wanted = Submission("parent", {"child": "slow", "each": [{"seconds": 0.1}]})

    async with working(one):
        jobs = await queue_up(resources, [wanted] * 4)
        await all_over(resources)

    done = [await resources.records.get(ANNA, job.id) for job in jobs]
    assert {job.state for job in done} == {"succeeded"}
    assert {job.failures for job in done} == {0}
    assert max(job.attempt for job in done) > 1
    assert await value(resources, CHILDREN) == 4


async def test_a_deploy_while_it_waits_spends_no_attempt(
    resources: Resources, settings: JobsSettings
) -> None:
    quick = settings.model_copy(update={"worker_grace_seconds": 5.2})
    async with working(quick):
        job = await submit(resources, "parent", child="slow", each=[{"seconds": 1}])
        await when(resources, WAITS)

    async with working(settings):
        done = await ended(resources, job)

    assert (done.state, done.failures, done.result) == ("succeeded", 0, [{"value": "done"}])
    assert await value(resources, CHILDREN) == 1


async def test_a_worker_that_dies_while_it_waits_loses_nothing(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "parent", child="slow", each=[{"seconds": 0.5}])
    await when(resources, WAITS)

    await worker_dies(resources)
    done = await ended(resources, job)

    assert (done.state, done.failures, done.attempt) == ("succeeded", 0, 2)
    assert await value(resources, CHILDREN) == 1


async def test_a_parent_hears_of_its_children_without_redis_as_well(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "parent", child="slow", each=[{"seconds": 60}])
    await when(resources, WAITS)

    await resources.db.fetch(
        """UPDATE jobs SET state = 'succeeded', worker_id = NULL, result = '7', finished_at = now()
           WHERE parent_id = $1""",
        job.id,
    )
    done = await ended(resources, job)

    assert done.result == [7]


@pytest.mark.parametrize("how", ["raise", "hang"])
async def test_a_notice_is_written_once_over_all_attempts(
    resources: Resources, worker: Worker, how: str
) -> None:
    job = await submit(resources, "tell", texts=["a", "b", "a"], times=1, how=how)
    if how == "hang":
        await when(resources, "(SELECT count(*) FROM inbox) = 3")
        await worker_dies(resources)

    done = await ended(resources, job)
    entries = await store.newest_inbox(resources.db, ("acme", "anna"), None, 10, unread=True)

    assert done.attempt == 2
    assert sorted(entry.data["text"] for entry in entries) == ["a", "a", "b"]
    assert {entry.job_id for entry in entries} == {job.id}


async def test_a_notice_is_told_as_an_event_with_its_place(
    resources: Resources, worker: Worker
) -> None:
    async with resources.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(keys.events(MINE))
        await pubsub.get_message(timeout=1)
        job = await submit(resources, "tell", texts=["done"])
        await ended(resources, job)
        told = [m["data"] async for m in heard(pubsub, 4)]

    again = await resources.source.changes(MINE, 0, 100)
    types = [m.type for m in again.messages]
    assert types == ["notification.brief_completed", "job.succeeded"]
    assert [m.offset for m in again.messages] == [3, 4]
    assert sum(b'"notification.brief_completed"' in data for data in told) == 1
    body = orjson.loads(again.messages[0].body)
    assert (body["offset"], body["data"]["data"]) == (3, {"text": "done"})
    assert body["data"]["job_id"] == str(job.id)


async def heard(pubsub: Any, most: int) -> AsyncIterator[Any]:
    async with asyncio.timeout(5):
        while most:
            if message := await pubsub.get_message(timeout=1):
                most -= 1
                yield message


@pytest.mark.parametrize(
    ("kind", "args", "state"),
    [
        ("echo", {}, "succeeded"),
        ("flaky", {"times": 2}, "succeeded"),
        ("flaky", {"times": 9}, "failed"),
    ],
)
async def test_a_job_that_asks_for_it_makes_one_entry_when_it_is_over(
    resources: Resources, worker: Worker, kind: str, args: dict[str, int], state: str
) -> None:
    job = await resources.queue.submit(ANNA, Submission(kind, args, notify=True))

    await ended(resources, job)

    entries = await store.newest_inbox(resources.db, ("acme", "anna"), None, 10, unread=True)
    assert [(entry.name, entry.job_id) for entry in entries] == [(f"job.{state}", job.id)]


async def test_a_waiting_parent_survives_a_moment_without_postgres(
    resources: Resources, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> bool:
        monkeypatch.undo()
        raise Unavailable

    job = await submit(resources, "parent", child="slow", each=[{"seconds": 0.8}])
    await when(resources, WAITS)
    monkeypatch.setattr(store, "any_unfinished", away)

    done = await until(resources, job, lambda found: found.state.final)

    assert (done.state, done.attempt) == ("succeeded", 1)
