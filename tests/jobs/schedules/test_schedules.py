"""The front of the schedules, beside its HTTP table: what callers at once do, and what previews tell."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs.errors import NotFound
from jobs.resources import Resources
from jobs.schedules.resource import preview
from jobs.schedules.ticks import Rule
from jobs.schedules.wanted import WantedSchedule
from tests.jobs.conftest import ANNA, BERT

HOURLY = WantedSchedule("echo", {}, cron="0 * * * *")


async def test_many_who_put_the_same_key_at_once_make_one_schedule(resources: Resources) -> None:
    made = await asyncio.gather(
        *(
            resources.schedules.put(
                ANNA, "same", WantedSchedule("echo", {"value": n}, cron="0 * * * *")
            )
            for n in range(20)
        )
    )

    rows = await resources.db.fetch("SELECT id, version FROM schedules")
    assert len({schedule.id for schedule, _ in made}) == len(rows) == 1
    assert rows[0]["version"] == 20


async def test_changes_of_several_fields_at_once_all_stay(resources: Resources) -> None:
    await resources.schedules.put(ANNA, "one", HOURLY)
    changes: list[dict[str, Any]] = [
        {"args": {"value": 1}}, {"missed": "all"}, {"overlap": "skip"},
        {"jitter": timedelta(seconds=5)}, {"options": {"priority": 3}},
    ]  # fmt: skip

    await asyncio.gather(*(resources.schedules.patch(ANNA, "one", each) for each in changes))

    after = await resources.schedules.get(ANNA, "one")
    assert (after.args, after.missed, after.overlap) == ({"value": 1}, "all", "skip")
    assert (after.jitter, after.options, after.version) == (5.0, {"priority": 3}, 6)


async def test_another_users_schedule_does_not_exist(resources: Resources) -> None:
    await resources.schedules.put(ANNA, "mine", HOURLY)

    for call in (
        resources.schedules.get(BERT, "mine"),
        resources.schedules.patch(BERT, "mine", {"paused": True}),
        resources.schedules.delete(BERT, "mine"),
        resources.schedules.run(BERT, "mine"),
        resources.schedules.preview(BERT, "mine", 3),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await resources.schedules.list(BERT, 10)).data == []


async def test_new_times_count_from_now_and_other_changes_leave_them(resources: Resources) -> None:
    often = WantedSchedule("echo", {}, every=timedelta(hours=1))
    first, _ = await resources.schedules.put(ANNA, "often", often)
    await resources.db.fetch(
        "UPDATE schedules SET next_at = next_at - interval '30 min', "
        "anchor_at = anchor_at - interval '30 min'"
    )

    same, _ = await resources.schedules.put(ANNA, "often", often)
    moved = await resources.schedules.patch(ANNA, "often", {"every": timedelta(hours=2)})

    assert first.next_at is not None
    assert same.next_at == first.next_at - timedelta(minutes=30)
    assert moved.next_at == moved.updated_at + timedelta(hours=2)


async def test_a_schedule_that_goes_on_keeps_its_beat(resources: Resources) -> None:
    first, _ = await resources.schedules.put(
        ANNA, "often", WantedSchedule("echo", {}, every=timedelta(hours=1))
    )

    await resources.schedules.patch(ANNA, "often", {"paused": True})
    resumed = await resources.schedules.patch(ANNA, "often", {"paused": False})

    assert resumed.next_at == first.next_at


async def test_running_now_twice_makes_two_jobs(resources: Resources) -> None:
    made, _ = await resources.schedules.put(ANNA, "mine", HOURLY)

    jobs = [await resources.schedules.run(ANNA, "mine") for _ in range(2)]

    rows = await resources.db.fetch("SELECT schedule_id FROM jobs")
    assert Counter(row["schedule_id"] for row in rows) == {made.id: 2}
    assert len({job.id for job in jobs}) == 2
    places = [(await resources.records.get(ANNA, job.id)).position for job in jobs]
    assert sorted(place or 0 for place in places) == [1, 2]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_preview_across_the_skipped_hour_says_that_a_tick_is_moved() -> None:
    rule = Rule(cron="30 2 * * *", timezone="America/New_York")

    told = preview(rule, at("2026-03-07 00:00"), 3)

    assert [(t.local.isoformat(), t.offset) for t in told.data] == [
        ("2026-03-07T02:30:00-05:00", "-05:00"),
        ("2026-03-08T03:00:00-04:00", "-04:00"),
        ("2026-03-09T02:30:00-04:00", "-04:00"),
    ]
    assert [t.note for t in told.data] == [
        None,
        (
            "Moved: clocks skip the time it names that day, so it comes right after. "
            "Clocks change before it, from -05:00 to -04:00."
        ),
        None,
    ]


def test_a_preview_across_the_repeated_hour_tells_the_two_times_apart() -> None:
    rule = Rule(cron="*/30 1 * * *", timezone="America/New_York")

    told = preview(rule, at("2026-11-01 05:00"), 3)

    assert [t.note for t in told.data] == [
        "Clocks show 01:30 twice that day; this is the first time.",
        (
            "Clocks change before it, from -04:00 to -05:00. "
            "Clocks show 01:00 twice that day; this is the second time."
        ),
        "Clocks show 01:30 twice that day; this is the second time.",
    ]


def test_a_preview_knows_half_hours_and_odd_offsets() -> None:
    lord_howe = preview(
        Rule(cron="15 2 * * *", timezone="Australia/Lord_Howe"), at("2026-10-03 00:00"), 1
    )
    kathmandu = preview(
        Rule(cron="0 9 * * *", timezone="Asia/Kathmandu"), at("2026-10-03 00:00"), 1
    )

    (moved,), (plain,) = lord_howe.data, kathmandu.data
    assert moved.local.isoformat() == "2026-10-04T02:30:00+11:00"
    assert moved.note is not None
    assert "Moved" in moved.note
    assert "from +10:30 to +11:00" in moved.note
    assert (plain.local.isoformat(), plain.note) == ("2026-10-03T09:00:00+05:45", None)


def test_the_preview_of_a_rule_that_is_over_is_empty() -> None:
    told = preview(Rule(at=at("2026-01-01 00:00")), at("2026-03-07 00:00"), 3)

    assert told.data == []


def test_a_fixed_distance_is_not_moved_by_clock_changes() -> None:
    rule = Rule(every=timedelta(hours=12), timezone="Europe/Berlin", anchor=at("2026-03-28 20:00"))

    told = preview(rule, at("2026-03-28 20:00"), 2)

    assert [t.local.hour for t in told.data] == [10, 22]
    assert told.data[0].note == "Clocks change before it, from +01:00 to +02:00."
