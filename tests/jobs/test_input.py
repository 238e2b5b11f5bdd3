"""Jobs that wait for people."""

from typing import Any

import pytest

from jobs import store
from jobs.ids import uuid7
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import ANYBODY, JobRow, Owner
from jobs.worker import Worker
from tests.jobs.conftest import ended, submit, until, working
from tests.jobs.happenings import value, when, worker_dies

YES = {"approved": True, "amount": 2}
TYPES = "SELECT array(SELECT e ->> 'type' FROM jsonb_array_elements(history) e) FROM jobs"


async def asking(resources: Resources, job: JobResource, number: int = 1) -> JobResource:
    """Wait until the job shows its ``number``-th request."""
    return await until(
        resources, job, lambda found: found.awaiting is not None and found.awaiting.number == number
    )


async def answer(
    resources: Resources, job: JobResource, data: Any, number: int = 1, owner: Owner = ANYBODY
) -> JobRow | None:
    """Hand in an answer, as the front door does: record first, then announce, then hurry."""
    row = await store.answer(resources.db, owner, job.id, number, data, "carl")
    if row is not None:
        await resources.announcer.announce([row])
        await resources.line.tell_workers("input", str(job.id))
    return row


async def test_a_job_shows_what_it_waits_for_and_goes_on_with_the_answer(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "ask")
    shown = await asking(resources, job)

    await answer(resources, job, YES)
    done = await ended(resources, job)

    assert shown.awaiting is not None
    assert shown.awaiting.prompt == "Request 1?"
    assert shown.awaiting.schema_["required"] == ["approved"]
    assert (done.state, done.result, done.awaiting) == ("succeeded", [YES], None)
    assert await value(resources, TYPES) == [
        "job.queued", "job.started", "job.input_requested", "job.input_received", "job.succeeded",
    ]  # fmt: skip


async def test_an_answer_is_found_without_a_word_to_the_worker(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "ask")
    await asking(resources, job)

    await store.answer(resources.db, ANYBODY, job.id, 1, YES, "carl")
    done = await ended(resources, job)

    assert done.state == "succeeded"


async def test_nobody_answers_in_time(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "ask", wait_seconds=0.2)

    done = await ended(resources, job)

    assert done.error is not None
    assert (done.state, done.error.code, done.awaiting) == ("failed", "input_timeout", None)
    assert "job.input_expired" in await value(resources, TYPES)


async def test_waiting_for_people_does_not_count_as_working(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "ask")  # its time-out is half a second
    await asking(resources, job)
    await when(resources, "(SELECT started_at < now() - interval '0.8 s' FROM jobs)")

    await answer(resources, job, YES)
    done = await ended(resources, job)

    assert (done.state, done.attempt) == ("succeeded", 1)


async def test_requests_come_one_after_the_other(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "ask", requests=2)
    await asking(resources, job)
    await answer(resources, job, YES)
    second = await asking(resources, job, 2)
    await answer(resources, job, {"approved": False}, 2)

    done = await ended(resources, job)

    assert second.awaiting is not None
    assert second.awaiting.prompt == "Request 2?"
    assert done.result == [YES, {"approved": False, "amount": 0}]


@pytest.mark.parametrize("how", ["raise", "hang"])
async def test_an_answer_is_kept_for_the_next_attempt(
    resources: Resources, worker: Worker, how: str
) -> None:
    job = await submit(resources, "ask", requests=2, times=1, how=how)
    for number in (1, 2):
        await asking(resources, job, number)
        await answer(resources, job, YES, number)
    if how == "hang":
        await when(resources, "(SELECT awaiting IS NULL AND version >= 6 FROM jobs)")
        await worker_dies(resources)

    done = await ended(resources, job)

    assert (done.state, done.attempt, done.result) == ("succeeded", 2, [YES, YES])
    assert (await value(resources, TYPES)).count("job.input_requested") == 2


async def test_a_crash_between_two_requests_asks_the_second_again(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "ask", requests=2)
    await asking(resources, job)
    await answer(resources, job, YES)
    await asking(resources, job, 2)

    await worker_dies(resources)
    await until(resources, job, lambda found: found.attempt == 2 and found.awaiting is not None)
    await answer(resources, job, YES, 2)
    done = await ended(resources, job)

    assert (done.state, done.failures, done.result) == ("succeeded", 0, [YES, YES])


async def test_an_answer_that_the_model_refuses_is_asked_for_again(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "ask")
    await asking(resources, job)
    await answer(resources, job, {"approved": True, "amount": 3})
    again = await asking(resources, job, 2)

    await answer(resources, job, YES, 2)
    done = await ended(resources, job)

    assert again.awaiting is not None
    assert again.awaiting.problem is not None
    assert "the amount must be even" in again.awaiting.problem
    assert done.result == [YES]


async def test_an_answer_may_be_any_json(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "ask")
    odd: Any
    for number, odd in enumerate((None, [], "yes", 7), 1):
        await asking(resources, job, number)
        await answer(resources, job, odd, number)
    await asking(resources, job, 5)

    await answer(resources, job, YES, 5)

    assert (await ended(resources, job)).result == [YES]


async def test_only_the_request_that_is_open_takes_an_answer_and_only_once(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "ask")
    await asking(resources, job)

    stranger = await answer(resources, job, YES, owner=Owner("other", "bert"))
    early = await answer(resources, job, YES, 2)
    nobody = await store.answer(resources.db, ANYBODY, uuid7(), 1, YES, "carl")
    first = await answer(resources, job, YES)
    second = await answer(resources, job, YES)

    assert (stranger, early, nobody, second) == (None, None, None, None)
    assert first is not None


async def test_a_job_that_waits_holds_no_slot(resources: Resources, settings: JobsSettings) -> None:
    single = settings.model_copy(update={"worker_concurrency": 1, "org_concurrency": 1})

    async with working(single):
        jobs = [await submit(resources, "ask") for _ in range(3)]
        for job in jobs:
            await asking(resources, job)
        other = await ended(resources, await submit(resources, "echo"))
        for job in jobs:
            await answer(resources, job, YES)
        done = [await ended(resources, job) for job in jobs]

    assert other.state == "succeeded"
    assert {job.state for job in done} == {"succeeded"}
    assert await value(resources, "SELECT max(used) FROM limits") == 0
