"""The whole way from rows of text to a dated, ordered timeline."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.outline.courses import Course
from jobs.outline.dates import WEEKDAYS, Written, YearOf, resolve
from jobs.outline.events import Draft
from jobs.outline.reader import Place, Reader, Row, read_row, remembered
from jobs.outline.terms import Term, day_comes_first, fallback_year

Page = Sequence[Row]

MAX_ROWS = 20_000
MAX_CELL = 500
MAX_EVENTS = 2_000
MAX_WARNINGS = 50


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
    if guessed and any(d.written.year is None and p.term is None for p, d in reader.drafts):
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
