"""What the oracle says of the days on which clocks jump, as read off a calendar by hand."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tests.simulation.oracle import Window, clock_of, days_of, hour_comes, is_quiet, local_day
from tests.simulation.zones import ZONES

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "at"),
    [
        ("Europe/Berlin", SPRING, 1, "2026-03-29 00:00"),
        ("Europe/Berlin", SPRING, 2, "2026-03-29 01:00"),  # skipped: at the jump
        ("Europe/Berlin", SPRING, 3, "2026-03-29 01:00"),
        ("Europe/Berlin", AUTUMN, 2, "2026-10-25 00:00"),  # repeated: the first time
        ("Europe/Berlin", AUTUMN, 3, "2026-10-25 02:00"),
        ("America/New_York", date(2026, 3, 8), 2, "2026-03-08 07:00"),
        ("America/Havana", date(2026, 3, 8), 0, "2026-03-08 05:00"),
        ("Asia/Beirut", date(2026, 10, 24), 23, "2026-10-24 20:00"),
        ("Asia/Beirut", AUTUMN, 0, "2026-10-24 22:00"),
        ("Australia/Lord_Howe", date(2026, 10, 4), 2, "2026-10-03 15:30"),
        ("Australia/Lord_Howe", date(2026, 4, 5), 1, "2026-04-04 14:00"),
        ("Asia/Kathmandu", SPRING, 7, "2026-03-29 01:15"),
        ("Pacific/Chatham", date(2026, 4, 5), 7, "2026-04-04 18:15"),
        ("America/Nuuk", date(2026, 3, 28), 23, "2026-03-29 01:00"),  # skipped: the day's last
        ("Antarctica/Troll", SPRING, 2, "2026-03-29 01:00"),
        ("Pacific/Kiritimati", SPRING, 0, "2026-03-28 10:00"),
        ("Pacific/Pago_Pago", SPRING, 23, "2026-03-30 10:00"),
    ],
)
def test_an_hour_comes_when_the_clock_first_shows_it(
    zone: str, day: date, hour: int, at: str
) -> None:
    assert hour_comes(zone, day, hour) == utc(at)


def test_a_day_that_a_zone_left_out_never_comes() -> None:
    assert hour_comes("Pacific/Apia", date(2011, 12, 30), 7) is None


def test_quiet_hours_are_read_off_the_clock() -> None:
    night = (time(22), time(7))

    shown = [is_quiet("Europe/Berlin", *night, utc(f"2026-10-25 0{h}:59")) for h in range(9)]

    assert shown == [True] * 6 + [False] * 3
    assert is_quiet("Europe/Berlin", time(13), time(15), utc("2026-06-01 12:59"))
    assert not is_quiet("Europe/Berlin", time(13), time(15), utc("2026-06-01 13:00"))


def test_a_window_is_gone_through_step_by_step() -> None:
    window = Window(utc("2026-03-28 23:00"), utc("2026-03-29 00:00"))

    assert [f"{step:%H:%M}" for step in window.steps()] == [
        "23:00",
        "23:15",
        "23:30",
        "23:45",
        "00:00",
    ]
    assert window.first_step(utc("2026-03-28 23:16")) == utc("2026-03-28 23:30")
    assert window.first_step(utc("2026-03-28 23:30")) == utc("2026-03-28 23:30")
    assert window.first_step(window.begin - timedelta(hours=2)) == window.begin
    days = list(days_of("Pacific/Kiritimati", window))
    assert (days[0], days[-1]) == (SPRING - timedelta(days=1), SPRING)
    assert local_day("Pacific/Pago_Pago", window.begin) == SPRING - timedelta(days=1)


def test_the_first_thirty_zones_have_offsets_of_every_kind() -> None:
    noon = utc("2026-06-01 12:00")

    minutes = {noon.astimezone(clock_of(zone)).minute for zone in ZONES[:30]}

    assert len(set(ZONES)) == len(ZONES) > 30
    assert minutes == {0, 30, 45}
