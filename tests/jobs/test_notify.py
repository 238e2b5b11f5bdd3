"""A kind that tells its endings: each is told once, by the processor or by the engine."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from jobs import Context, Discard, ProviderError, fixed, processor
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.testing import Bench
from tests.jobs.conftest import ANNA, ended, working

HERE = "tests.jobs.test_notify"
SOON = fixed(timedelta(milliseconds=20))


class Play(BaseModel):
    tell: bool = False
    end: Literal["well", "discard", "told", "raise"] = "well"


async def play(context: Context, args: Play) -> None:
    if args.tell:
        await context.notify("brief_completed", {"n": 1})
    match args.end:
        case "discard":
            raise Discard("No.")
        case "told":
            raise Discard("No.", told=True)
        case "raise":
            raise ProviderError("Down.")


@processor("telling", max_attempts=2, backoff=SOON, notify=True)
async def telling(context: Context, args: Play) -> None:
    """Tells endings by itself, or leaves it to the engine."""
    await play(context, args)


@processor("telling_failures", max_attempts=2, backoff=SOON, notify="failures")
async def telling_failures(context: Context, args: Play) -> None:
    """Leaves only failures to the engine."""
    await play(context, args)


@processor("telling_by_name", max_attempts=2, backoff=SOON, notify=True, failed_as="brief_failed")
async def telling_by_name(context: Context, args: Play) -> None:
    """Leaves failures to the engine, and says how they are called."""
    await play(context, args)


@processor("silent", max_attempts=2, backoff=SOON)
async def silent(context: Context, args: Play) -> None:
    """Leaves it to whoever submits."""
    await play(context, args)


@processor("parent")
async def parent(context: Context, args: Play) -> None:
    """Has a child that would tell its ending, were it not a child."""
    await context.gather([await context.enqueue("telling", args)])


@pytest.fixture
async def crew(settings: JobsSettings) -> AsyncIterator[None]:
    async with working(settings.model_copy(update={"processors": HERE})):
        yield


@pytest.fixture
def settings(settings: JobsSettings) -> JobsSettings:
    return settings.model_copy(update={"processors": HERE})


async def told(resources: Resources) -> list[str]:
    found = await resources.db.fetch("SELECT name FROM inbox ORDER BY change_seq")
    return [row["name"] for row in found]


CASES: list[tuple[str, dict[str, Any], bool | None, list[str]]] = [
    ("telling", {}, None, ["job.succeeded"]),
    ("telling", {"tell": True}, None, ["brief_completed"]),
    ("telling", {"tell": True, "end": "discard"}, None, ["brief_completed", "job.failed"]),
    ("telling", {"tell": True, "end": "told"}, None, ["brief_completed"]),
    ("telling", {"tell": True, "end": "raise"}, None, ["brief_completed", "job.failed"]),
    ("telling", {"end": "raise"}, False, []),
    ("telling_failures", {}, None, []),
    ("telling_failures", {"end": "raise"}, None, ["job.failed"]),
    ("telling_by_name", {}, None, ["job.succeeded"]),
    ("telling_by_name", {"end": "raise"}, None, ["brief_failed"]),
    ("telling_by_name", {"end": "discard"}, None, ["brief_failed"]),
    ("telling_by_name", {"tell": True, "end": "told"}, None, ["brief_completed"]),
    ("telling_by_name", {"end": "raise"}, False, []),
    ("silent", {}, None, []),
    ("silent", {"tell": True}, True, ["brief_completed", "job.succeeded"]),
    ("parent", {}, None, []),
    ("parent", {"end": "discard"}, True, ["job.failed"]),
]


@pytest.mark.parametrize(("kind", "args", "notify", "names"), CASES)
async def test_an_ending_is_told_once(
    resources: Resources,
    crew: None,
    kind: str,
    args: dict[str, Any],
    notify: bool | None,
    names: list[str],
) -> None:
    job = await resources.queue.submit(ANNA, Submission(kind, args, notify=notify))
    await ended(resources, job)

    assert await told(resources) == names


async def test_a_failure_under_its_own_name_says_why(resources: Resources, crew: None) -> None:
    job = await resources.queue.submit(ANNA, Submission("telling_by_name", {"end": "discard"}))
    await ended(resources, job)

    [entry] = await resources.db.fetch("SELECT data FROM inbox")
    assert entry["data"] == {"kind": "telling_by_name", "code": "discarded", "reason": "No."}


@pytest.mark.parametrize(("kind", "args", "notify", "names"), CASES)
async def test_a_bench_tells_the_same(
    kind: str, args: dict[str, Any], notify: bool | None, names: list[str]
) -> None:
    bench = Bench([telling, telling_failures, telling_by_name, silent, parent])

    job = bench.submit(kind, args, options={"notify": notify})
    await bench.run()

    made = [e for e in job.events if e.type.startswith(("inbox.", "notification."))]
    assert [e.data["name"] for e in made] == names
