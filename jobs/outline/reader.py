"""Reading an outline row by row: what is said about courses and terms, and what happens when."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jobs.outline.columns import header
from jobs.outline.courses import Course, codes_in, credits_in, heading
from jobs.outline.dates import Written, scan
from jobs.outline.events import Draft, drafts_of
from jobs.outline.terms import Term, find_term
from jobs.outline.transcript import taken_course, transcript_header
from jobs.outline.weeks import week_of
from jobs.outline.wording import NO_EVENT, WEIGHT, clock_in, topic_of, type_of, weight_in

Row = Sequence[str]

SHORT_LINE = 90
LEAST_NAME = 4
HANGING = re.compile(r"(?:[:–—-]|\b(?:on|by|at|until|before|is|due|held))$", re.IGNORECASE)
STEP = re.compile(r"\b(?:drafts?|proposals?|topics?|abstracts?|bibliography)\b")
TIME_FIRST = re.compile(r"^(?:at|by|@|from)\s", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the document a draft stands: its page, and the term and course it falls under."""

    page: int
    term: Term | None
    course: str | None


@dataclass(slots=True)
class Reader:
    """What is known so far, row by row."""

    term: Term | None = None
    course: str | None = None
    roles: list[str] | None = None
    grades: list[str] | None = None
    hanging: str = ""
    pending: list[Draft] = field(default_factory=list)
    terms: dict[tuple[str, int], Term] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    taken: list[Course] = field(default_factory=list)
    weeks: list[tuple[Term | None, int, Written]] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)
    drafts: list[tuple[Place, Draft]] = field(default_factory=list)


def read_row(reader: Reader, page: int, row: Row) -> None:
    """Take in one row: a table's header, dated events, a course taken, or something about the course."""
    hanging, reader.hanging = reader.hanging, ""
    if read_header(reader, row) or read_taken(reader, page, row):
        return
    roles = reader.roles if len(row) > 1 else None
    drafts = drafts_of(row, roles)
    if len(row) == 1:
        reader.roles = None
    if drafts:
        read_dated(
            reader,
            page,
            row,
            [titled(d, hanging) if hanging and not d.title else d for d in drafts],
        )
    else:
        read_heading(reader, page, row)


def read_header(reader: Reader, row: Row) -> bool:
    """Take in what the columns from here on mean, if the row says it."""
    roles, grades = header(row), transcript_header(row)
    if roles is None and grades is None:
        return False
    reader.roles, reader.grades, reader.pending = (None if grades else roles), grades, []
    return True


def read_taken(reader: Reader, page: int, row: Row) -> bool:
    """Take in a transcript's row, if it is one."""
    course = taken_course(row, reader.grades)
    if course is None:
        return False
    course.page, course.term = page, reader.term.name if reader.term else None
    reader.taken.append(course)
    return True


def read_dated(reader: Reader, page: int, row: Row, drafts: list[Draft]) -> None:
    """Take in a row's events; those without a title wait for the next row."""
    note_term(reader, page, " ".join(row), dated=True)
    number = week_of(row, reader.roles if len(row) > 1 else None)
    first = drafts[0].written
    if number is not None and first.week is None:
        reader.weeks.append((reader.term, number, first))
    for draft in drafts:
        if draft.title:
            keep(reader, page, draft)
    reader.pending = [draft for draft in drafts if not draft.title]


def read_heading(reader: Reader, page: int, row: Row) -> None:
    """Take in a row without a date: a course, a term, credits, a weight, a waiting date's title."""
    text = (": " if len(row) == 2 else " | ").join(cell for cell in row if cell)  # noqa: PLR2004 - key, value
    found = heading(text)
    if found:
        note_course(reader, page, *found)
    note_term(reader, page, text, dated=False)
    points = credits_in(text)
    if points is not None and reader.course and reader.courses[reader.course].credits is None:
        reader.courses[reader.course].credits = points
    note_weight(reader, text)
    note_time(reader, text)
    if reader.pending and not found and len(text) <= SHORT_LINE:
        for draft in reader.pending:
            keep(reader, page, titled(draft, text))
    reader.pending = []
    reader.hanging = HANGING.sub("", text) if len(row) == 1 and HANGING.search(text) else ""


def note_course(reader: Reader, page: int, code: str, title: str) -> None:
    """Take a course's heading for what follows."""
    course = reader.courses.setdefault(code, Course(code, page=page))
    course.title = course.title or title
    reader.course = code


def note_time(reader: Reader, text: str) -> None:
    """Take "at 5 pm, in my mailbox" for the time of what the line before told."""
    if TIME_FIRST.match(text) and (time := clock_in(text)) and reader.drafts:
        place, draft = reader.drafts[-1]
        reader.drafts[-1] = place, replace(draft, time=draft.time or time)


def titled(draft: Draft, text: str) -> Draft:
    """Return a date that stood alone in its line with a line beside it as its title."""
    title = topic_of(WEIGHT.sub("", text).strip())
    return Draft(draft.written, title, type_of(text), weight_in(text), draft.time)


def note_term(reader: Reader, page: int, text: str, *, dated: bool) -> None:
    """Take a term's name as a heading for what follows, unless the row is about something else."""
    term = find_term(text) if len(text) <= SHORT_LINE else None
    if term is None or (dated and not (text.startswith(term.name) and scan_years(text))):
        return
    reader.term = reader.terms.setdefault(term.key, replace(term, page=page))


def scan_years(text: str) -> bool:
    """Return whether every date in ``text`` has its year written out."""
    return all((d.until or d).year is not None for d in scan(text))


def note_weight(reader: Reader, text: str) -> None:
    """Remember "Midterm exam 25%" for the dated event of that name."""
    weight = weight_in(text)
    name = WEIGHT.sub("", text).strip(" -–—:·•|,;.()").lower()
    if weight is not None and LEAST_NAME <= len(name) <= SHORT_LINE // 2:
        reader.weights.setdefault(name, weight)


def keep(reader: Reader, page: int, draft: Draft) -> None:
    """Note a draft with the term and course it stands under; a code of its own comes first.

    The day of somebody's birth and of the printing are no events.
    """
    if NO_EVENT.match(draft.title):
        return
    own = [code for code in codes_in(draft.course or draft.title) if code in reader.courses]
    if draft.course and not own:
        own = codes_in(draft.course)[:1]
        reader.courses.update({code: Course(code, page=page) for code in own})
    reader.drafts.append((Place(page, reader.term, own[0] if own else reader.course), draft))


def remembered(reader: Reader, title: str) -> float | None:
    """Return the weight given elsewhere for an assessment of this name; a step on its way has none."""
    lowered = title.lower()
    if STEP.search(lowered):
        return None
    return next((weight for name, weight in reader.weights.items() if name in lowered), None)
