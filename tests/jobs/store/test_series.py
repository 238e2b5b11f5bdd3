"""What charts are drawn from: counted within bounds, by its time, of whoever may see it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from jobs import store
from jobs.ids import uuid7
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.sampling import take_sample
from jobs.series import SPANS, SeriesResource, Window
from jobs.store import Outcome, Starter
from jobs.store import series as looks
from jobs.upkeep import prune
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, BERT
from tests.jobs.happenings import queue_up, value

ROOT = Caller("root", "operators", frozenset({"admin"}))
READER = Caller("eve", ANNA.org, frozenset({"jobs:read", "org:read"}))
ECHO = Submission("echo", {})
MOVE = """
UPDATE jobs SET created_at = $2::timestamptz, run_at = $2::timestamptz,
  started_at = $2::timestamptz + interval '2 s',
  finished_at = $2::timestamptz + interval '5 s' WHERE id = ANY($1::uuid[])
"""


async def finished(
    resources: Resources, caller: Caller, number: int, ago: timedelta, outcome: Any = "succeeded"
) -> None:
    """Make jobs that waited 2 s, ran 3 s and ended five seconds less than ``ago`` before now."""
    rows = await queue_up(resources, [ECHO] * number, caller=caller)
    ids = [row.id for row in rows]
    life = uuid7()
    await store.register(resources.db, life, "life", 60, {})
    started = await store.start(resources.db, Starter(life, "life", ["echo"]), ids)
    done = [Outcome(row.id, row.attempt, outcome, outcome) for row in started]
    await store.settle(resources.db, life, done)
    await resources.db.fetch(MOVE, ids, datetime.now(UTC) - ago)


async def read(resources: Resources, caller: Caller, window: Window = "15m") -> SeriesResource:
    return await resources.series.read(caller, window)


def totals(found: SeriesResource) -> tuple[int, int]:
    return sum(p.succeeded for p in found.finished), sum(p.failed for p in found.finished)


@pytest.mark.parametrize(("window", "steps"), [("15m", 60), ("1h", 60), ("24h", 96)])
async def test_points_are_equal_steps_up_to_now_and_hold_what_finished_in_them(
    resources: Resources, window: Window, steps: int
) -> None:
    span = SPANS[window]
    await finished(resources, ANNA, 3, 4 * span.step)
    await finished(resources, ANNA, 1, 4 * span.step, "failed")
    await finished(resources, ANNA, 2, (steps + 2) * span.step)

    for caller in (ROOT, ANNA, READER):
        found = await read(resources, caller, window)

        assert len(found.finished) == len(found.standing) == steps
        assert found.finished[-1].time <= found.now < found.finished[-1].time + span.step
        assert totals(found) == (3, 1)
        (point,) = [p for p in found.finished if p.succeeded]
        assert point.time <= found.now - 4 * span.step + timedelta(seconds=5.5)
        assert (point.wait_p50, point.wait_p95, point.run_p50) == pytest.approx((2, 2, 3))
        assert [(k.org, k.kind, k.succeeded, k.failed) for k in found.kinds] == [
            ("acme", "echo", 3, 1)
        ]
        assert not found.estimated


async def test_each_sees_only_what_is_theirs(resources: Resources) -> None:
    minute = timedelta(minutes=1)
    await finished(resources, ANNA, 2, minute)
    await finished(resources, BERT, 1, minute)

    seen = {c.user: totals(await read(resources, c))[0] for c in (ROOT, ANNA, BERT, READER)}

    assert seen == {"root": 3, "anna": 2, "bert": 1, "eve": 2}
    assert {k.org for k in (await read(resources, ROOT)).kinds} == {"acme", "other"}


async def test_more_than_is_looked_at_is_estimated_from_what_is(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    fewer = looks.EVERYBODY.replace("LIMIT 100", "LIMIT 4").replace("> 100", "> 4")
    monkeypatch.setattr(looks, "EVERYBODY", fewer)
    await finished(resources, ANNA, 40, timedelta(minutes=1))

    found = await read(resources, ROOT)

    assert found.estimated
    assert totals(found) == (40, 0)


async def test_what_waited_and_ran_is_told_of_ones_own_jobs_too(resources: Resources) -> None:
    await finished(resources, ANNA, 2, timedelta(minutes=5))
    ids: list[UUID] = [row.id for row in await queue_up(resources, [ECHO] * 3, caller=ANNA)]
    life = uuid7()
    await store.register(resources.db, life, "life", 60, {})
    await store.start(resources.db, Starter(life, "life", ["echo"]), ids[:1])

    found = await read(resources, ANNA)

    assert (found.standing[-1].queued, found.standing[-1].running) == (2, 1)
    assert (found.standing[0].queued, found.standing[0].running) == (0, 0)
    assert found.standing[-1].slots is None


async def test_operators_see_samples_of_which_a_tick_keeps_one(resources: Resources) -> None:
    life = uuid7()
    await store.register(resources.db, life, "life", 60, {"slots": 10, "busy": 4})
    await queue_up(resources, [ECHO] * 3, caller=ANNA)
    for _ in range(2):
        await take_sample(resources.db, resources.signals)

    found = await read(resources, ROOT)

    assert await value(resources, "SELECT count(*) FROM queue_samples") in {1, 2}
    known = [p for p in found.standing if p.workers is not None][-1]
    assert (known.queued, known.slots, known.busy, known.workers) == (3, 10, 4, 1)
    assert found.standing[0].queued is None


async def test_upkeep_forgets_samples_after_a_day(resources: Resources) -> None:
    await take_sample(resources.db, resources.signals)
    await resources.db.fetch("UPDATE queue_samples SET at = at - interval '26 hours'")
    await take_sample(resources.db, resources.signals)

    await prune(resources.db, resources.settings)

    assert await value(resources, "SELECT count(*) FROM queue_samples") == 1


async def test_many_who_look_at_once_cost_one_look(resources: Resources) -> None:
    first = await read(resources, ROOT)
    await finished(resources, ANNA, 1, timedelta(seconds=1))

    assert await read(resources, ROOT) is first
