"""Dates of feeds: whatever names, zones and clocks they are written with."""

from datetime import UTC, datetime

import pytest

from jobs.providers.feed_dates import read_date

NINE = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 24 Nov 2026 09:30:00 GMT", "24 Nov 2026 09:30 UT", "24 Nov 26 09:30:00 Z",
        "Tue, 24 Nov 2026 04:30:00 EST", "Tue, 24 Nov 2026 04:30:00 -0500",
        "Tue, 24 Nov 2026 20:30:00 AEDT", "Tue, 24 Nov 2026 15:00:00 IST",
        "Tue, 24 Nov 2026 09:30:00 +0000 (UTC)", "Tue, 24 Nov 2026 11:30:00 GMT+2",
        "Tue, 24 November 2026 09:30:00 XYZ", "Di, 24 Nov 2026 10:30:00 MEZ",
        "mar., 24 nov. 2026 10:30:00 +0100", "2026-11-24T09:30:00Z", "2026-11-24t09:30:00.999z",
        "2026-11-24 09:30", "2026-11-24T15:00:00+05:30", "20261124T093000Z", "2026/11/24 9:30",
        "1795512600", "1795512600000", "Nov 24, 2026 9:30", "November 24th, 2026 at 01:30 PST",
        "Tuesday, November 24, 2026 - 09:30", "Tue Nov 24 09:30:00 2026",
        "Tue Nov 24 09:30:00 UTC 2026", "  Tue,\n 24  Nov 2026 09:30:00 GMT ",
    ],
)  # fmt: skip
def test_a_moment_is_read_however_it_is_written(text: str) -> None:
    found = read_date(text)

    assert found is not None
    assert found.replace(microsecond=0) == NINE


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-24", (2026, 11, 24)), ("2026-11", (2026, 11, 1)), ("24 Nov 2026", (2026, 11, 24)),
     ("Tue, 24 Nov 2026 24:00:00 GMT", (2026, 11, 25)), ("31 Dec 69 10:00 GMT", (2069, 12, 31)),
     ("1 Jan 99 10:00 GMT", (1999, 1, 1))],
)  # fmt: skip
def test_a_day_without_a_clock_is_its_midnight(text: str, day: tuple[int, int, int]) -> None:
    found = read_date(text)

    assert found is not None
    assert (found.year, found.month, found.day) == day


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "now", "last Tuesday", "0000-00-00 00:00:00", "Thu, 01 Jan 1970 00:00:00 GMT", "0",
        "31 Feb 2026 10:00 GMT", "2026-13-01", "2026-11-24T25:00:00Z", "1 Foo 2026", "9999-12-31",
        "9" * 50, "24 Nov 2026 " + "x" * 200, "0001-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text) is None
