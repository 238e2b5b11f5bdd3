"""Whose turn it is, decided by the database: once a user and day, by how they took the briefs before."""

import asyncio
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from jobs.briefing.hours import turns
from jobs.handoff.quiet_hours import shown
from jobs.ids import uuid7
from jobs.kept.briefs import (
    Candidate,
    NewBrief,
    Past,
    decide,
    find_brief,
    find_reader,
    keep_brief,
)
from jobs.processors.daily_brief import Args
from jobs.processors.daily_brief import due as due_jobs
from jobs.resources import Resources
from jobs.zones import zone
from tests.jobs.briefing.days import TODAY, at
from tests.jobs.briefing.readers import add_brief, add_readers, read_entry, verify_email
from tests.jobs.briefing.zones import DAY, ZONES, quarters

SEVEN = at("2026-11-29T07:00")
OWNER = ("acme", "anna")


async def decided(resources: Resources, now: datetime, limit: int = 100) -> list[Candidate]:
    """Ask as the clock does, for readers in UTC."""
    async with resources.db.session() as session:
        return await decide(session, turns(["UTC"], now), limit)


async def due(resources: Resources, now: datetime, limit: int = 5_000) -> list[tuple[str, date]]:
    """Return who is due a brief of which day."""
    async with resources.db.session() as session:
        found = await due_jobs(session, now, limit)
    days = [Args.model_validate(one.args).day for one in found]
    return [(one.user, day) for one, day in zip(found, days, strict=True) if day is not None]


async def past_of(resources: Resources) -> Past:
    [one] = await decided(resources, SEVEN)
    return one.past


@pytest.mark.parametrize("begin", ["2026-03-28T00:00", "2026-10-31T00:00"])
async def test_every_reader_in_every_zone_is_due_once_a_day_at_their_hour(
    resources: Resources, begin: str
) -> None:
    """Both nights on which clocks change, in 44 zones: Europe's and America's."""
    readers = [(f"{name}/{hour}", name, hour) for name in ZONES for hour in (0, 2, 7, 23)]
    await add_readers(resources.db, readers)
    ticks = list(quarters(at(begin), at(begin) + 2 * DAY))
    seen: dict[tuple[str, date], list[datetime]] = {}

    for now in ticks:
        for user, day in await due(resources, now):
            seen.setdefault((user, day), []).append(now)

    assert {len(times) for times in seen.values()} == {1}
    assert min(Counter(user for user, _ in seen).values()) >= 2
    early = ticks[0] + timedelta(hours=3)
    for (user, day), [tick] in seen.items():
        name, _, hour = user.rpartition("/")
        moment = shown(datetime.combine(day, time(int(hour))), zone(name))
        assert tick == moment or (tick == ticks[0] and moment < tick < early), (user, day)


async def test_only_those_who_want_briefs_at_that_hour_are_found(resources: Resources) -> None:
    await add_readers(resources.db, [("a", "UTC", 7), ("b", "UTC", 8), ("c", "Europe/Berlin", 8)])
    await add_readers(resources.db, [("d", "UTC", 7)], opted_in=False)

    found = await due(resources, SEVEN)

    assert sorted(found) == [("a", TODAY), ("c", TODAY)]


async def test_a_day_is_decided_once_also_by_two_at_the_same_moment(resources: Resources) -> None:
    await add_readers(resources.db, [(f"user{number}", "UTC", 7) for number in range(40)])

    asked = await asyncio.gather(*(due(resources, SEVEN) for _ in range(4)))

    assert sorted(user for found in asked for user, _ in found) == sorted(
        f"user{number}" for number in range(40)
    )
    assert await due(resources, SEVEN + timedelta(minutes=15)) == []


async def test_a_decision_that_is_rolled_back_was_none(resources: Resources) -> None:
    await add_readers(resources.db, [("anna", "UTC", 7)])
    async with resources.db.session() as session:
        assert len(await due_jobs(session, SEVEN, 10)) == 1
        await session.rollback()

    assert await due(resources, SEVEN) == [("anna", TODAY)]


async def test_another_hour_or_zone_brings_no_second_brief_of_a_day(resources: Resources) -> None:
    await add_readers(resources.db, [("anna", "UTC", 7)])
    await due(resources, SEVEN)

    await resources.db.fetch("UPDATE preferences SET brief_hour = 9")
    later = await due(resources, SEVEN + timedelta(hours=2))
    await resources.db.fetch("UPDATE preferences SET timezone = 'America/New_York'")
    elsewhere = await due(resources, SEVEN + timedelta(hours=7))
    tomorrow = await due(resources, SEVEN + timedelta(hours=31))

    assert (later, elsewhere) == ([], [])
    assert tomorrow == [("anna", TODAY + DAY)]


async def test_those_who_wait_longest_come_first_and_a_limit_leaves_the_rest(
    resources: Resources,
) -> None:
    await add_readers(resources.db, [("late", "UTC", 7), ("b", "UTC", 5), ("a", "UTC", 5)])

    first, second = [await due(resources, SEVEN, limit=2) for _ in range(2)]

    assert [user for user, _ in first] == ["a", "b"]
    assert [user for user, _ in second] == ["late"]


async def test_those_who_are_left_out_do_not_fill_the_limit(resources: Resources) -> None:
    readers = [(f"user{number}", "UTC", 7) for number in range(5)]
    await add_readers(resources.db, readers)
    for number in range(7):
        for user, _, _ in readers[:4]:
            made = SEVEN - (number + 1) * DAY
            await add_brief(resources.db, user, made.date(), made)

    found = await due(resources, SEVEN, limit=2)

    assert found == [("user4", TODAY)]
    assert await due(resources, SEVEN, limit=2) == []


async def test_unopened_briefs_count_since_the_last_that_was_opened(resources: Resources) -> None:
    await add_readers(resources.db, [("anna", "UTC", 7)])
    for days in range(1, 11):
        made = SEVEN - days * DAY
        opened = made + timedelta(hours=1) if days == 4 else None
        await add_brief(resources.db, "anna", made.date(), made, opened)

    assert await past_of(resources) == Past(TODAY - DAY, 3)


async def test_opening_an_old_brief_counts_from_when_it_was_opened(resources: Resources) -> None:
    await add_readers(resources.db, [("anna", "UTC", 7)])
    for days in range(1, 31):
        made = SEVEN - days * DAY
        opened = SEVEN - timedelta(hours=3) if days == 30 else None
        await add_brief(resources.db, "anna", made.date(), made, opened)

    assert await past_of(resources) == Past(TODAY - DAY, 0)


async def test_a_brief_that_was_read_of_in_the_inbox_is_opened(resources: Resources) -> None:
    await add_readers(resources.db, [("anna", "UTC", 7)])
    made = {days: SEVEN - days * DAY for days in range(1, 10)}
    briefs = {
        days: await add_brief(resources.db, "anna", when.date(), when)
        for days, when in made.items()
    }
    await read_entry(resources.db, "anna", briefs[5], made[5] + timedelta(minutes=5))
    await read_entry(resources.db, "anna", briefs[3], None)
    await read_entry(resources.db, "anna", briefs[2], made[2], name="job.succeeded")

    assert await past_of(resources) == Past(TODAY - DAY, 4)


async def test_a_brief_that_was_asked_for_ahead_is_that_days_and_keeps_none_from_today(
    resources: Resources,
) -> None:
    await add_readers(resources.db, [("anna", "UTC", 7)])
    await add_brief(resources.db, "anna", TODAY + DAY, SEVEN - DAY)

    assert await due(resources, SEVEN) == [("anna", TODAY)]
    assert await due(resources, SEVEN + DAY) == []
    assert await due(resources, SEVEN + 2 * DAY) == [("anna", TODAY + 2 * DAY)]


async def test_no_more_unopened_briefs_are_counted_than_matter(resources: Resources) -> None:
    await add_readers(resources.db, [("anna", "UTC", 7)])
    for days in range(1, 40):
        made = SEVEN - days * DAY
        await add_brief(resources.db, "anna", made.date(), made)

    assert await past_of(resources) == Past(TODAY - DAY, 14)


def a_brief(day: date = TODAY, **said: Any) -> NewBrief:
    values: dict[str, Any] = {
        "timezone": "UTC",
        "title": "A day",
        "body": "Long.",
        "tasks": 1,
        "events": 2,
    }
    rest: dict[str, Any] = {"by_email": False, "model": "", "usage": {"rounds": 1}}
    return NewBrief(uuid7(), *OWNER, day, **{**values, **rest, **said})


async def test_a_day_has_one_brief_and_the_first_stays(resources: Resources) -> None:
    async with resources.db.session() as session:
        await keep_brief(session, first := a_brief(by_email=True))
        await keep_brief(session, a_brief(title="Another"))
        found = await find_brief(session, *OWNER, TODAY)
        others = [await find_brief(session, *o, TODAY) for o in (("acme", "b"), ("o", "anna"))]

    assert found is not None
    assert (found.id, found.title, found.by_email) == (first.id, "A day", True)
    assert (found.usage, found.opened_at) == ({"rounds": 1}, None)
    assert others == [None, None]


async def test_what_was_read_in_the_inbox_is_noted_before_the_inbox_forgets_it(
    resources: Resources,
) -> None:
    old = await add_brief(resources.db, "anna", TODAY - DAY, SEVEN - DAY)
    await read_entry(resources.db, "anna", old, SEVEN)

    async with resources.db.session() as session:
        await keep_brief(session, a_brief())
    await resources.db.fetch("DELETE FROM inbox")

    async with resources.db.session() as session:
        found = await find_brief(session, *OWNER, TODAY - DAY)
    assert found is not None
    assert found.opened_at == SEVEN


async def test_briefs_are_kept_for_a_year(resources: Resources) -> None:
    for days in (365, 366, 367, 800):
        await add_brief(resources.db, "anna", TODAY - days * DAY, SEVEN)
    await add_brief(resources.db, "bert", TODAY - 800 * DAY, SEVEN)

    async with resources.db.session() as session:
        await keep_brief(session, a_brief())

    left = await resources.db.fetch("SELECT user_id FROM briefs ORDER BY day")
    assert [record["user_id"] for record in left] == ["bert", "anna", "anna", "anna"]


async def test_a_brief_is_written_by_its_readers_wishes(resources: Resources) -> None:
    async with resources.db.session() as session:
        nobody = await find_reader(session, *OWNER)
    await add_readers(resources.db, [("anna", "Asia/Tokyo", 7)])
    async with resources.db.session() as session:
        somebody = await find_reader(session, *OWNER)
    await verify_email(resources.db)
    async with resources.db.session() as session:
        with_email = await find_reader(session, *OWNER)

    assert (nobody.timezone, nobody.by_email) == ("UTC", False)
    assert (somebody.timezone, somebody.by_email) == ("Asia/Tokyo", False)
    assert with_email.by_email
    assert nobody.now <= somebody.now <= with_email.now
    for lacking in ("brief_email = false", "email_verified_at = NULL", "email = NULL"):
        await resources.db.fetch(f"UPDATE preferences SET {lacking}")  # noqa: S608 - our own words
        async with resources.db.session() as session:
            assert not (await find_reader(session, *OWNER)).by_email
        await verify_email(resources.db)
