"""The part of ``pdf`` that stands on pdfplumber; loaded by the child that reads a PDF."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page as PdfPage
from pdfplumber.pdf import PDF

from jobs.errors import Discard
from jobs.providers.text import Page, Row, clean, tidy

MAX_PAGES = 300


def inspect(data: bytes) -> tuple[str, int]:
    """Return title and page count. Raises Discard for an encrypted, broken or endless file."""
    with opened(data) as pdf:
        pages = len(pdf.pages)
        if pages > MAX_PAGES:
            raise Discard(f"The PDF has more than {MAX_PAGES} pages.", code="too_many_pages")
        if pages == 0:
            raise Discard("The PDF has no pages.", code="unreadable")
        title = pdf.metadata.get("Title")
        return tidy(clean(title)) if isinstance(title, str) else "", pages


def read(data: bytes, first: int, last: int) -> list[Page]:
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
