"""The text and tables of a PDF, page by page. Pure; runs in the process pool, where it may crash."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page as PdfPage
from pdfplumber.pdf import PDF

from jobs.errors import Discard
from jobs.providers.articles import clean
from jobs.providers.documents import Page, Row, tidy

MAX_PAGES = 300
EDGE_ROWS = 2


@dataclass(frozen=True, slots=True)
class PdfInfo:
    """What is known before the pages are read."""

    title: str
    pages: int


def inspect_pdf(data: bytes) -> PdfInfo:
    """Return title and page count. Raises Discard for an encrypted, broken or endless file."""
    with opened(data) as pdf:
        pages = len(pdf.pages)
        if pages > MAX_PAGES:
            raise Discard(f"The PDF has more than {MAX_PAGES} pages.", code="too_many_pages")
        if pages == 0:
            raise Discard("The PDF has no pages.", code="unreadable")
        title = pdf.metadata.get("Title")
        return PdfInfo(tidy(clean(title)) if isinstance(title, str) else "", pages)


def read_pdf(data: bytes, first: int, last: int) -> list[Page]:
    """Return the rows of pages ``first`` to ``last`` (from 1). Raises Discard for a broken file."""
    with opened(data) as pdf:
        return [page_rows(page) for page in pdf.pages[first - 1 : last]]


@contextmanager
def opened(data: bytes) -> Iterator[PDF]:
    """Open a PDF; whatever its parser stumbles over is the file's fault."""
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            yield pdf
    except (Discard, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, PDFPasswordIncorrect) or isinstance(
            error.__context__, PDFPasswordIncorrect
        ):
            raise Discard("The PDF is protected by a password.", code="encrypted") from error
        raise Discard("The PDF is broken and cannot be read.", code="unreadable") from error


def page_rows(page: PdfPage) -> Page:
    """Return a page's lines and table rows, from top to bottom."""
    tables = page.find_tables()
    placed: list[tuple[float, Row]] = []
    for line in page.extract_text_lines(return_chars=False):
        middle = (line["top"] + line["bottom"]) / 2
        if not any(t.bbox[1] <= middle <= t.bbox[3] for t in tables):
            placed.append((line["top"], [tidy(clean(line["text"]))]))
    for table in tables:
        tops = [row.bbox[1] for row in table.rows]
        cells = [[tidy(clean(cell or "", "\n")) for cell in row] for row in table.extract()]
        placed += zip(tops, cells, strict=False)
    page.close()
    return [row for _, row in sorted(placed, key=lambda item: item[0]) if any(row)]


def without_margins(pages: list[Page]) -> list[Page]:
    """Return the pages without the headers and footers that most of them share."""
    seen: dict[str, int] = {}
    for page in pages:
        for mark in {margin_mark(row) for row in edges(page) if len(row) == 1}:
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
        if EDGE_ROWS <= place < last or len(row) > 1 or margin_mark(row) not in shared
    ]


def margin_mark(row: Row) -> str:
    """Return a row with its digits blanked, so that "Page 1 of 3" equals "Page 2 of 3"."""
    return "".join("0" if c.isdigit() else c for c in " ".join(row))
