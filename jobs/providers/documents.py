"""The text of an uploaded file, page by page, as rows of cells. Pure; runs in the process pool."""

import csv
import io
from dataclasses import dataclass

from jobs.errors import Discard
from jobs.providers.text import Page, Row, clean, tidy

HEAD = 1_024
FOREIGN = {
    b"PK\x03\x04": "a Word, Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"RIFF": "a media file",
    b"{\\rtf": "an RTF file",
    b"\x1f\x8b": "a compressed file",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
MAX_CSV_CELL = 100_000


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text. ``title`` is what the file itself says it is, if anything."""

    title: str
    pages: list[Page]


def format_of(data: bytes, name: str, media_type: str) -> str:
    """Return pdf, html, csv or text, by the first bytes. Raises Discard for anything else."""
    if not data.strip():
        raise Discard("The file is empty.", code="empty_file")
    head = data[:HEAD]
    if b"%PDF-" in head:
        return "pdf"
    for magic, what in FOREIGN.items():
        if head.startswith(magic):
            raise Discard(f"This is {what}; send a PDF, HTML, CSV or text file.", code="wrong_type")
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Discard(
            "This is a binary file; send a PDF, HTML, CSV or text file.", code="wrong_type"
        )
    lowered = head.lower()
    if b"<html" in lowered or lowered.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<!doctype html"):
        return "html"
    if name.lower().endswith(".csv") or media_type.partition(";")[0] == "text/csv":
        return "csv"
    return "text"


def read_html(data: bytes) -> Document:
    """Return a page's rows: one a paragraph, one a table row."""
    from jobs.providers.html_rows import read_rows  # noqa: PLC0415 - lxml: only where HTML is read

    return Document(*read_rows(plain_text(data)))


def read_csv(data: bytes) -> Document:
    """Return a table's rows, whichever of , ; tab | separates them."""
    source = plain_text(data)
    csv.field_size_limit(MAX_CSV_CELL)
    try:
        dialect = csv.Sniffer().sniff(source[: 8 * HEAD], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = [[tidy(cell) for cell in row] for row in csv.reader(io.StringIO(source), dialect)]
    except csv.Error as error:
        raise Discard(f"The CSV cannot be read: {error}.", code="unreadable") from error
    return Document("", [[row for row in rows if any(row)]])


def read_text(data: bytes) -> Document:
    """Return a text's lines; tabs and pipes make cells, form feeds make pages."""
    pages = [
        [split_line(line) for line in page.splitlines() if line.strip()]
        for page in plain_text(data).split("\f")
    ]
    return Document("", pages)


def split_line(line: str) -> Row:
    """Return a line as cells: Markdown and tab tables have several, prose has one."""
    for mark in ("\t", "|"):
        cells = [tidy(cell) for cell in line.strip().strip(mark).split(mark)]
        if len(cells) > 1:
            return cells
    return [tidy(line)]


def plain_text(data: bytes) -> str:
    """Return bytes as text: UTF-16 by its mark, else UTF-8, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean(data.decode("utf-16", "replace"), "\n\t\f")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"), "\n\t\f")


READERS = {"csv": read_csv, "text": read_text}


def read_document(data: bytes, kind: str) -> Document:
    """Return the text of anything but a PDF. Raises Discard when there is none."""
    document = read_html(data) if kind == "html" else READERS[kind](data)
    if not any(row for page in document.pages for row in page):
        raise Discard("There is no text in this file.", code="empty_file")
    return document
