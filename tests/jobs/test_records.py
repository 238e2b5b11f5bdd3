from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import store
from jobs.errors import NotFound, TooLarge, WrongState
from jobs.ids import uuid7
from jobs.queue import Submission
from jobs.records import Records
from jobs.resources import Resources
from jobs.store import JobFilter, NewJob
from jobs.store.new_job import as_row
from jobs.worker import Worker
from realtime.caller import Caller
from realtime.errors import BadCursor
from tests.jobs.conftest import ANNA, BERT, ended, running, submit, until

LEAD = Caller("dora", "acme", frozenset({"jobs:read", "jobs:write", "org:read"}))


async def test_a_strangers_job_does_not_exist(resources: Resources) -> None:
    job = await submit(resources, "echo")

    for act in (resources.records.get, resources.records.timeline, resources.records.logs,
                resources.records.output, resources.queue.cancel, resources.queue.retry):  # fmt: skip
        with pytest.raises(NotFound):
            await act(BERT, job.id)  # six methods of one shape


async def test_a_reader_of_the_org_may_look_but_not_touch(resources: Resources) -> None:
    job = await submit(resources, "echo")

    assert (await resources.records.get(LEAD, job.id)).id == job.id
    with pytest.raises(NotFound):
        await resources.queue.cancel(LEAD, job.id)


async def test_pages_hold_every_job_once_newest_first(resources: Resources) -> None:
    jobs = [await submit(resources, "echo", value=n) for n in range(7)]
    await submit(resources, "echo", BERT)

    seen, after = [], None
    while True:
        page = await resources.records.list(ANNA, JobFilter(limit=3), after)
        seen += [job.id for job in page.data]
        after = page.next
        if not page.has_more:
            break

    assert seen == [job.id for job in reversed(jobs)]


async def test_filters_narrow_a_page(resources: Resources, worker: Worker) -> None:
    echo = await resources.queue.submit(ANNA, Submission("echo", {}, tags=["blue"]))
    flaky = await submit(resources, "flaky", times=9)
    await ended(resources, echo)
    await ended(resources, flaky)

    async def found(wanted: JobFilter) -> list[object]:
        return [job.id for job in (await resources.records.list(ANNA, wanted)).data]

    assert await found(JobFilter(states=("failed",))) == [flaky.id]
    assert await found(JobFilter(states=("failed", "succeeded"))) == [flaky.id, echo.id]
    assert await found(JobFilter(kind="echo")) == [echo.id]
    assert await found(JobFilter(tag="blue")) == [echo.id]
    assert await found(JobFilter(since=flaky.created_at)) == [flaky.id]
    assert await found(JobFilter(until=flaky.created_at)) == [echo.id]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "\x00", "a" * 10_000, "é"])
async def test_a_made_up_cursor_is_refused_or_harmless(resources: Resources, cursor: str) -> None:
    await submit(resources, "echo")

    try:
        page = await resources.records.list(ANNA, JobFilter(), cursor)
    except BadCursor:
        return
    assert {job.user for job in page.data} <= {"anna"}


async def test_a_queued_job_knows_its_place(resources: Resources) -> None:
    first, second = [await submit(resources, "echo", value=n) for n in range(2)]

    places = [(await resources.records.get(ANNA, job.id)).position for job in (first, second)]
    await resources.redis.flushall()
    counted = [(await resources.records.get(ANNA, job.id)).position for job in (first, second)]

    assert places == counted == [1, 2]


async def test_progress_is_live_while_a_job_runs(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "slow", seconds=30)

    seen = await until(resources, job, lambda found: found.progress is not None)

    assert seen.progress is not None
    assert seen.progress.message.startswith("step")
    await resources.queue.cancel(ANNA, job.id)
    stopped = await ended(resources, job)
    assert stopped.progress is not None


async def test_output_and_logs_stay_readable(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "stream", words=3, pause=0)
    await ended(resources, job)

    memory = await resources.records.output(ANNA, job.id)
    lines = await resources.records.logs(ANNA, job.id)

    assert memory.text == "[1:0] [1:1] [1:2] "
    assert memory.position == len(memory.text)
    assert [(line["attempt"], line["number"]) for line in lines] == [(1, 0), (1, 1), (1, 2)]


async def test_a_retry_starts_its_output_afresh(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "stream", words=4, pause=0.01, fail_first=True)
    await ended(resources, job)

    memory = await resources.records.output(ANNA, job.id)

    assert (memory.attempt, memory.text) == (2, "[2:0] [2:1] [2:2] [2:3] ")


async def test_only_unsuccessful_jobs_are_retried(resources: Resources, worker: Worker) -> None:
    done = await ended(resources, await submit(resources, "echo"))
    busy = await running(resources, await submit(resources, "slow", seconds=30))

    for job in (done, busy):
        with pytest.raises(WrongState):
            await resources.queue.retry(ANNA, job.id)
    with pytest.raises(WrongState):
        await resources.queue.cancel(ANNA, done.id)
    await resources.queue.cancel(ANNA, busy.id)
    await ended(resources, busy)


async def test_cancelling_twice_changes_nothing_more(resources: Resources) -> None:
    job = await submit(resources, "echo")

    first = await resources.queue.cancel(ANNA, job.id)
    second = await resources.queue.cancel(ANNA, job.id)

    assert first.version == second.version == 2


async def test_args_have_a_bound(resources: Resources) -> None:
    with pytest.raises(TooLarge):
        await submit(resources, "echo", value="x" * 300_000)


async def test_an_unknown_id_is_not_found(resources: Resources) -> None:
    with pytest.raises(NotFound):
        await resources.records.get(ANNA, uuid7())


async def test_nothing_a_processor_says_can_fail_its_job(
    resources: Resources, worker: Worker
) -> None:
    job = await ended(resources, await submit(resources, "chatterbox"))

    lines = await resources.records.logs(ANNA, job.id)
    memory = await resources.records.output(ANNA, job.id)

    assert job.state == "succeeded"
    assert [line["message"] for line in lines] == ["nul  and surrogate ?"]
    assert lines[0]["number"] == str(2**80)
    assert memory.text == "ab?c"


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=9)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
)  # fmt: skip
moments = st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - so hypothesis wants it


@given(
    args=anything,
    metadata=st.dictionaries(words, anything, max_size=3),
    names=st.lists(words, min_size=6, max_size=6),
    state=st.sampled_from(["waiting", "scheduled", "queued"]),
    times=st.lists(moments, min_size=3, max_size=3),
    ids=st.lists(st.none() | st.uuids(), min_size=2, max_size=2),
)
def test_a_new_job_is_written_like_its_model(
    args: Any, metadata: Any, names: list[str], state: str, times: list[datetime], ids: list[Any]
) -> None:
    org, user, unique, key, *tags = names
    wanted = NewJob(
        uuid7(), org, user, "echo", args, 3, 60.0, priority=-7, tags=tags, metadata=metadata,
        parent_id=ids[0], batch_id=ids[1], unique_key=unique, concurrency_key=key,
    )  # fmt: skip
    told = [{"seq": 1, "type": f"job.{state}", "time": "…", "attempt": 0}]
    history = [] if state == "queued" else told
    decided = wanted.id, state, 1.5, times[0], times[1], times[2], None, 7, history
    row = as_row(wanted, decided)  # type: ignore[arg-type]  # a record is a tuple to it

    written = orjson.dumps(RECORDS.document(row), option=orjson.OPT_UTC_Z)

    assert written.decode() == RECORDS.resource(row).model_dump_json()


RECORDS = Records.__new__(Records)  # what it writes needs nothing that it stands on


async def test_a_new_job_is_as_the_record_has_it(resources: Resources) -> None:
    wanted = Submission(
        "echo", {"value": {"bb": 1.0, "a": ["é", None, 1e16]}}, priority=3, tags=["x", "y"],
        delay_seconds=60, expires_seconds=90, metadata={"m": {"n": 0.1}}, max_attempts=2,
        unique_key="u", concurrency_key="c", notify=True, timeout_seconds=7.5,
    )  # fmt: skip

    delayed = (await resources.queue.submit_once(ANNA, wanted)).row
    at_once = (await resources.queue.submit_once(ANNA, Submission("echo", {}))).row

    kept = await store.by_ids(resources.db, [delayed.id, at_once.id])
    assert [delayed, at_once] == [kept[delayed.id], kept[at_once.id]]
