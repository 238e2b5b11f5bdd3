"""How often who does not look is briefed: daily, then every second day, then once a week."""

from datetime import date, timedelta

import pytest

from jobs.briefing.pace import gap, wanted
from jobs.kept.briefs import COUNTED, Past

MONDAY = date(2026, 6, 1)


@pytest.mark.parametrize(
    ("unopened", "days"), [(0, 1), (6, 1), (7, 2), (13, 2), (14, 7), (15, 7), (1_000, 7)]
)
def test_the_gap_grows_with_briefs_that_nobody_opened(unopened: int, days: int) -> None:
    assert gap(unopened) == timedelta(days=days)


def test_counting_further_changes_nothing() -> None:
    assert gap(COUNTED) == gap(COUNTED * 10)
    assert gap(COUNTED) > gap(COUNTED - 1)


def test_a_first_brief_is_always_wanted() -> None:
    assert wanted(MONDAY, Past(None, 0))


@pytest.mark.parametrize(
    ("days_ago", "unopened", "expected"),
    [(1, 6, True), (1, 7, False), (2, 7, True), (6, 14, False), (7, 14, True), (30, 14, True)],
)
def test_a_day_is_wanted_when_its_gap_is_over(days_ago: int, unopened: int, expected: bool) -> None:
    assert wanted(MONDAY, Past(MONDAY - timedelta(days=days_ago), unopened)) is expected


def test_who_never_looks_gets_seven_then_seven_then_one_a_week_and_who_looks_starts_afresh() -> (
    None
):
    past, days = Past(None, 0), []
    for number in range(63):
        day = MONDAY + timedelta(days=number)
        if wanted(day, past):
            days.append(number)
            past = Past(day, past.unopened + 1)

    assert days == [*range(7), *range(8, 22, 2), *range(27, 63, 7)]
    assert wanted(MONDAY + timedelta(days=days[-1] + 1), Past(past.last_day, 0))
