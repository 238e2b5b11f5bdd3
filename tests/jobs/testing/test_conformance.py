"""The bench against the real thing: the same jobs come to the same end, event by event."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from jobs.events import timeline
from jobs.processor import Kind
from jobs.queue import Submission
from jobs.records import attempts
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import JobRow, Owner, find
from jobs.testing import Bench, Job, run
from jobs.worker import Worker
from tests import kinds
from tests.jobs.conftest import ANNA, ended, running, submit, until, working

FLAKY = [
    (kinds.flaky, {"times": times, "how": how})
    for how in ("raise", "retry", "discard", "exit", "cancel_itself")
    for times in (1, 9)
]
TABLE: Sequence[tuple[Kind, Mapping[str, Any]]] = [
    (kinds.echo, {"value": {"a": [1, "ü", None, 1.5], "\U0001f600": {}}}),
    (kinds.echo, {}),
    *FLAKY,
    (kinds.impatient, {"seconds": 60}),
    (kinds.impatient, {"seconds": 60, "stubborn": True}),
    (kinds.impatient, {"seconds": 0}),
    (kinds.stream, {"words": 5}),
    (kinds.stream, {"words": 5, "fail_first": True}),
    *[(kinds.misshapen, {"what": what}) for what in ("type", "nul", "surrogate", "large")],
    (kinds.misshapen, {"what": "unheard of"}),
    (kinds.count_up, {}),
    (kinds.chatterbox, {}),
    (kinds.slow, {"seconds": 0.2}),
]


SAME = (
    "kind", "state", "args", "result", "error", "attempt", "failures", "crashes", "max_attempts",
    "timeout_seconds", "priority", "queue", "tags", "metadata", "version",
)  # fmt: skip


def story(row: JobRow) -> dict[str, Any]:
    """Return all of a job that does not depend on ids, clocks and chance."""
    told = [(e["type"], e["seq"], e["attempt"], without_worker(e["data"])) for e in timeline(row)]
    ends = [(a.attempt, a.outcome, a.error) for a in attempts(row)]
    return {**{name: getattr(row, name) for name in SAME}, "told": told, "ends": ends}


def without_worker(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "worker"}


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
        ran = await run(kind, args)

        assert (args, story(ran.row)) == (args, story(real))
        assert ran.row.progress == real.progress
        await assert_the_same_was_said(resources, job, ran)


async def assert_the_same_was_said(resources: Resources, job: JobResource, ran: Job) -> None:
    output = await resources.records.output(ANNA, job.id)
    logs = await resources.records.logs(ANNA, job.id)

    assert ran.output == output.text
    assert [(line.attempt, line.message, {*line.fields}) for line in ran.logs] == [
        (line["attempt"], line["message"], line.keys() - {"attempt", "message", "time"})
        for line in logs
    ]


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


async def test_a_job_given_back_by_a_deploy_has_the_same_story(
    resources: Resources, settings: JobsSettings
) -> None:
    hasty = settings.model_copy(update={"worker_grace_seconds": 0.0})
    async with working(hasty):
        real = await submit(resources, "slow", seconds=60)
        await running(resources, real)

    async with Bench([kinds.slow]) as bench:
        played = bench.submit("slow", seconds=60)
        await bench.advance(1)
        bench.release(played)
        await bench.until(lambda: played.state == "queued")

        assert story(played.row) == story(await record_of(resources, real))
