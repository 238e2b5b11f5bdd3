"""From rows to a timeline: tables by their header, lines by their words, everything in order."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.outline import Event, Outline, parse_outline
from jobs.outline.timeline import MAX_EVENTS, MAX_ROWS

TODAY = date(2026, 11, 22)


def parse(*rows: str | list[str], year: int | None = 2026) -> Outline:
    page = [[row] if isinstance(row, str) else row for row in rows]
    return parse_outline([page], year=year, today=TODAY)


def only(outline: Outline) -> Event:
    (event,) = outline.events
    return event


@pytest.mark.parametrize(
    ("line", "title", "kind"),
    [
        ("Sep 8: First lecture", "First lecture", "lecture"),
        ("Week 3: Sep 21 – Recursion, read ch. 4", "Recursion, read ch. 4", "reading"),
        ("Problem set 1 is due on Friday, Sep 25", "Problem set 1", "assignment"),
        ("Exercise sheet due by Sep 25", "Exercise sheet", "deadline"),
        ("Midterm exam (25%): October 21", "Midterm exam", "exam"),
        ("Oct 20: Review for the midterm", "Review for the midterm", "lecture"),
        ("Nov 26 Thanksgiving, no class", "Thanksgiving, no class", "holiday"),
        ("Sep 18: Last day to drop a course", "Last day to drop a course", "deadline"),
        ("Dec 11: Last day of classes", "Last day of classes", "lecture"),
        ("Final project presentations (Dec 8)", "Final project presentations", "assignment"),
        ("Submit by midnight on the 4th of October", "Submit", "deadline"),
        ("Jul 4: Fireworks", "Fireworks", "other"),
    ],
)
def test_a_line_becomes_an_event_of_its_type(line: str, title: str, kind: str) -> None:
    event = only(parse(line))

    assert (event.title, event.type) == (title, kind)


@pytest.mark.parametrize(
    ("line", "clock"),
    [
        ("Quiz Sep 8 at 11:59 pm", "23:59"),
        ("Quiz Sep 8, 12:05 a.m.", "00:05"),
        ("Quiz Sep 8 23:59", "23:59"),
        ("Quiz: Sep 8, 8:00am-10:00am", "08:00"),
        ("Quiz Sep 8 10am", "10:00"),
        ("Quiz Sep 8 room 10", None),
    ],
)
def test_the_time_of_day_is_read(line: str, clock: str | None) -> None:
    assert only(parse(line)).time == clock


def test_a_table_is_read_by_its_header() -> None:
    outline = parse(
        ["Week", "Date", "Topic", "Reading", "Due"],
        ["1", "Sep 8", "Values", "Ch. 1", "–"],
        ["2", "Sep 15", "Functions", "", "Homework 1"],
        ["3", "Sep 22", "Midterm exam", "", "Report due Sep 24"],
    )

    assert [(e.date.day, e.title, e.type) for e in outline.events] == [
        (8, "Values", "lecture"),
        (8, "Ch. 1", "reading"),
        (15, "Functions", "lecture"),
        (15, "Homework 1", "assignment"),
        (22, "Midterm exam", "exam"),
        (24, "Report", "assignment"),
    ]


def test_a_table_of_assessments_gives_weights() -> None:
    outline = parse(
        ["Assessment", "Weight", "Due date"],
        ["Essay", "20%", "Sep 8"],
        ["Peer feedback", "5", "Sep 9"],
    )

    assert [(e.title, e.weight, e.type) for e in outline.events] == [
        ("Essay", 20.0, "assignment"),
        ("Peer feedback", 5.0, "deadline"),
    ]


def test_columns_of_start_and_end_make_a_range() -> None:
    event = only(parse(["Start date", "End date", "Event"], ["Sep 8", "Sep 12", "Field trip"]))

    assert (event.date, event.end_date) == (date(2026, 9, 8), date(2026, 9, 12))


def test_a_table_goes_on_over_a_page_break() -> None:
    head, one, two = ["Date", "Topic"], ["Sep 8", "Values"], ["Sep 15", "Functions"]

    outline = parse_outline([[head, one], [two]], year=2026, today=TODAY)

    assert [(e.page, e.type) for e in outline.events] == [(1, "lecture"), (2, "lecture")]


def test_a_date_alone_in_its_line_dates_the_next_line() -> None:
    event = only(parse("Monday, September 21, 2026", "Guest lecture: hospitals"))

    assert (event.title, event.type) == ("Guest lecture: hospitals", "lecture")


def test_several_dates_in_a_line_are_told_apart_by_their_clauses() -> None:
    outline = parse("Essay: outline due 1 March, final version due by 26 March (35%)")

    assert [(e.date.day, e.title) for e in outline.events] == [
        (1, "Essay: outline"),
        (26, "Essay: final version"),
    ]


def test_several_dates_of_one_thing_share_its_title() -> None:
    outline = parse("Assignments are due on Sep 3, Sep 10 and Sep 17")

    assert [e.title for e in outline.events] == ["Assignments"] * 3


def test_a_weight_named_elsewhere_belongs_to_the_event_of_that_name() -> None:
    assert only(parse("Midterm exam 25%", "Oct 21: Midterm exam in the hall")).weight == 25.0


def test_each_event_falls_under_the_course_before_it() -> None:
    outline = parse(
        "Fall 2026", "Sep 1: Welcome", "CS 101: Programming", "Credits: 4", "Sep 8: Values",
        "MATH 120: Calculus", "Sep 9: Limits", "Sep 10: Joint session with CS 101",
    )  # fmt: skip

    assert [e.course for e in outline.events] == [None, "CS 101", "MATH 120", "CS 101"]
    assert [c.credits for c in outline.courses] == [4.0, None]


def test_terms_change_the_year_of_what_follows() -> None:
    outline = parse("Fall 2026", "Dec 1: A", "Jan 10: B", "Spring 2027", "Mar 1: C", year=None)

    assert [e.date.year for e in outline.events] == [2026, 2027, 2027]
    assert [term.name for term in outline.terms] == ["Fall 2026", "Spring 2027"]


def test_a_guess_is_warned_of() -> None:
    outline = parse("Sep 4: Quiz", "9/4/2025 or so", "Friday, Sep 5: Talk", year=None)

    assert any("could be either way" in warning for warning in outline.warnings)


def test_without_any_year_this_year_is_assumed_with_a_warning() -> None:
    outline = parse("Sep 4: Quiz", year=None)

    assert only(outline).date.year == TODAY.year
    assert outline.warnings == ["No year is given; 2026 was assumed."]


def test_a_wrong_weekday_and_an_impossible_date_are_warned_of() -> None:
    outline = parse("Monday, September 4, 2026: Exam", "February 30: Party")

    assert [e.title for e in outline.events] == ["Exam"]
    assert len(outline.warnings) == 2


def test_a_document_without_dates_is_an_empty_timeline() -> None:
    assert parse("CS 101: Programming", "We will learn a lot.").events == []


def test_a_hostile_document_is_bounded() -> None:
    outline = parse(*["Sep 4: Quiz"] * (MAX_ROWS + 5), ["x" * 5_000, "Sep 5"])

    assert len(outline.events) <= MAX_EVENTS


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=40), max_size=4), max_size=20))
def test_any_rows_are_read_without_a_fault(rows: list[list[str]]) -> None:
    outline = parse_outline([rows], year=None, today=TODAY)

    assert outline.events == sorted(outline.events, key=lambda e: (e.date, e.page))
