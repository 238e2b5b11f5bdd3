"""Dates in all the forms that outlines write them in."""

import string
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.outline.dates import resolve, scan

Day = tuple[int, int, int]

SINGLE: dict[str, Day] = {
    "September 4, 2026": (2026, 9, 4),
    "Sept. 4th, 2026": (2026, 9, 4),
    "sep 4 2026": (2026, 9, 4),
    "Sep 4": (2030, 9, 4),
    "4 Sept": (2030, 9, 4),
    "4th of September": (2030, 9, 4),
    "4 September 2026": (2026, 9, 4),
    "2026-09-04": (2026, 9, 4),
    "2026/9/4": (2026, 9, 4),
    "9/4/2026": (2026, 9, 4),
    "9/4/26": (2026, 9, 4),
    "9-4-2026": (2026, 9, 4),
    "09.04.2026": (2026, 9, 4),
    "due by 9/4": (2030, 9, 4),
    "Fri 9/4": (2030, 9, 4),
    "Friday, September 4, 2026": (2026, 9, 4),
    "Week 3: Sep 21": (2030, 9, 21),
    "Week 3 Sep 21": (2030, 9, 21),
    "13/9/2026": (2026, 9, 13),
    "exam May 5": (2030, 5, 5),
    "Feb 29, 2028": (2028, 2, 29),
}
RANGES: dict[str, tuple[Day, Day]] = {
    "Sep 4–6": ((2030, 9, 4), (2030, 9, 6)),
    "Sep 4-6, 2026": ((2026, 9, 4), (2026, 9, 6)),
    "4–6 Sept": ((2030, 9, 4), (2030, 9, 6)),
    "Sep 28 – Oct 2": ((2030, 9, 28), (2030, 10, 2)),
    "28 Sep to 2 Oct 2026": ((2026, 9, 28), (2026, 10, 2)),
    "2026-09-04 to 2026-09-06": ((2026, 9, 4), (2026, 9, 6)),
    "9/4/2026 - 9/6/2026": ((2026, 9, 4), (2026, 9, 6)),
    "9/4-9/6": ((2030, 9, 4), (2030, 9, 6)),
    "Dec 20, 2026 – Jan 5, 2027": ((2026, 12, 20), (2027, 1, 5)),
    "Dec 20 – Jan 5": ((2030, 12, 20), (2031, 1, 5)),
    "Dec 20 – Jan 5, 2027": ((2026, 12, 20), (2027, 1, 5)),
    "Mon, Sep 28 until Fri, Oct 2": ((2030, 9, 28), (2030, 10, 2)),
}
NO_DATES = [
    "",
    "you may 2 times",
    "a score of 9/4 in ten",
    "room 204, page 12",
    "Sep 10:30",
    "March 20% off",
    "Chapter 3-4",
    "50/50 or 24/7",
    "version 1.2.3.4",
    "September 2026",
    "phone 555-12-12-2026",
    "Decide 4 things",
    "Marching 4 miles",
]


def read(text: str) -> list[tuple[date, date | None]]:
    return [resolve(written, lambda _: 2030, day_first=False) for written in scan(text)]


@pytest.mark.parametrize("text", SINGLE)
def test_a_date_is_found_however_it_is_written(text: str) -> None:
    assert read(text) == [(date(*SINGLE[text]), None)]


@pytest.mark.parametrize("text", RANGES)
def test_a_range_is_found_as_one(text: str) -> None:
    first, last = RANGES[text]

    assert read(text) == [(date(*first), date(*last))]


@pytest.mark.parametrize("text", NO_DATES)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert scan(text) == []


@pytest.mark.parametrize("text", ["Feb 30", "31 April 2026", "13/13/2026", "2026-02-29", "Sep 0"])
def test_a_day_that_no_calendar_has_is_an_error(text: str) -> None:
    (written,) = scan(text)

    with pytest.raises(ValueError):  # noqa: PT011 - the message is for developers
        resolve(written, lambda _: 2030, day_first=False)


def test_several_dates_in_a_line_are_all_found() -> None:
    assert [first for first, _ in read("Tests on Sep 4, 11 October and 2026-11-02")] == [
        date(2030, 9, 4),
        date(2030, 10, 11),
        date(2026, 11, 2),
    ]


def test_day_first_swaps_only_what_can_be_swapped() -> None:
    texts = ["4/9/2026", "9/14/2026", "14/9/2026", "2026-09-04"]

    days = [resolve(scan(text)[0], lambda _: 2030, day_first=True)[0] for text in texts]

    assert [(day.month, day.day) for day in days] == [(9, 4), (9, 14), (9, 14), (9, 4)]


FORMATS = [
    "%B %d, %Y",
    "%b %d, %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%A, %B %d, %Y",
]
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 31))


@settings(deadline=None)
@given(DAYS, st.sampled_from(FORMATS), st.sampled_from(["", "due ", "Quiz: "]))
def test_every_day_is_read_back_from_every_format(day: date, form: str, before: str) -> None:
    assert read(before + day.strftime(form) + " at noon") == [(day, None)]


@settings(deadline=None)
@given(DAYS, st.integers(1, 60))
def test_every_range_is_read_back(day: date, length: int) -> None:
    last = day + timedelta(days=length)

    assert read(f"{day:%b %d, %Y} – {last:%b %d, %Y}") == [(day, last)]


@settings(deadline=None)
@given(st.text(string.printable + "–—äé", max_size=200))
def test_any_text_is_scanned_without_overlaps_and_in_order(text: str) -> None:
    spans = [(written.start, written.end) for written in scan(text)]

    assert spans == sorted(spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
