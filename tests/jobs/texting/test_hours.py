"""Quiet hours and days by the owner's clock, in 30 zones, over midnight and both changes of the clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from jobs.kept.preferences import WishesRow
from jobs.texting.hours import day_begin, quiet_until
from jobs.zones import zone as zone_named

ZONES = [
    "Africa/Cairo",
    "Africa/Johannesburg",
    "America/Anchorage",
    "America/Caracas",
    "America/Havana",
    "America/Los_Angeles",
    "America/New_York",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Asia/Yangon",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Marquesas",
    "UTC",
]
STEP = timedelta(minutes=30)


def wishes(
    zone: str = "Europe/Berlin", begin: time | None = time(22), end: time = time(7)
) -> WishesRow:
    return WishesRow(timezone=zone, quiet_from=begin, quiet_until=end if begin else None)


def at(text: str, zone: str, fold: int = 0) -> datetime:
    """Return an instant by the wall clock of a zone; by our own tables, as machines differ."""
    wall = datetime.fromisoformat(text).replace(tzinfo=zone_named(zone), fold=fold)
    return wall.astimezone(UTC)


def half_hours(*days: str) -> Iterator[datetime]:
    """Yield the half hours of two days each."""
    for day in days:
        begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
        yield from (begin + STEP * number for number in range(2 * 24 * 2))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-10 21:59", None),
        ("2026-11-10 22:00", "2026-11-11 07:00"),
        ("2026-11-11 00:00", "2026-11-11 07:00"),
        ("2026-11-11 06:59", "2026-11-11 07:00"),
        ("2026-11-11 07:00", None),
        ("2026-03-28 23:00", "2026-03-29 07:00"),
        ("2026-10-24 23:00", "2026-10-25 07:00"),
    ],
)
def test_a_night_over_midnight_is_quiet(now: str, until: str | None) -> None:
    berlin = "Europe/Berlin"

    found = quiet_until(wishes(), at(now, berlin))

    assert found == (at(until, berlin) if until else None)


def test_the_night_on_which_the_clock_jumps_is_as_long_as_the_clock_says() -> None:
    berlin = "Europe/Berlin"
    nights = {"2026-03-28 22:00": 8, "2026-10-24 22:00": 10, "2026-11-10 22:00": 9}

    for begin, hours in nights.items():
        until = quiet_until(wishes(), at(begin, berlin))
        assert until is not None
        assert until - at(begin, berlin) == timedelta(hours=hours)


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    said, berlin = wishes(begin=time(2), end=time(3)), "Europe/Berlin"

    first, second = (quiet_until(said, at("2026-10-25 02:30", berlin, fold)) for fold in (0, 1))

    assert first == second == at("2026-10-25 03:00", berlin)


def test_an_hour_that_is_left_out_makes_nobody_wait() -> None:
    said, berlin = wishes(begin=time(2), end=time(3)), "Europe/Berlin"

    assert quiet_until(said, at("2026-03-29 01:59", berlin)) is None
    assert quiet_until(said, at("2026-03-29 03:00", berlin)) is None


@pytest.mark.parametrize("zone", ZONES)
def test_never_is_a_text_due_while_the_clock_shows_quiet_hours(zone: str) -> None:
    place, said = zone_named(zone), wishes(zone)

    for moment in half_hours("2026-03-28", "2026-10-24", "2026-04-04"):
        shown = moment.astimezone(place).time()
        until = quiet_until(said, moment)
        if shown >= time(22) or shown < time(7):
            assert until is not None
            assert quiet_until(said, until) is None
            assert timedelta(0) < until - moment <= timedelta(hours=11)
        else:
            assert until is None


def test_who_names_no_quiet_hours_is_never_left_alone() -> None:
    assert quiet_until(wishes(begin=None), at("2026-11-10 03:00", "UTC")) is None


@pytest.mark.parametrize("zone", ZONES)
def test_a_day_begins_when_the_clock_first_shows_its_date(zone: str) -> None:
    place, said = zone_named(zone), wishes(zone)

    for moment in half_hours("2026-03-28", "2026-10-24"):
        day, today = day_begin(said, moment), moment.astimezone(place).date()
        assert day <= moment
        assert day.astimezone(place).date() == today
        assert (day - timedelta(seconds=1)).astimezone(place).date() < today


def test_a_zone_that_is_gone_from_the_tables_is_utc() -> None:
    said = wishes("Mars/Olympus")

    assert quiet_until(said, at("2026-11-10 23:00", "UTC")) == at("2026-11-11 07:00", "UTC")
    assert day_begin(said, at("2026-11-10 23:00", "UTC")) == at("2026-11-10 00:00", "UTC")
