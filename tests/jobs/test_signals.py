"""How much waits and how many workers it takes: the arithmetic, and what is counted and what estimated."""

import asyncio
from typing import Any

import pytest

from jobs import store
from jobs.errors import Unavailable
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.signals import Picture, Signals
from jobs.store import Standing, WorkerLoad

FILL = """
INSERT INTO jobs (id, org_id, user_id, kind, queue, args, timeout_seconds, state, score, change_seq,
  run_at, created_at)
SELECT gen_random_uuid(), $1 || n % $2, 'u', 'echo', $3, '{}', 60, $4, n, n, now() - $6 * interval '1 s',
  now() - $6 * interval '1 s'
FROM generate_series(1, $5) n
"""


def picture(ready: int = 0, workers: int = 1, **changed: Any) -> Picture:
    info = {"slots": 10, "busy": 4, "mean_seconds": 0.5}
    standings = [Standing("default", "queued", ready, 1.0), Standing("default", "held", 9, 9.0)]
    loads = [WorkerLoad(f"w{n}", info) for n in range(workers)]
    known = {"standings": standings, "workers": loads, "paused": frozenset()}
    return Picture(**{**known, "backlog_seconds": 60.0, "usual_slots": 100, **changed})


@pytest.mark.parametrize(
    ("ready", "workers", "wanted"),
    [
        (0, 3, 2),  # 12 slots are busy
        (0, 0, 1),  # never none: schedules and rescues need one
        (720, 1, 1),  # 4 busy, and 720 × 0.5 s / 60 s = 6 more
        (12_000, 1, 11),
        (6_000, 0, 1),  # nobody knows how long they take: a second
        (60_000, 0, 10),
    ],
)
def test_workers_are_wanted_for_what_is_busy_and_what_waits(
    ready: int, workers: int, wanted: int
) -> None:
    assert picture(ready, workers).wanted_workers == wanted


def test_what_is_held_or_paused_asks_for_nobody() -> None:
    waiting = picture(60_000, paused=frozenset({"default"}))

    assert (waiting.ready, waiting.lag_seconds, waiting.drain_seconds) == (0, 0.0, 0.0)
    assert waiting.wanted_workers == 1


def test_nobody_can_know_how_long_it_takes_before_the_first_attempt_ends() -> None:
    standings = [Standing("default", "queued", 5, 1.0)]
    fresh = Picture(standings, [WorkerLoad("w", {"pid": 1})], frozenset(), 60.0, 100)

    assert (fresh.drain_seconds, fresh.utilisation, fresh.jobs_per_second) == (None, 1.0, None)


async def filled(
    resources: Resources, queue: str, state: str, jobs: int, orgs: int = 1, age: float = 60.0,
    org: str = "o",
) -> None:  # fmt: skip
    await resources.db.fetch(FILL, org, orgs, queue, state, jobs, age)


async def test_few_are_counted_exactly_by_queue_and_state(resources: Resources) -> None:
    await filled(resources, "default", "queued", 30)
    await filled(resources, "mail", "queued", 5, age=600.0)
    await filled(resources, "default", "retrying", 2)

    found = {(s.queue, s.state): s for s in await store.standings(resources.db, 100)}

    assert {key: s.jobs for key, s in found.items()} == {
        ("default", "queued"): 30,
        ("mail", "queued"): 5,
        ("default", "retrying"): 2,
    }
    assert found["mail", "queued"].oldest_seconds == pytest.approx(600, abs=30)
    assert not any(s.estimated for s in found.values())


async def test_many_are_estimated_and_no_queue_is_hidden_by_the_first_orgs(
    resources: Resources,
) -> None:
    await filled(resources, "default", "queued", 3_000, orgs=10, org="a")
    await filled(resources, "mail", "queued", 1_000, orgs=10, age=600.0, org="z")
    await resources.db.fetch("ANALYZE jobs")

    found = {s.queue: s for s in await store.standings(resources.db, 100)}

    assert all(s.estimated for s in found.values())
    assert found["default"].jobs + found["mail"].jobs == pytest.approx(4_000, rel=0.1)
    assert found["mail"].jobs > 0
    assert found["mail"].oldest_seconds == pytest.approx(600, abs=30)


async def test_one_read_serves_all_who_ask(
    settings: JobsSettings, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals = Signals(settings, resources.db)
    read = signals._look
    reads = []

    async def counted() -> Picture:
        reads.append(1)
        return await read()

    monkeypatch.setattr(signals, "_look", counted)

    await asyncio.gather(*(signals.read() for _ in range(20)))

    assert len(reads) == 1


async def test_trouble_is_remembered_for_as_long_as_an_answer(
    settings: JobsSettings, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals = Signals(settings, resources.db)
    tries = []

    async def failing() -> Picture:
        tries.append(1)
        raise Unavailable

    monkeypatch.setattr(signals, "_look", failing)

    found = await asyncio.gather(*(signals.read() for _ in range(5)), return_exceptions=True)

    assert all(isinstance(error, Unavailable) for error in found)
    assert len(tries) == 1
