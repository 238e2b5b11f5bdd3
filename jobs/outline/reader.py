"""Reading an outline row by row: what is said about courses and terms, and what happens when."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jobs.outline.columns import header
from jobs.outline.courses import Course, codes_in, credits_in, heading
from jobs.outline.dates import scan
from jobs.outline.events import Draft, drafts_of
from jobs.outline.terms import Term, find_term
from jobs.outline.wording import WEIGHT, topic_of, type_of, weight_in

Row = Sequence[str]

SHORT_LINE = 90
LEAST_NAME = 4


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
    pending: list[Draft] = field(default_factory=list)
    terms: dict[str, Term] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    drafts: list[tuple[Place, Draft]] = field(default_factory=list)


def read_row(reader: Reader, page: int, row: Row) -> None:
    """Take in one row: a table's header, dated events, or something about the course."""
    roles = header(row)
    if roles is not None:
        reader.roles, reader.pending = roles, []
        return
    drafts = drafts_of(row, reader.roles if len(row) > 1 else None)
    if len(row) == 1:
        reader.roles = None
    if not drafts:
        read_heading(reader, page, row)
        return
    note_term(reader, " ".join(row), dated=True)
    untitled = [draft for draft in drafts if not draft.title]
    for draft in drafts:
        if draft.title:
            keep(reader, page, draft)
    reader.pending = untitled


def read_heading(reader: Reader, page: int, row: Row) -> None:
    """Take in a row without a date: a course, a term, credits, a weight, a waiting date's title."""
    text = (": " if len(row) == 2 else " | ").join(cell for cell in row if cell)  # noqa: PLR2004 - key, value
    found = heading(text)
    if found:
        code, title = found
        course = reader.courses.setdefault(code, Course(code))
        course.title = course.title or title
        reader.course = code
    note_term(reader, text, dated=False)
    points = credits_in(text)
    if points is not None and reader.course and reader.courses[reader.course].credits is None:
        reader.courses[reader.course].credits = points
    note_weight(reader, text)
    if reader.pending and not found and len(text) <= SHORT_LINE:
        for draft in reader.pending:
            keep(reader, page, titled(draft, text))
    reader.pending = []


def titled(draft: Draft, text: str) -> Draft:
    """Return a date that stood alone in its line with the next line as its title."""
    return Draft(draft.written, topic_of(text), type_of(text), weight_in(text), draft.time)


def note_term(reader: Reader, text: str, *, dated: bool) -> None:
    """Take a term's name as a heading for what follows, unless the row is about something else."""
    term = find_term(text) if len(text) <= SHORT_LINE else None
    if term is None or (dated and not (text.startswith(term.name) and scan_years(text))):
        return
    reader.term = reader.terms.setdefault(term.name.lower(), term)


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
    """Note a draft with the term and course it stands under; a code of its own comes first."""
    own = [code for code in codes_in(draft.course or draft.title) if code in reader.courses]
    if draft.course and not own:
        own = codes_in(draft.course)[:1]
        reader.courses.update({code: Course(code) for code in own})
    reader.drafts.append((Place(page, reader.term, own[0] if own else reader.course), draft))


def remembered(reader: Reader, title: str) -> float | None:
    """Return the weight given elsewhere for an assessment of this name."""
    lowered = title.lower()
    return next((weight for name, weight in reader.weights.items() if name in lowered), None)
