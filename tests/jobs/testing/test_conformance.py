"""The bench against the real thing: the same jobs come to the same end, event by event."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest

from jobs import store
from jobs.events import timeline
from jobs.processor import Kind
from jobs.queue import Submission
from jobs.records import attempts
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import JobRow, Owner, find
from jobs.store.row import COLUMNS, rows
from jobs.testing import Bench, Job, run
from jobs.worker import Worker
from tests import kinds
from tests.jobs.conftest import ANNA, ended, running, submit, until, working
from tests.jobs.testing import flows

CHILDREN = f"SELECT {COLUMNS} FROM jobs j WHERE parent_id = $1"  # noqa: S608 - constants only
TOLD = "SELECT name, data FROM inbox WHERE job_id = $1 ORDER BY change_seq"
FLAKY = [
    (kinds.flaky, {"times": times, "how": how})
    for how in ("raise", "retry", "discard", "exit", "cancel_itself")
    for times in (1, 9)
]
FLOWS = {kind.name: kind for kind in vars(flows).values() if isinstance(kind, Kind)}
TABLE: Sequence[tuple[Kind, Mapping[str, Any]]] = [
    (kinds.echo, {"value": {"a": [1, "ü", None, 1.5], "\U0001f600": {}}}),
    (kinds.echo, {}),
    *FLAKY,
    (kinds.impatient, {"seconds": 60}),
    (kinds.impatient, {"seconds": 60, "stubborn": True}),
    (kinds.stream, {"words": 5}),
    (kinds.stream, {"words": 5, "fail_first": True}),
    *[(kinds.misshapen, {"what": what}) for what in ("type", "nul", "surrogate", "large")],
    (kinds.misshapen, {"what": "unheard of"}),
    (kinds.count_up, {}),
    (kinds.chatterbox, {}),
    (kinds.slow, {"seconds": 0.2}),
    (flows.parent, {"count": 3}),
    (flows.parent, {"count": 3, "fail_first": True}),
    (flows.parent, {"count": 3, "failing": 1}),
    (flows.parent, {"count": 3, "failing": 1, "strict": False}),
    (flows.parent, {"count": 0}),
    (flows.twins, {}),
    (flows.approval, {"seconds": 0.2}),
    (flows.steps, {}),
    (flows.crier, {}),
]


ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SAME = (
    "kind", "state", "args", "result", "error", "attempt", "failures", "crashes", "max_attempts",
    "timeout_seconds", "priority", "queue", "tags", "metadata", "version",
)  # fmt: skip


def story(row: JobRow) -> Any:
    """Return all of a job that does not depend on ids, clocks and chance."""
    told = [(e["type"], e["seq"], e["attempt"], without_worker(e["data"])) for e in timeline(row)]
    ends = [(a.attempt, a.outcome, a.error and a.error.code) for a in attempts(row)]
    facts = {**{name: getattr(row, name) for name in SAME}, "told": told, "ends": ends}
    return orjson.loads(ID.sub(b"<id>", orjson.dumps(facts)))


def without_worker(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "worker"}


@pytest.fixture
def settings(settings: JobsSettings) -> JobsSettings:
    """Know the flows as well."""
    modules = f"{settings.processors},{flows.__name__}"
    return settings.model_copy(update={"processors": modules})


async def record_of(resources: Resources, job: JobResource) -> JobRow:
    row = await find(resources.db, Owner.reading(ANNA), job.id)
    assert row is not None
    return row


async def test_jobs_come_to_the_same_end_as_on_a_worker(
    resources: Resources, worker: Worker
) -> None:
    submitted = [await submit(resources, kind.name, **args) for kind, args in TABLE]

    for (kind, args), job in zip(TABLE, submitted, strict=True):
        real = await record_of(resources, await ended(resources, job))
        ran = await run(kind, args, children=FLOWS.values())

        assert (args, story(ran.row)) == (args, story(real))
        assert ran.row.progress == real.progress
        await assert_the_same_was_said(resources, job, ran)
        await assert_the_same_children(resources, job, ran)


async def assert_the_same_was_said(resources: Resources, job: JobResource, ran: Job) -> None:
    output = await resources.records.output(ANNA, job.id)
    logs = await resources.records.logs(ANNA, job.id)

    assert ran.output == output.text
    assert [(line.attempt, line.message, {*line.fields}) for line in ran.logs] == [
        (line["attempt"], line["message"], line.keys() - {"attempt", "line", "message", "time"})
        for line in logs
    ]


def in_order(found: Iterable[JobRow]) -> list[bytes]:
    """Return stories as sorted JSON: which of several children begins first is chance."""
    return sorted(orjson.dumps(story(row), option=orjson.OPT_SORT_KEYS) for row in found)


async def assert_the_same_children(resources: Resources, job: JobResource, ran: Job) -> None:
    found = await resources.db.fetch(CHILDREN, job.id)
    assert in_order(child.row for child in ran.children) == in_order(rows(found))
    told = await resources.db.fetch(TOLD, job.id)
    assert [(n.name, n.data) for n in ran.notifications] == [(r["name"], r["data"]) for r in told]


async def test_a_question_answered_has_the_same_story(resources: Resources, worker: Worker) -> None:
    real = await submit(resources, "approval")
    await until(resources, real, lambda found: found.awaiting is not None)
    owner = Owner.writing(ANNA)
    await store.answer(resources.db, owner, real.id, 1, {"approved": True}, ANNA.user)
    await resources.line.tell_workers("input", str(real.id))
    await ended(resources, real)

    bench = Bench([flows.approval])
    played = bench.submit("approval")
    bench.answer(played, {"approved": True})
    await bench.run()

    assert story(played.row) == story(await record_of(resources, real))


@pytest.mark.parametrize("policy", ["fail", "cancel", "run"])
async def test_a_job_after_a_failed_one_has_the_same_story(
    resources: Resources, worker: Worker, policy: str
) -> None:
    first = await submit(resources, "double", fails=True)
    wanted = Submission("double", {"number": 2}, after=[first.id], after_policy=policy)
    real = await resources.queue.submit(ANNA, wanted)
    await ended(resources, real)

    bench = Bench([flows.double])
    before = bench.submit("double", fails=True)
    options: dict[str, Any] = {"after": [before], "after_policy": policy}
    played = bench.submit("double", {"number": 2}, **options)
    await bench.run()

    assert story(played.row) == story(await record_of(resources, real))


async def test_a_cancelled_and_retried_job_has_the_same_story(
    resources: Resources, worker: Worker
) -> None:
    real = await submit(resources, "slow", seconds=60)
    await running(resources, real)
    await resources.queue.cancel(ANNA, real.id)
    await ended(resources, real)
    await resources.queue.retry(ANNA, real.id)
    await until(resources, real, lambda found: found.attempt == 2)
    await resources.queue.cancel(ANNA, real.id)
    await ended(resources, real)

    bench = Bench([kinds.slow])
    played = bench.submit("slow", seconds=60)
    await bench.advance(1)
    bench.cancel(played)
    await bench.run()
    bench.retry(played)
    await bench.advance(1)
    bench.cancel(played)
    await bench.run()

    assert story(played.row) == story(await record_of(resources, real))


async def test_a_delayed_job_has_the_same_story(resources: Resources, worker: Worker) -> None:
    wanted = Submission("echo", {"value": 1}, delay_seconds=0.1, tags=["a"], priority=3)
    real = await resources.queue.submit(ANNA, wanted)
    await ended(resources, real)

    bench = Bench([kinds.echo])
    options = {"tags": ["a"], "priority": 3}
    played = bench.submit("echo", delay=timedelta(seconds=0.1), options=options, value=1)
    await bench.run()

    assert story(played.row) == story(await record_of(resources, real))


async def test_an_ending_that_was_asked_for_is_noted_as_on_a_worker(
    resources: Resources, worker: Worker
) -> None:
    job = await resources.queue.submit(ANNA, Submission("echo", {"value": 1}, notify=True))
    await ended(resources, job)
    real = await resources.db.fetch(TOLD, job.id)

    bench = Bench([kinds.echo])
    played = bench.submit("echo", options={"notify": True}, value=1)
    await bench.run()

    noted = [event for event in played.events if event.type == "inbox.created"]
    assert [(e.data["name"], e.data["data"]) for e in noted] == [
        (r["name"], r["data"]) for r in real
    ]
    assert [e.body["offset"] for e in played.events] == [1, 2, 3, 4]


async def test_a_job_given_back_by_a_deploy_has_the_same_story(
    resources: Resources, settings: JobsSettings
) -> None:
    hasty = settings.model_copy(update={"worker_grace_seconds": 0.0})
    async with working(hasty):
        real = await submit(resources, "slow", seconds=60)
        # Running in the record is not enough: the worker itself must have heard that it started the job.
        await until(resources, real, lambda found: found.progress is not None)

    async with Bench([kinds.slow]) as bench:
        played = bench.submit("slow", seconds=60)
        await bench.advance(1)
        bench.release(played)
        await bench.until(lambda: played.state == "queued")

        assert story(played.row) == story(await record_of(resources, real))
