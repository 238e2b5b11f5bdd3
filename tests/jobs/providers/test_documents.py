"""Files as people send them: told apart by their bytes, read into rows, refused with a sentence."""

import pytest

from jobs.errors import Discard
from jobs.providers.documents import format_of, read_document
from jobs.providers.pdf import inspect_pdf, read_pdf, without_margins
from tests.jobs.providers.pdfs import ENCRYPTED, SCAN, make_pdf


@pytest.mark.parametrize(
    ("data", "name", "media_type", "kind"),
    [
        (b"%PDF-1.7 ...", "x.txt", "text/plain", "pdf"),
        (b"\n\n%PDF-1.4", "", "", "pdf"),
        (b"<!DOCTYPE html><p>", "x.pdf", "application/pdf", "html"),
        (b"\xef\xbb\xbf<!doctype HTML>", "", "", "html"),
        (b"<!-- hi --><html>", "", "", "html"),
        (b"a,b\n1,2", "x.CSV", "", "csv"),
        (b"a,b\n1,2", "x", "text/csv; charset=utf-8", "csv"),
        (b"a,b\n1,2", "x", "", "text"),
        ("Übung".encode("utf-16"), "x.txt", "", "text"),
    ],
    ids=range(9),
)
def test_a_format_is_told_by_the_first_bytes(
    data: bytes, name: str, media_type: str, kind: str
) -> None:
    assert format_of(data, name, media_type) == kind


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"{\\rtf1",
        b"MZ",
        b"a\0b",
    ],
)
def test_another_format_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Discard, match="send a PDF, HTML, CSV or text file") as caught:
        format_of(data, "outline.pdf", "application/pdf")

    assert caught.value.code == "wrong_type"


def rows(data: bytes, kind: str) -> list[list[str]]:
    return read_document(data, kind).pages[0]


def test_html_is_read_block_by_block() -> None:
    html = b"""<html><head><title>T</title><style>p{}</style></head><body>
      <nav>Menu</nav><p>One <b>line</b>
      of text</p><!-- no --><div>before<p>inside</p>after</div>a<br>b
      <ul><li>x<ul><li>y</li></ul></li></ul><script>1</script>
      <table><tr><th>H</th><td>1 <i>2</i></td></tr></table></body></html>"""

    assert rows(html, "html") == [
        ["One line of text"],
        ["before"],
        ["inside"],
        ["after"],
        ["a"],
        ["b"],
        ["x"],
        ["y"],
        ["H", "1 2"],
    ]
    assert read_document(html, "html").title == "T"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_csv_is_read_whatever_separates_it(separator: str) -> None:
    data = "\n".join(separator.join(row) for row in (["Date", "Topic"], ["Sep 4", "A"])).encode()

    assert rows(data, "csv") == [["Date", "Topic"], ["Sep 4", "A"]]


def test_text_has_pages_and_cells() -> None:
    document = read_document("\ufeffa\r\nb\tc\n\f| d | e |\n".encode(), "text")

    assert document.pages == [[["a"], ["b", "c"]], [["d", "e"]]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_its_encoding(encoding: str) -> None:
    assert rows("Prüfung – Ende".encode(encoding), "text") == [["Prüfung – Ende"]]


def test_hostile_text_comes_out_clean() -> None:
    data = b"a\x01b\x1b[31m" + b"\xed\xa0\x80"

    assert "\x01" not in str(rows(data, "text"))
    str(rows(data, "text")).encode()


def test_deep_html_does_not_break_the_reader() -> None:
    assert rows(b"<html><p>shallow</p>" + b"<div>" * 5_000, "html") == [["shallow"]]


def test_entities_of_a_document_type_are_not_expanded() -> None:
    bomb = b"""<!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM
      "file:///etc/passwd">]><html><p>&b;&x;</p></html>"""

    assert "root:" not in str(rows(bomb, "html"))


def test_a_pdf_is_read_page_by_page() -> None:
    data = make_pdf("Quiz on Sep 4", "Exam on Oct 5")

    assert inspect_pdf(data).pages == 2
    assert read_pdf(data, 1, 2) == [[["Quiz on Sep 4"]], [["Exam on Oct 5"]]]
    assert read_pdf(data, 2, 2) == [[["Exam on Oct 5"]]]


def test_a_scan_has_no_rows() -> None:
    assert read_pdf(SCAN, 1, 2) == [[], []]


@pytest.mark.parametrize(
    ("data", "code"),
    [(ENCRYPTED, "encrypted"), (b"%PDF-1.7\n", "unreadable"), (make_pdf(), "unreadable")],
    ids=["password", "broken", "no pages"],
)
def test_a_pdf_that_cannot_be_read_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Discard) as caught:
        inspect_pdf(data)

    assert caught.value.code == code


def test_a_pdf_of_too_many_pages_is_refused() -> None:
    with pytest.raises(Discard, match="300 pages"):
        inspect_pdf(make_pdf(*["x"] * 301))


def test_headers_and_footers_that_pages_share_are_left_out() -> None:
    pages = [
        [["Riverside College"], [f"Topic {name}"], ["Same words"], [f"End {name}"], [f"Page {n}/3"]]
        for n, name in enumerate("abc", start=1)
    ]

    kept = without_margins(pages)

    assert kept[1] == [["Topic b"], ["Same words"], ["End b"]]


def test_a_tables_header_on_each_page_is_kept() -> None:
    page = [["Date", "Topic"], ["Sep 4", "A"]]

    assert without_margins([page, page, page]) == [page, page, page]


def test_a_header_in_two_cells_goes_and_a_tables_rows_stay() -> None:
    pages = [
        [
            ["BIO 210", f"page {n} of 3"],
            ["Date", "Topic"],
            [f"Sep {n}", "Lab"],
            ["Botany", f"p. {n}"],
        ]
        for n in (1, 2, 3)
    ]

    kept = without_margins(pages)

    assert kept == [[["Date", "Topic"], [f"Sep {n}", "Lab"]] for n in (1, 2, 3)]
