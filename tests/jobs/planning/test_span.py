"""Between which days a plan lies."""

from datetime import date

import pytest

from jobs.errors import Discard
from jobs.planning.span import span_of
from tests.jobs.planning.plans import project_row

TODAY = date(2026, 3, 10)
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


@pytest.mark.parametrize(
    ("project", "asked", "wanted"),
    [
        ((None, None), (None, None), (TODAY, date(2027, 3, 9), False)),
        ((MARCH, APRIL), (None, None), (TODAY, APRIL, True)),
        ((APRIL, date(2026, 5, 1)), (None, None), (APRIL, date(2026, 5, 1), True)),
        ((MARCH, APRIL), (MARCH, None), (MARCH, APRIL, True)),
        ((MARCH, APRIL), (None, date(2026, 6, 1)), (TODAY, date(2026, 6, 1), True)),
        ((date.max, None), (None, None), (date.max, date.max, False)),
        ((None, TODAY), (None, None), (TODAY, TODAY, True)),
    ],
    ids=[
        "nothing said",
        "begun",
        "to come",
        "asked to begin",
        "asked to end",
        "the last day",
        "one day",
    ],
)
def test_what_is_asked_goes_before_the_projects_days_and_the_past_is_not_planned(
    project: tuple[date | None, date | None],
    asked: tuple[date | None, date | None],
    wanted: tuple[date, date, bool],
) -> None:
    found = span_of(project_row(*project), TODAY, *asked)

    assert (found.first, found.last, found.given) == wanted


@pytest.mark.parametrize(
    ("due_on", "asked"),
    [(MARCH, (None, None)), (None, (APRIL, MARCH)), (APRIL, (date(2026, 4, 2), None))],
    ids=["over", "asked backwards", "asked behind its end"],
)
def test_when_there_is_no_day_to_plan_it_ends(
    due_on: date | None, asked: tuple[date | None, date | None]
) -> None:
    with pytest.raises(Discard, match="There is no day to plan") as ended:
        span_of(project_row(None, due_on), TODAY, *asked)

    assert ended.value.code == "bad_dates"
