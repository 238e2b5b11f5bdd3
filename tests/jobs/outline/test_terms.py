"""Terms give bare dates their year; the document as a whole says which number is the day."""

from datetime import date

import pytest

from jobs.outline.dates import scan
from jobs.outline.terms import day_comes_first, fallback_year, find_term

YEARS = {
    "Fall 2026": {9: 2026, 12: 2026, 1: 2027},
    "Autumn semester, 2026": {9: 2026, 1: 2027},
    "2026 Fall": {9: 2026},
    "Winter 2027": {1: 2027, 3: 2027, 12: 2026},
    "Winter 2026/27": {10: 2026, 2: 2027},
    "WS 2026/27": {10: 2026, 2: 2027},
    "SoSe 2027": {4: 2027, 7: 2027},
    "Spring 2027": {1: 2027, 5: 2027, 11: 2026},
    "Summer Session 2027": {6: 2027},
    "Semester 1, 2027": {3: 2027},
    "Academic year 2026–2027": {9: 2026, 5: 2027},
}


@pytest.mark.parametrize("name", YEARS)
def test_a_term_knows_the_year_of_its_months(name: str) -> None:
    term = find_term(f"MATH 120, {name} (3 credits)")

    assert term is not None
    assert {month: term.year_of(month) for month in YEARS[name]} == YEARS[name]


@pytest.mark.parametrize("text", ["", "the fall of Rome", "2026-09-04", "2026-28", "In 2026 we"])
def test_what_is_no_term_is_none(text: str) -> None:
    assert find_term(text) is None


@pytest.mark.parametrize(
    ("texts", "day_first", "warned"),
    [
        ([], False, False),
        (["9/4/2026"], False, True),
        (["9/14/2026", "9/4/2026"], False, False),
        (["14/9/2026", "9/4/2026"], True, False),
        (["Fri 4/9/2026"], True, False),
        (["Fri 9/4/2026"], False, False),
        (["4.9.2026"], True, False),
        (["5/5/2026"], False, False),
    ],
    ids=["none", "unclear", "month", "day", "weekday day", "weekday month", "dots", "same"],
)
def test_the_document_tells_whether_the_day_comes_first(
    texts: list[str], day_first: bool, warned: bool
) -> None:
    written = [date for text in texts for date in scan(text)]

    first, warning = day_comes_first(written)

    assert (first, warning is not None) == (day_first, warned)


@pytest.mark.parametrize(
    ("text", "hint", "year", "guessed"),
    [
        ("Sep 4", 2028, 2028, False),
        ("Sep 4, 2027; Sep 5, 2027; Sep 6, 2026", None, 2027, False),
        ("Sep 4", None, 2026, True),
    ],
    ids=["hint", "most common", "today"],
)
def test_without_a_term_the_year_comes_from_the_hint_the_document_or_today(
    text: str, hint: int | None, year: int, guessed: bool
) -> None:
    year_of, guess = fallback_year(scan(text), hint, date(2026, 11, 22))

    assert (year_of(9), guess) == (year, guessed)
