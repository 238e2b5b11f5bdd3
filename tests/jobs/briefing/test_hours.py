"""Whose hour has come: in 44 zones, over every change of their clocks, against what the clocks show."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.briefing.hours import CATCH_UP, day_begins, place_of, today, turns
from jobs.kept.briefs import Turn
from jobs.zones import zone, zones
from tests.jobs.briefing.zones import DAY, QUARTER, ZONES, changes, quarters

MICROSECOND = timedelta(microseconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ticked(name: str, begin: datetime, end: datetime) -> dict[tuple[date, int], datetime]:
    """Return at which tick each day and hour came first, as a worker that never rests would see it."""
    found: dict[tuple[date, int], datetime] = {}
    for now in quarters(begin, end):
        for turn in turns([name], now):
            found.setdefault((turn.day, turn.hour), now)
    return found


def read_off(name: str, begin: datetime, end: datetime) -> dict[tuple[date, int], datetime]:
    """Return the same by looking at the clock: an hour has come when it shows that hour, or a later one."""
    place, found = zone(name), {}
    walls = [(now, now.astimezone(place).replace(tzinfo=None)) for now in quarters(begin, end)]
    for day in {wall.date() for _, wall in walls}:
        for hour in range(24):
            wanted = datetime.combine(day, time(hour))
            first = next((now for now, wall in walls if wall >= wanted), begin)
            if first > begin:
                found[day, hour] = first
    return found


@pytest.mark.parametrize("name", ZONES)
def test_every_hour_of_every_day_comes_once_as_the_clock_shows_it(name: str) -> None:
    for change in changes(name) or [at("2026-06-01T00:00")]:
        begin, end = change - timedelta(hours=25), change + timedelta(hours=25)
        expected = read_off(name, begin, end)

        seen = ticked(name, begin, end)

        assert len(expected) > 24
        assert {turn: seen.get(turn) for turn in expected} == expected


def test_the_zones_do_all_that_clocks_do() -> None:
    offsets = {
        at(f"2026-{month}-15T12:00").astimezone(zone(name)).utcoffset()
        for name in ZONES
        for month in ("01", "07")
    }
    minutes = Counter(offset.total_seconds() // 60 % 60 for offset in offsets if offset)

    assert len(ZONES) == len(set(ZONES)) >= 40
    assert min(minutes[30.0], minutes[45.0]) >= 3
    assert sum(len(changes(name)) for name in ZONES) >= 50


@pytest.mark.parametrize(
    ("name", "day", "hour", "moment"),
    [
        ("Europe/Berlin", "2026-07-01", 7, "2026-07-01T05:00"),
        ("Europe/Berlin", "2026-03-29", 2, "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25", 2, "2026-10-25T00:00"),
        ("Australia/Lord_Howe", "2026-10-04", 2, "2026-10-03T15:30"),
        ("Antarctica/Troll", "2026-03-29", 2, "2026-03-29T01:00"),
        ("Africa/Cairo", "2026-04-24", 0, "2026-04-23T22:00"),
        ("America/Havana", "2026-11-01", 0, "2026-11-01T04:00"),
        ("Asia/Kathmandu", "2026-07-01", 6, "2026-07-01T00:15"),
        ("Pacific/Chatham", "2026-07-01", 6, "2026-06-30T17:15"),
        ("Pacific/Kiritimati", "2026-07-01", 0, "2026-06-30T10:00"),
        ("Pacific/Pago_Pago", "2026-07-01", 23, "2026-07-02T10:00"),
    ],
)
def test_an_hour_comes_at_its_moment(name: str, day: str, hour: int, moment: str) -> None:
    turn = Turn(name, hour, date.fromisoformat(day), at(moment))

    assert turn in turns([name], at(moment))
    assert turn not in turns([name], at(moment) - MICROSECOND)


def test_an_hour_that_the_clock_jumps_over_at_midnight_belongs_to_the_day_before() -> None:
    midnight = at("2026-03-29T01:00")  # 23:00 of the 28th is not shown in Nuuk

    found = [(turn.day.day, turn.hour, turn.at) for turn in turns(["America/Nuuk"], midnight)]

    assert found[-2:] == [(28, 23, midnight), (29, 0, midnight)]


@pytest.mark.parametrize(
    ("name", "left_out"), [("Pacific/Apia", "2011-12-30"), ("Pacific/Kwajalein", "1993-08-21")]
)
def test_a_day_that_a_zone_has_left_out_has_no_brief(name: str, left_out: str) -> None:
    missing = date.fromisoformat(left_out)
    begin = datetime.combine(missing, time(), UTC) - 2 * DAY

    days = Counter(day for day, _ in ticked(name, begin, begin + 4 * DAY))

    assert missing not in days
    assert days[missing - DAY] == days[missing + DAY] == 24


def test_a_day_that_a_zone_has_had_twice_has_one_brief() -> None:
    begin = at("1867-10-17T00:00")  # Sitka moved to the other side of the date line

    seen = [
        turn for now in quarters(begin, begin + 4 * DAY) for turn in turns(["America/Sitka"], now)
    ]

    moments = {(turn.day, turn.hour): turn.at for turn in seen}
    assert len(set(seen)) == len(moments)
    assert len([day for day, _ in moments if day == date(1867, 10, 18)]) == 24


def test_what_was_missed_is_caught_up_for_three_hours() -> None:
    moment = at("2026-07-01T05:00")
    turn = Turn("Europe/Berlin", 7, date(2026, 7, 1), moment)

    late = [turn in turns(["Europe/Berlin"], moment + n * QUARTER) for n in range(14)]

    assert timedelta(hours=3) == CATCH_UP
    assert late == [True] * 12 + [False] * 2


def test_what_was_missed_before_the_clock_was_set_back_is_caught_up() -> None:
    set_back = at("2026-10-25T01:00")  # in Troll from 03:00 to 01:00

    found = {turn.hour: turn.at for turn in turns(["Antarctica/Troll"], set_back + QUARTER)}

    assert found[2] == at("2026-10-25T00:00")
    assert found[1] == at("2026-10-24T23:00")


def test_a_zone_that_is_gone_is_utc() -> None:
    [*_, last] = turns(["Mars/Olympus"], at("2026-07-01T05:00"))

    assert (last.timezone, last.hour, last.at) == ("Mars/Olympus", 5, at("2026-07-01T05:00"))
    assert today("Mars/Olympus", at("2026-07-01T23:59")) == date(2026, 7, 1)


def test_two_days_at_once_on_both_sides_of_the_date_line() -> None:
    now = at("2026-07-01T10:30")

    assert (today("Pacific/Kiritimati", now), today("Pacific/Pago_Pago", now)) == (
        date(2026, 7, 2),
        date(2026, 6, 30),
    )


def test_days_may_be_longer_or_shorter() -> None:
    berlin, days = place_of("Europe/Berlin"), (date(2026, 3, 29), date(2026, 10, 25))

    lengths = [day_begins(day + DAY, berlin) - day_begins(day, berlin) for day in days]

    assert lengths == [timedelta(hours=23), timedelta(hours=25)]


@given(
    name=st.sampled_from(sorted(zones())),
    now=st.datetimes(datetime(1970, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - made aware below
)
@settings(max_examples=150, deadline=None)
def test_each_stretch_of_time_has_its_own_turns(name: str, now: datetime) -> None:
    moment = now.replace(tzinfo=UTC)
    pieces = [turns([name], moment + step * CATCH_UP) for step in range(3)]
    together = [turn for piece in pieces for turn in piece]

    assert len({(turn.day, turn.hour) for turn in together}) == len(together)
    for step, piece in enumerate(pieces):
        until = moment + step * CATCH_UP
        assert all(until - CATCH_UP < turn.at <= until for turn in piece)
