"""The part of ``pdf`` that stands on pdfplumber; loaded by the child that reads a PDF."""

import io
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page as PdfPage
from pdfplumber.pdf import PDF
from pdfplumber.table import Table

from jobs.errors import Discard
from jobs.providers.pdf_layout import Block, Word, rows_in_order
from jobs.providers.pdf_streams import bound_streams
from jobs.providers.text import Page, clean, tidy

MAX_PAGES = 300
LEVEL = 10
SPACE = 0.2
"""The least white between words, in sizes of the type: some files have no spaces, only places."""


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
    bound_streams()
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            yield pdf
    except MemoryError as error:
        raise Discard("The PDF needs more memory than it may have.", code="too_large") from error
    except Exception as error:
        raise refusal(error) from error


def refusal(error: Exception) -> Discard:
    """Return why a PDF cannot be read; its parser wraps what it stumbles over, sometimes twice."""
    met: BaseException | None = error
    while met is not None:
        if isinstance(met, Discard):
            return met
        if isinstance(met, PDFPasswordIncorrect):
            return Discard("The PDF is protected by a password.", code="encrypted")
        met = met.__context__
    return Discard("The PDF is broken and cannot be read.", code="unreadable")


def page_rows(page: PdfPage) -> Page:
    """Return a page's lines and table rows, as they are read."""
    upright = page.filter(level)  # without watermarks and what stands upright in the margin
    tables = [table for table in upright.find_tables() if is_table(table)]
    boxes = [table.bbox for table in tables]
    words = [
        Word(w["x0"], w["x1"], w["top"], w["bottom"], readable(w["text"]))
        for w in upright.extract_words(x_tolerance_ratio=SPACE)
        if not any(inside(w, box) for box in boxes)
    ]
    blocks = [table_block(table) for table in tables]
    rows = rows_in_order(words, blocks, float(page.width))
    page.close()
    return [row for row in ([tidy(cell) for cell in row] for row in rows) if any(row)]


def level(thing: dict[str, Any]) -> bool:
    """Return whether a letter stands as a line's letters do; anything else may stay."""
    if thing["object_type"] != "char":
        return True
    across, up = thing["matrix"][:2]
    return bool(across > abs(up) * LEVEL)


def is_table(table: Table) -> bool:
    """Return whether the rules make cells, not a frame around text."""
    return len(table.rows) > 1 and max(len(row.cells) for row in table.rows) > 1


def table_block(table: Table) -> Block:
    """Return a table as its rows, at its place."""
    left, top, right, _ = table.bbox
    cells = table.extract(x_tolerance_ratio=SPACE)
    rows = [[readable(cell or "") for cell in row] for row in cells]
    return Block(top, rows=rows, span=(left, right))


def inside(word: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    """Return whether the middle of a word lies in a box."""
    x, y = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def readable(text: str) -> str:
    """Return text with its ligatures as letters, without soft hyphens and what cannot be kept."""
    return clean(unicodedata.normalize("NFKC", text).replace("\u00ad", ""), "\n")
