"""Quiet hours on ordinary nights, over midnight, and on the nights when clocks change."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.handoff.quiet_hours import QuietHours
from jobs.zones import zone

BERLIN, NEW_YORK, UTC_ZONE = "Europe/Berlin", "America/New_York", "UTC"


def quiet(start: str, end: str, name: str = BERLIN) -> QuietHours:
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end), zone(name))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "moment", "until"),
    [
        ("22:00", "07:00", "2026-06-01T19:59", None),
        ("22:00", "07:00", "2026-06-01T20:00", "2026-06-02T05:00"),
        ("22:00", "07:00", "2026-06-01T22:30", "2026-06-02T05:00"),
        ("22:00", "07:00", "2026-06-02T04:59:59", "2026-06-02T05:00"),
        ("22:00", "07:00", "2026-06-02T05:00", None),
        ("12:00", "14:00", "2026-06-01T09:59", None),
        ("12:00", "14:00", "2026-06-01T10:00", "2026-06-01T12:00"),
        ("12:00", "14:00", "2026-06-01T12:00", None),
        ("00:00", "06:00", "2026-06-01T22:00", "2026-06-02T04:00"),
        ("18:00", "00:00", "2026-06-01T21:59", "2026-06-01T22:00"),
        ("18:00", "00:00", "2026-06-01T22:00", None),
        ("07:01", "07:00", "2026-06-01T05:00", None),
        ("07:01", "07:00", "2026-06-01T05:01", "2026-06-02T05:00"),
    ],
)
def test_quiet_hours_begin_and_end_by_the_wall_clock(
    start: str, end: str, moment: str, until: str | None
) -> None:
    found = quiet(start, end).until(at(moment))

    assert found == (at(until) if until else None)


@pytest.mark.parametrize(
    ("name", "start", "end", "moment", "until"),
    [
        # Spring: the night is an hour shorter, and still ends at seven.
        (BERLIN, "22:00", "07:00", "2026-03-28T21:30", "2026-03-29T05:00"),
        (NEW_YORK, "22:00", "07:00", "2026-03-08T03:30", "2026-03-08T11:00"),
        ("Australia/Sydney", "22:00", "07:00", "2026-10-03T13:00", "2026-10-03T20:00"),
        # Autumn: it is an hour longer.
        (BERLIN, "22:00", "07:00", "2026-10-24T20:30", "2026-10-25T06:00"),
        (NEW_YORK, "22:00", "07:00", "2026-11-01T03:30", "2026-11-01T12:00"),
        ("Australia/Sydney", "22:00", "07:00", "2026-04-04T12:00", "2026-04-04T21:00"),
        # Half an hour, on an island.
        ("Australia/Lord_Howe", "22:00", "07:00", "2026-10-03T13:00", "2026-10-03T20:00"),
        ("Australia/Lord_Howe", "22:00", "07:00", "2026-04-04T12:00", "2026-04-04T20:30"),
        # The end is a time that the clock jumps over: quiet until the jump, not beyond.
        (BERLIN, "22:00", "02:30", "2026-03-29T00:59", "2026-03-29T01:00"),
        (BERLIN, "22:00", "02:30", "2026-03-29T01:00", None),
        # The beginning is: quiet from the jump on.
        (BERLIN, "02:30", "07:00", "2026-03-29T00:59", None),
        (BERLIN, "02:30", "07:00", "2026-03-29T01:00", "2026-03-29T05:00"),
        # The end comes twice: the second one counts, and nothing is told in between.
        (BERLIN, "22:00", "02:30", "2026-10-25T00:45", "2026-10-25T01:30"),
        (BERLIN, "22:00", "02:30", "2026-10-25T01:29", "2026-10-25T01:30"),
        (BERLIN, "22:00", "02:30", "2026-10-25T01:30", None),
        # The beginning does: the first one counts.
        (BERLIN, "02:30", "07:00", "2026-10-25T00:29", None),
        (BERLIN, "02:30", "07:00", "2026-10-25T00:30", "2026-10-25T06:00"),
        (BERLIN, "02:30", "07:00", "2026-10-25T01:10", "2026-10-25T06:00"),
        # Midnight itself does not exist that day in Santiago.
        ("America/Santiago", "00:00", "06:00", "2026-09-06T03:59", None),
        ("America/Santiago", "00:00", "06:00", "2026-09-06T04:00", "2026-09-06T09:00"),
        ("America/Santiago", "18:00", "00:00", "2026-09-06T03:59", "2026-09-06T04:00"),
        # A whole day did not exist in Samoa.
        ("Pacific/Apia", "22:00", "07:00", "2011-12-30T09:00", "2011-12-30T10:00"),
        ("Pacific/Apia", "22:00", "07:00", "2011-12-30T12:00", "2011-12-30T17:00"),
        # Far from Greenwich, and a quarter of an hour.
        ("Pacific/Kiritimati", "22:00", "07:00", "2026-06-01T08:00", "2026-06-01T17:00"),
        ("Asia/Kathmandu", "22:00", "07:00", "2026-06-01T16:15", "2026-06-02T01:15"),
        (UTC_ZONE, "22:00", "07:00", "2026-06-01T22:00", "2026-06-02T07:00"),
    ],
)
def test_clock_changes_move_the_night_and_never_lose_its_end(
    name: str, start: str, end: str, moment: str, until: str | None
) -> None:
    found = quiet(start, end, name).until(at(moment))

    assert found == (at(until) if until else None)


ZONES = st.sampled_from(
    [BERLIN, NEW_YORK, "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "Asia/Kolkata",
     "Africa/Casablanca", "America/St_Johns", "Antarctica/Troll"]
)  # fmt: skip
MINUTES = st.integers(0, 24 * 60 - 1)


@given(
    ZONES,
    MINUTES,
    MINUTES,
    st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - made aware
)
def test_whoever_waits_until_the_end_has_waited_long_enough_and_not_for_days(
    name: str, start: int, end: int, moment: datetime
) -> None:
    hours = QuietHours(time(*divmod(start, 60)), time(*divmod(end, 60)), zone(name))
    shown = moment.astimezone(zone(name)).time()
    within = start != end and (
        hours.begin <= shown < hours.end
        if start < end
        else shown >= hours.begin or shown < hours.end
    )

    until = hours.until(moment)

    if within:
        assert until is not None
    if until is not None:
        assert moment < until <= moment + timedelta(hours=26)
