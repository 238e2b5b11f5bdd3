"""Rows of an outline → what happens when: each dated row becomes one event or several."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from jobs.outline.dates import Written, scan
from jobs.outline.wording import (
    DATE_MARK,
    TYPES,
    clock_in,
    title_without,
    topic_of,
    type_before,
    type_of,
    weight_in,
)

DEFAULTS = {"reading": "reading", "due": "assignment", "topic": "lecture"}
SILENT = frozenset({"date", "end", "week", "time", "weight", "type", "course"})
NOTHING = frozenset({"", "-", "–", "—", "n/a", "none", "tba", "tbd"})


@dataclass(frozen=True, slots=True)
class Draft:
    """An event whose date is still as written."""

    written: Written
    title: str
    type: str
    weight: float | None = None
    time: str | None = None
    course: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its column's role and the dates found in it."""

    role: str
    text: str
    dates: list[Written]

    @property
    def title(self) -> str:
        """Return the cell's text without the dates."""
        return title_without(self.text, self.dates)


def cells_of(row: Sequence[str], roles: Sequence[str] | None) -> list[Cell]:
    """Return the row's cells; columns past the header have no role."""
    known = list(roles or ()) + [""] * len(row)
    return [Cell(role, text, scan(text)) for role, text in zip(known, row, strict=False)]


def drafts_of(row: Sequence[str], roles: Sequence[str] | None) -> list[Draft]:
    """Return the events of one row; none when it holds no date."""
    cells = cells_of(row, roles)
    if not any(cell.dates for cell in cells):
        return []
    if roles is None or len(row) == 1:
        return list(loose(row, cells))
    return list(tabled(cells))


def loose(row: Sequence[str], cells: list[Cell]) -> Iterator[Draft]:
    """Read a line of prose, or a row without a header: one title, an event for each date."""
    dates = [date for cell in cells for date in cell.dates]
    if len(row) == 1 and len(dates) > 1:
        yield from clauses(row[0], dates)
        return
    title = " — ".join(cell.title for cell in cells if cell.title)
    text = " | ".join(row)
    for written in dates:
        kind = type_before(text if len(row) == 1 else "", written, title)
        yield Draft(written, topic_of(title), kind, weight_in(text), clock_in(text))


def clauses(text: str, dates: list[Written]) -> Iterator[Draft]:
    """Read "Essay: outline due 1 March, final version 26 March" clause by clause."""
    leading = bool(title_without(text[: dates[0].start], []))
    starts = [0, *(d.end for d in dates[:-1])] if leading else [d.end for d in dates]
    ends = [d.start for d in dates] if leading else [*(d.start for d in dates[1:]), len(text)]
    subject, colon, _ = text[: dates[0].start].partition(":")
    whole = title_without(text[: dates[0].end], dates[:1]) or title_without(text, dates)
    for place, (written, start, end) in enumerate(zip(dates, starts, ends, strict=True)):
        own = title_without(f"{text[start:end]}{DATE_MARK}" if leading else text[start:end], [])
        title = f"{subject.strip()}: {own}" if place and leading and colon and own else own or whole
        weight = weight_in(text[start:end]) or weight_in(text)
        kind = type_before(text, written, title)
        yield Draft(written, topic_of(title), kind, weight, clock_in(text[start:end]))


def tabled(cells: list[Cell]) -> Iterator[Draft]:
    """Read a row under a header: an event for each column that says something."""
    dated = row_date(cells)
    spoken = [c for c in cells if c.role not in SILENT and c is not dated and told(c)]
    for cell in spoken:
        for written in cell.dates or spans(cells, dated):
            yield draft(cells, cell, written)
    if dated is not None and (not spoken or (dated.title and dated.role not in SILENT)):
        for written in spans(cells, dated):
            yield draft(cells, dated, written)


def draft(cells: list[Cell], cell: Cell, written: Written) -> Draft:
    """Return one cell as an event, its type, weight and course from their columns if there are any."""
    title = cell.title or next((c.title for c in cells if c.role == "topic" and c.title), "")
    title = title or next(
        (f"Week {c.title}" if c.title.isdecimal() else c.title for c in cells if c.title), ""
    )
    spoken = [c for c in cells if c.role not in SILENT and told(c)]
    graded = "due" if any(c.role == "due" for c in spoken) else "topic"
    named = column(cells, "type").lower()
    weight = weight_in(cell.text) or (
        column_weight(cells) if len(spoken) <= 1 or cell.role == graded else None
    )
    return Draft(
        written,
        topic_of(title),
        named if named in TYPES else type_of(title, default_type(cells, cell)),
        weight,
        clock_in(cell.text)
        or ("" if cell.dates and cell.role == "due" else row_time(cells))
        or None,
        column(cells, "course") or None,
    )


def default_type(cells: list[Cell], cell: Cell) -> str:
    """Return what an event in this column is when its words do not say."""
    roles = {c.role for c in cells}
    if "weight" in roles and (cell.role == "due" or "due" not in roles):
        return "deadline"
    return DEFAULTS.get(cell.role, "other")


def row_date(cells: list[Cell]) -> Cell | None:
    """Return the cell that dates the whole row: its date column, else one that is only a date."""
    ranked = sorted(
        (cell for cell in cells if cell.dates),
        key=lambda c: (c.role != "date", c.role != "week", bool(c.title)),
    )
    return ranked[0] if ranked else None


def spans(cells: list[Cell], dated: Cell | None) -> list[Written]:
    """Return the dates of a row; an end column makes a range of them."""
    if dated is None:
        return []
    ends = [date for cell in cells if cell.role == "end" for date in cell.dates]
    if len(ends) == 1 and len(dated.dates) == 1 and dated.role != "end":
        return [replace(dated.dates[0], until=ends[0])]
    return dated.dates


def column(cells: list[Cell], role: str) -> str:
    """Return the text of the first column with that role."""
    return next((cell.text.strip() for cell in cells if cell.role == role), "")


def row_time(cells: list[Cell]) -> str | None:
    """Return the time of day of a row's class."""
    return clock_in(column(cells, "time")) or clock_in(column(cells, "date"))


def column_weight(cells: list[Cell]) -> float | None:
    """Return the weight column's number; a bare 20 means 20 %."""
    text = column(cells, "weight").rstrip("%").strip()
    return weight_in(f"{text}%") if text else None


def told(cell: Cell) -> bool:
    """Return whether the cell says anything."""
    return cell.text.strip().lower() not in NOTHING
