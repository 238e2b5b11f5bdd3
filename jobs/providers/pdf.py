"""The text and tables of a PDF, page by page. Pure; runs in the process pool, where it may crash.

Its libraries take 10 MB, so only the child that reads a PDF loads them, by ``pdf_reading``.
"""

import re
from dataclasses import dataclass

from jobs.providers.text import Page, Row

EDGE_ROWS = 2
MARGIN_CELLS = 3
NUMBERED = re.compile(r"\bpage\b|\b\d+\s?of\s?\d+\b|^p\.?\s?\d+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PdfInfo:
    """What is known before the pages are read."""

    title: str
    pages: int


def inspect_pdf(data: bytes) -> PdfInfo:
    """Return title and page count. Raises Discard for an encrypted, broken or endless file."""
    from jobs.providers.pdf_reading import inspect  # noqa: PLC0415 - see the module

    return PdfInfo(*inspect(data))


def read_pdf(data: bytes, first: int, last: int) -> list[Page]:
    """Return the rows of pages ``first`` to ``last`` (from 1). Raises Discard for a broken file."""
    from jobs.providers.pdf_reading import read  # noqa: PLC0415 - see the module

    return read(data, first, last)


def without_margins(pages: list[Page]) -> list[Page]:
    """Return the pages without the headers and footers that most of them share."""
    seen: dict[str, int] = {}
    for page in pages:
        for mark in {margin_mark(row) for row in edges(page) if is_margin(row)}:
            seen[mark] = seen.get(mark, 0) + 1
    shared = {mark for mark, count in seen.items() if count > 1 and count * 2 > len(pages)}
    return [strip_edges(page, shared) for page in pages]


def edges(page: Page) -> Page:
    """Return the rows where headers and footers stand."""
    return page[:EDGE_ROWS] + page[-EDGE_ROWS:]


def strip_edges(page: Page, shared: set[str]) -> Page:
    """Return a page without its shared first and last rows."""
    last = len(page) - EDGE_ROWS
    return [
        row
        for place, row in enumerate(page)
        if EDGE_ROWS <= place < last or not is_margin(row) or margin_mark(row) not in shared
    ]


def is_margin(row: Row) -> bool:
    """Return whether a row can be a header or footer; several cells can, if they number the page."""
    return len(row) == 1 or (len(row) <= MARGIN_CELLS and any(map(NUMBERED.search, row)))


def margin_mark(row: Row) -> str:
    """Return a row with its digits blanked, so that "Page 1 of 3" equals "Page 2 of 3"."""
    return "".join("0" if c.isdigit() else c for c in " ".join(row))
