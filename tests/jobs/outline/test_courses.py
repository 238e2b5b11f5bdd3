"""Courses: told from headings, not from everything that looks like a code."""

import pytest

from jobs.outline.courses import codes_in, credits_in, heading


@pytest.mark.parametrize(
    ("text", "code", "title"),
    [
        ("CS 101: Introduction to Programming", "CS 101", "Introduction to Programming"),
        ("CS101 – Introduction (4 credits)", "CS 101", "Introduction"),
        ("MATH-120 Calculus I, Fall 2026", "MATH 120", "Calculus I"),
        ("Course: HIST 230A | Modern Europe | 3 ECTS", "HIST 230A", "Modern Europe"),
        ("Course code: BIO 12", "BIO 12", ""),
        ("PHYS 201 · Fall 2026", "PHYS 201", ""),
    ],
)
def test_a_course_is_told_from_its_heading(text: str, code: str, title: str) -> None:
    assert heading(text) == (code, title)


@pytest.mark.parametrize(
    "text",
    ["FALL 2026", "Week 10: Sorting", "ROOM 204", "cs 101", "In CS 101 we", "CS 101 is hard", ""],
)
def test_what_is_no_heading_is_none(text: str) -> None:
    assert heading(text) is None


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("4 credits", 4.0),
        ("Credits: 3", 3.0),
        ("ECTS points: 7.5", 7.5),
        ("(7.5 ECTS)", 7.5),
        ("3 credit hours", 3.0),
        ("a 4-credit course", 4.0),
        ("extra credit for 5 questions", None),
        ("Credits: 20%", None),
    ],
)
def test_credits_are_read(text: str, points: float | None) -> None:
    assert credits_in(text) == points


def test_codes_are_written_one_way_and_rooms_left_out() -> None:
    assert codes_in("CS101 and MATH-120A in ROOM 204, May 2026") == ["CS 101", "MATH 120A"]
