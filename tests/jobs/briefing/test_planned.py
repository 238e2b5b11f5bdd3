"""What matters on a day: tasks by their dates, events by their reader's clock."""

from datetime import date

import pytest

from jobs.briefing.planned import Task, grouped, on_day
from jobs.ids import uuid7
from jobs.zones import zone
from tests.jobs.briefing.days import TODAY, event, task

TOMORROW = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("found", "group"),
    [
        (task("a", "2026-11-28"), "overdue"),
        (task("a", "2026-11-28", status="doing"), "overdue"),
        (task("a", "2026-11-29"), "due"),
        (task("a", "2026-11-29", starts_on=TOMORROW), "due"),
        (task("a", "2026-12-24", status="doing"), "doing"),
        (task("a", status="doing"), "doing"),
        (task("a", "2026-11-30"), "soon"),
        (task("a", "2026-12-06"), "soon"),
        (task("a", "2026-12-07"), None),
        (task("a", "2026-12-07", priority=2), "urgent"),
        (task("a", "2026-12-01", starts_on=TOMORROW), None),
        (task("a", priority=3), "urgent"),
        (task("a", priority=1), None),
        (task("a", priority=3, starts_on=TOMORROW), None),
    ],
    ids=range(14),
)
def test_a_task_is_in_the_group_that_its_dates_say(found: Task, group: str | None) -> None:
    groups = grouped([found], TODAY)

    names = [n for n in ("overdue", "due", "doing", "soon", "urgent") if getattr(groups, n)]
    assert names == ([group] if group else [])
    assert groups.count == len(names)


def test_a_task_that_waits_for_another_is_left_out_until_it_is_due() -> None:
    first = task("first", priority=3)
    waits = frozenset({first.id})
    later = task("later", priority=3, depends_on=waits)
    due = task("due", "2026-11-29", depends_on=waits)
    free = task("free", priority=3, depends_on=frozenset({uuid7()}))  # of one that is done

    groups = grouped([first, later, due, free], TODAY)

    assert [one.title for one in groups.urgent] == ["first", "free"]
    assert [one.title for one in groups.due] == ["due"]


def test_what_is_late_longest_comes_first_and_of_one_day_the_most_urgent() -> None:
    late = [
        task("b", "2026-11-27"),
        task("c", "2026-11-28", priority=1),
        task("a", "2026-11-20"),
        task("d", "2026-11-28", priority=3),
    ]

    assert "".join(one.title for one in grouped(late, TODAY).overdue) == "abdc"


@pytest.mark.parametrize(
    ("starts", "ends", "there"),
    [
        ("2026-11-28T22:00", "2026-11-28T23:00", False),  # up to midnight in Berlin
        ("2026-11-28T22:00", "2026-11-28T23:01", True),
        ("2026-11-28T23:00", "2026-11-28T23:00", True),  # without a length
        ("2026-11-29T22:59", "2026-11-30T05:00", True),
        ("2026-11-29T23:00", "2026-11-30T05:00", False),
        ("2026-11-01T00:00", "2026-12-31T00:00", True),
    ],
)
def test_an_event_is_on_the_days_it_touches(starts: str, ends: str, there: bool) -> None:
    found = on_day([event("a", starts, ends)], TODAY, zone("Europe/Berlin"))

    assert bool(found) is there


@pytest.mark.parametrize(
    ("calendar", "days"),
    [
        ("2026-11-28T23:00", [29]),  # Berlin's 29th
        ("2026-11-28T15:00", [29]),  # Tokyo's 29th: begins in Berlin on the 28th, in the afternoon
        ("2026-11-29T08:00", [29]),  # Los Angeles' 29th: ends on the 30th
        ("2026-11-28T10:00", [28]),  # Kiritimati's 29th is mostly Berlin's 28th
    ],
)
def test_a_whole_day_elsewhere_is_on_the_day_it_covers_most_of(
    calendar: str, days: list[int]
) -> None:
    ends = calendar.replace("-29T", "-30T").replace("-28T", "-29T")
    whole = event("a", calendar, ends, all_day=True)

    found = [d for d in (28, 29, 30) if on_day([whole], date(2026, 11, d), zone("Europe/Berlin"))]

    assert found == days


def test_events_of_the_whole_day_come_first_then_by_their_time() -> None:
    found = on_day(
        [
            event("late", "2026-11-29T16:00", "2026-11-29T17:00"),
            event("early", "2026-11-29T06:00", "2026-11-29T17:00"),
            event("whole", "2026-11-29T00:00", "2026-11-30T00:00", all_day=True),
        ],
        TODAY,
        zone("UTC"),
    )

    assert [one.title for one in found] == ["whole", "early", "late"]
