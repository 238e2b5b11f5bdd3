"""The kinds' own clocks: each slot is dealt with once, by one worker, whatever happens to the others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs import Context, Due, Kind, Tick, processor, ticks
from jobs.acceptance import Acceptance
from jobs.limits import NO_LIMITS
from jobs.processor import Registry
from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from jobs.ticks import Ticks, newest_slot
from service.dev.child import becomes_true
from service.dev.postgres_server import PostgresServer
from tests.kinds import Anything

EVERY_MINUTE = "* * * * *"


@dataclass
class Watch:
    """What is due, by key, and how it was asked for. ``begun`` and ``go_on`` hold the asker up."""

    keys: list[str] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    error: Exception | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.go_on.set()

    async def due(self, session: AsyncSession, now: datetime, limit: int) -> Sequence[Due]:
        self.asked.append(now)
        self.begun.set()
        await self.go_on.wait()
        if self.error is not None:
            raise self.error
        return [Due("acme", "anna", Anything(value=key), key) for key in self.keys[:limit]]

    def kind(self, cron: str = EVERY_MINUTE) -> Kind:
        @processor("ticking", tick=Tick(cron, self.due))
        async def ticking(context: Context, args: Anything) -> Anything:
            return args

        return ticking


@pytest.fixture
def watch() -> Watch:
    return Watch(keys=["a", "b"])


def clock_of(resources: Resources, *kinds: Kind) -> Ticks:
    """Return what one worker's loop calls."""
    db, announcer, registry = resources.db, resources.announcer, Registry(kinds)
    acceptance = Acceptance(resources.settings, db, registry, NO_LIMITS, announcer)
    return Ticks(db, registry, acceptance, announcer)


async def jobs_in(resources: Resources) -> list[tuple[str, str, Any]]:
    found = await resources.db.fetch("SELECT unique_key, state, args FROM jobs ORDER BY unique_key")
    return [(r["unique_key"], r["state"], r["args"]) for r in found]


async def let_a_slot_pass(resources: Resources) -> None:
    """Make the slot that was dealt with an older one."""
    await resources.db.fetch("UPDATE ticks SET slot = slot - interval '1 minute'")


async def test_what_is_due_becomes_jobs_of_its_owner(resources: Resources, watch: Watch) -> None:
    made = await clock_of(resources, watch.kind()).fire()

    assert [(row.org_id, row.user_id, row.kind) for row in made] == [
        ("acme", "anna", "ticking")
    ] * 2
    assert await jobs_in(resources) == [
        ("a", "queued", {"value": "a"}),
        ("b", "queued", {"value": "b"}),
    ]
    slot = datetime.fromisoformat(made[0].metadata["tick"])
    assert timedelta(0) <= watch.asked[0] - slot < timedelta(minutes=1)
    assert (slot.second, slot.tzinfo) == (0, UTC)


async def test_a_slot_is_dealt_with_once_by_one_worker_and_for_good(
    resources: Resources, watch: Watch
) -> None:
    one, other = (clock_of(resources, watch.kind("0 0 1 1 *")) for _ in range(2))

    made = [await one.fire(), await other.fire(), await one.fire()]
    await resources.db.fetch("UPDATE jobs SET state = 'cancelled', finished_at = now()")
    made += [await clock_of(resources, watch.kind("0 0 1 1 *")).fire()]

    assert [len(rows) for rows in made] == [2, 0, 0, 0]
    assert len(watch.asked) == 1


async def test_two_workers_at_the_same_moment_submit_once(
    settings: JobsSettings, resources: Resources, watch: Watch
) -> None:
    watch.go_on.clear()
    async with open_resources(settings) as others:
        clocks = [clock_of(r, watch.kind("0 0 1 1 *")) for r in (resources, others) * 4]
        firing = [asyncio.create_task(clock.fire()) for clock in clocks]
        await watch.begun.wait()
        watch.go_on.set()
        made = await asyncio.gather(*firing)

    assert sorted(len(rows) for rows in made) == [0] * 7 + [2]
    assert len(await jobs_in(resources)) == 2
    assert len(await resources.db.fetch("SELECT * FROM ticks")) == 1


async def test_an_unfinished_job_is_not_doubled_by_the_next_slot(
    resources: Resources, watch: Watch
) -> None:
    clock = clock_of(resources, watch.kind())
    await clock.fire()
    await let_a_slot_pass(resources)
    await resources.db.fetch(
        "UPDATE jobs SET state = 'cancelled', finished_at = now() WHERE unique_key = 'a'"
    )
    watch.keys.append("c")

    made = await clock_of(resources, watch.kind()).fire()

    assert sorted(str(row.unique_key) for row in made) == ["a", "c"]


async def test_a_slot_that_fails_is_not_lost_and_keeps_no_other_kind_from_it(
    resources: Resources, watch: Watch
) -> None:
    @processor("other", tick=Tick(EVERY_MINUTE, watch.due))
    async def other(context: Context, args: Anything) -> Anything:
        return args

    broken = Watch(keys=["x"], error=RuntimeError("no such table"))
    clock = clock_of(resources, broken.kind(), other)

    first = await clock.fire()
    broken.error = None
    second = await clock.fire()

    assert [row.kind for row in first] == ["other"] * 2
    assert sorted(str(row.unique_key) for row in second if row.kind == "ticking") == ["x"]


async def test_args_that_do_not_fit_are_left_out(resources: Resources) -> None:
    async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Due]:
        return [Due("acme", "anna", {"valeu": 1}, "bad"), Due("acme", "anna", {}, "good")]

    @processor("picky", tick=Tick(EVERY_MINUTE, due))
    async def picky(context: Context, args: Anything) -> Anything:
        return args

    assert sorted(str(row.unique_key) for row in await clock_of(resources, picky).fire()) == [
        "good"
    ]


async def test_it_pages_while_there_is_something_new(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [str(number) for number in range(7)]

    async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Due]:
        taken = [left.pop(0) for _ in left[:limit]]
        return [Due("acme", "anna", {"value": key}, key) for key in taken]

    @processor("moving", tick=Tick(EVERY_MINUTE, due))
    async def moving(context: Context, args: Anything) -> Anything:
        return args

    monkeypatch.setattr(ticks, "LIMIT", 3)
    monkeypatch.setattr(ticks, "PAGE", 2)

    made = await clock_of(resources, moving).fire()

    assert sorted(str(row.unique_key) for row in made) == [str(number) for number in range(7)]


async def test_it_ends_when_the_same_is_found_again(
    resources: Resources, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticks, "LIMIT", 2)

    made = await clock_of(resources, watch.kind()).fire()

    assert len(made) == len(watch.asked) == 2


async def test_what_the_asker_moved_on_is_kept_with_the_jobs_or_not_at_all(
    resources: Resources,
) -> None:
    async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Due]:
        sql = "INSERT INTO marks (name, at) VALUES ('asked', $1)"
        await (await session.connection()).exec_driver_sql(sql, (now,))
        return [Due("acme", "anna", {"value": "x"}, "bad\x00key" if fails else "key")]

    @processor("claiming", tick=Tick(EVERY_MINUTE, due))
    async def claiming(context: Context, args: Anything) -> Anything:
        return args

    clock, marks = clock_of(resources, claiming), "SELECT name FROM marks WHERE name = 'asked'"
    fails = True
    assert await clock.fire() == []
    assert await resources.db.fetch(marks) == []
    assert await resources.db.fetch("SELECT * FROM ticks") == []

    fails = False
    assert len(await clock.fire()) == 1
    assert len(await resources.db.fetch(marks)) == 1


async def test_rows_that_one_worker_has_locked_do_not_make_another_take_the_slot_for_nothing(
    settings: JobsSettings, resources: Resources
) -> None:
    move = """
    UPDATE marks SET at = now() + interval '1 day' WHERE name IN (
      SELECT name FROM marks WHERE at <= now() ORDER BY name LIMIT $1 FOR UPDATE SKIP LOCKED
    ) RETURNING name
    """
    await resources.db.fetch("INSERT INTO marks (name, at) VALUES ('x', now()), ('y', now())")
    locking, go_on = asyncio.Event(), asyncio.Event()

    async def due(session: AsyncSession, now: datetime, limit: int) -> Sequence[Due]:
        found = await (await session.connection()).exec_driver_sql(move, (limit,))
        names = [row.name for row in found]
        if names:
            locking.set()
            await go_on.wait()
        return [Due("acme", "anna", {"value": name}, name) for name in names]

    @processor("locking", tick=Tick("0 0 1 1 *", due))
    async def locking_kind(context: Context, args: Anything) -> Anything:
        return args

    async with open_resources(settings) as others:
        first = asyncio.create_task(clock_of(resources, locking_kind).fire())
        await locking.wait()
        second = asyncio.create_task(clock_of(others, locking_kind).fire())

        async def waits_or_is_over() -> bool:
            waiting = await resources.db.fetch("SELECT 1 FROM pg_locks WHERE NOT granted")
            return second.done() or bool(waiting)

        await becomes_true(waits_or_is_over, 5)
        go_on.set()
        made, rest = await first, await second

    assert sorted(str(row.unique_key) for row in made if row.unique_key) == ["x", "y"]
    assert rest == []
    assert await resources.db.fetch("SELECT name FROM marks WHERE at <= now()") == []


async def test_a_worker_that_dies_half_way_leaves_the_slot_to_another(
    resources: Resources, watch: Watch, database_url: str
) -> None:
    watch.go_on.clear()
    dying = asyncio.create_task(clock_of(resources, watch.kind()).fire())
    await watch.begun.wait()
    dying.cancel()
    await asyncio.wait({dying})
    watch.go_on.set()

    assert len(await clock_of(resources, watch.kind()).fire()) == 2


async def test_postgres_that_ends_meanwhile_costs_no_slot(
    resources: Resources, watch: Watch, postgres: PostgresServer
) -> None:
    clock = clock_of(resources, watch.kind("0 0 1 1 *"))
    watch.go_on.clear()
    firing = asyncio.create_task(clock.fire())
    await watch.begun.wait()
    postgres.kill()
    watch.go_on.set()
    assert await firing == []
    await postgres.restart()

    assert len(await clock.fire()) == 2


async def test_a_clock_that_is_set_back_makes_no_slot_again(
    resources: Resources, watch: Watch
) -> None:
    await clock_of(resources, watch.kind()).fire()
    await resources.db.fetch("UPDATE ticks SET slot = slot + interval '5 minutes'")

    assert await clock_of(resources, watch.kind()).fire() == []


async def test_the_databases_clock_decides_and_the_worker_waits_for_the_slot(
    resources: Resources, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    clock = clock_of(resources, watch.kind("0 0 1 1 *"))
    monkeypatch.setattr(ticks, "asyncio", SimpleNamespace(sleep=note))

    await clock.step()
    await clock.step()

    assert 5.0 <= pauses[0] <= 5.5
    assert 15.0 <= pauses[1] <= 15.5
    assert len(watch.asked) == 1


@pytest.mark.parametrize(
    ("cron", "slot"),
    [
        ("*/15 * * * *", "2026-11-29T04:15"), ("0 * * * *", "2026-11-29T04:00"),
        ("0 5 * * *", "2026-11-28T05:00"), ("20 4 * * *", "2026-11-29T04:20"),
        ("0 0 1 * *", "2026-11-01T00:00"), ("0 0 1 1 *", "2026-01-01T00:00"),
        ("0 0 29 2 *", "2024-02-29T00:00"), ("0 0 * * MON", "2026-11-23T00:00"),
    ],
)  # fmt: skip
def test_the_newest_slot_is_the_last_that_was_named(cron: str, slot: str) -> None:
    moment = datetime(2026, 11, 29, 4, 20, tzinfo=UTC)

    assert newest_slot(cron, moment) == datetime.fromisoformat(slot).replace(tzinfo=UTC)


def test_a_cron_that_is_none_is_refused_where_it_is_written(watch: Watch) -> None:
    with pytest.raises(TypeError, match="no cron expression"):
        Tick("* * *", watch.due)


async def test_the_table_holds_one_row_a_kind(resources: Resources, watch: Watch) -> None:
    for _ in range(3):
        await clock_of(resources, watch.kind()).fire()
        await let_a_slot_pass(resources)

    rows: list[asyncpg.Record] = await resources.db.fetch("SELECT kind FROM ticks")
    assert [row["kind"] for row in rows] == ["ticking"]
