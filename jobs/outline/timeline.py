"""The whole way from rows of text to a dated, ordered timeline."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from jobs.outline.columns import header
from jobs.outline.courses import Course, codes_in, credits_in, heading
from jobs.outline.dates import WEEKDAYS, Written, YearOf, resolve, scan
from jobs.outline.events import Draft, drafts_of
from jobs.outline.terms import Term, day_comes_first, fallback_year, find_term
from jobs.outline.wording import WEIGHT, topic_of, type_of, weight_in

Row = Sequence[str]
Page = Sequence[Row]

MAX_ROWS = 20_000
MAX_CELL = 500
MAX_EVENTS = 2_000
MAX_WARNINGS = 50
SHORT_LINE = 90
LEAST_NAME = 4


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens on a day, or until ``end_date``; ``page`` counts from 1."""

    date: datetime.date
    end_date: datetime.date | None
    title: str
    type: str
    course: str | None
    weight: float | None
    time: str | None
    page: int


@dataclass(frozen=True, slots=True)
class Outline:
    """All that was read from an outline."""

    terms: list[Term]
    courses: list[Course]
    events: list[Event]
    warnings: list[str]


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


def parse_outline(pages: Sequence[Page], *, year: int | None, today: datetime.date) -> Outline:
    """Return the timeline of a document given as pages of rows of cells.

    ``year`` dates what the document leaves open; ``today`` is the last resort, with a warning.
    """
    reader = Reader()
    rows = 0
    for number, row in numbered(pages):
        rows += 1
        if rows > MAX_ROWS or len(reader.drafts) >= MAX_EVENTS:
            break
        read_row(reader, number, [" ".join(cell.split())[:MAX_CELL] for cell in row])
    warnings = [] if rows <= MAX_ROWS else ["The document is very long; only its start was read."]
    events = certain_events(reader, year, today, warnings)
    return Outline(
        list(reader.terms.values()), list(reader.courses.values()), events, warnings[:MAX_WARNINGS]
    )


def numbered(pages: Sequence[Page]) -> Iterator[tuple[int, Row]]:
    """Yield every row that says something, with its page number."""
    for number, page in enumerate(pages, start=1):
        for row in page:
            if any(cell.strip() for cell in row):
                yield number, row


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


def certain_events(
    reader: Reader, year: int | None, today: datetime.date, warnings: list[str]
) -> list[Event]:
    """Return the drafts with their dates made certain, in order, doubles left out."""
    written = [draft.written for _, draft in reader.drafts]
    written += [w.until for w in written if w.until is not None]
    day_first, doubt = day_comes_first(written)
    fallback, guessed = fallback_year(written, year, today)
    if doubt:
        warnings.append(doubt)
    events: dict[Event, None] = {}
    for place, draft in reader.drafts:
        year_of = place.term.year_of if place.term and year is None else fallback
        event = certain_event(reader, place, draft, year_of, day_first, warnings)
        if event is not None:
            events[event] = None
    if (
        guessed
        and any(w.year is None for w in written)
        and any(p.term is None for p, _ in reader.drafts)
    ):
        warnings.append(f"No year is given; {today.year} was assumed.")
    return sorted(events, key=lambda e: (e.date, e.page))


def certain_event(
    reader: Reader,
    place: Place,
    draft: Draft,
    year_of: YearOf,
    day_first: bool,
    warnings: list[str],
) -> Event | None:
    """Return one event; a date that no calendar has becomes a warning."""
    try:
        first, last = resolve(draft.written, year_of, day_first)
    except ValueError:
        warnings.append(f"Page {place.page}: the date of {draft.title!r} is in no calendar.")
        return None
    if wrong_weekday(draft.written, first):
        day = f"{first:%A}"
        warnings.append(f"Page {place.page}: {first} ({draft.title!r}) is a {day}, not as written.")
    weight = draft.weight if draft.weight is not None else remembered(reader, draft.title)
    return Event(first, last, draft.title, draft.type, place.course, weight, draft.time, place.page)


def wrong_weekday(written: Written, day: datetime.date) -> bool:
    """Return whether the weekday written beside a date contradicts it."""
    return written.weekday is not None and day.weekday() != written.weekday % len(WEEKDAYS)


def remembered(reader: Reader, title: str) -> float | None:
    """Return the weight given elsewhere for an assessment of this name."""
    lowered = title.lower()
    return next((weight for name, weight in reader.weights.items() if name in lowered), None)
