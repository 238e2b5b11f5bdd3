"""A plain life is not written down, and told all the same; what is not plain is written whole."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from jobs import store
from jobs.store import ANYBODY, JobRow
from tests.jobs.store.scene import accepted, begun, ending, hired, new_job, starter
from tests.jobs.store.session import Session

pytestmark = pytest.mark.usefixtures("sound")

Turn = Callable[[Session, UUID, JobRow], Awaitable[Any]]


async def read(db: Session, job: UUID) -> JobRow:
    return (await store.by_ids(db, [job]))[job]


def told(row: JobRow) -> list[tuple[Any, ...]]:
    return [(e["seq"], e["type"], e["attempt"], e.get("outcome")) for e in row.story]


async def test_a_job_that_just_succeeds_tells_its_life_without_writing_it(db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker)
    await store.settle(db, worker, [ending(job)])

    row = await read(db, job.id)

    assert row.history == []
    assert told(row) == [
        (1, "job.queued", 0, None),
        (2, "job.started", 1, None),
        (3, "job.succeeded", 1, "succeeded"),
    ]
    assert row.story[1]["worker"] == "w"
    assert row.finished_at is not None
    assert row.last["time"] == row.finished_at.isoformat()


async def cancel(db: Session, worker: UUID, job: JobRow) -> None:
    await store.cancel(db, ANYBODY, [job.id])


def end(state: str) -> Turn:
    async def settle(db: Session, worker: UUID, job: JobRow) -> None:
        await store.settle(db, worker, [ending(job, state)])

    return settle


async def ask(db: Session, worker: UUID, job: JobRow) -> None:
    await store.ask(db, (job.id, job.attempt, worker), {"number": 1})


@pytest.mark.parametrize(
    ("turn", "last"),
    [
        (cancel, "job.cancelling"),
        (end("failed"), "job.failed"),
        (end("retrying"), "job.retrying"),
        (end("queued"), "job.queued"),
        (ask, "job.input_requested"),
    ],
    ids=["cancel", "failed", "retrying", "released", "asking"],
)
async def test_what_is_not_plain_writes_all_that_came_before(
    db: Session, turn: Turn, last: str
) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker)
    before = (await read(db, job.id)).story

    await turn(db, worker, job)

    row = await read(db, job.id)
    assert moments(row.history[:2]) == moments(before)
    assert [e["seq"] for e in row.history] == [1, 2, 3]
    assert row.last == row.history[2]
    assert row.last["type"] == last


def moments(story: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return entries without their times' last zeros, which Postgres leaves out."""
    return [e | {"time": e["time"].replace("+00:00", "").rstrip("0")} for e in story]


async def test_a_queued_job_that_is_cancelled_is_written_whole(db: Session) -> None:
    [job] = await accepted(db)
    assert job.history == []

    await store.cancel(db, ANYBODY, [job.id])

    row = await read(db, job.id)
    assert [e["type"] for e in row.history] == ["job.queued", "job.cancelled"]


async def test_a_job_that_was_scheduled_is_written_from_the_beginning(db: Session) -> None:
    [job] = await accepted(db, new_job(delay_seconds=3600.0))
    assert [e["type"] for e in job.history] == ["job.scheduled"]

    await store.cancel(db, ANYBODY, [job.id])

    assert [e["type"] for e in (await read(db, job.id)).history] == [
        "job.scheduled",
        "job.cancelled",
    ]


async def test_a_second_attempt_is_written(db: Session) -> None:
    worker = await hired(db)
    [job] = await begun(db, worker)
    await store.settle(db, worker, [ending(job, "queued")])
    [again] = await store.start(db, starter(worker), [job.id])
    await store.settle(db, worker, [ending(again)])

    row = await read(db, job.id)

    assert [e["type"] for e in row.history] == [
        "job.queued",
        "job.started",
        "job.queued",
        "job.started",
        "job.succeeded",
    ]
    assert told(row)[-1] == (5, "job.succeeded", 2, "succeeded")
