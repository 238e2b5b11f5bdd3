"""Main texts: what a page says, without its frame, and where it leads."""

import pytest

from jobs.providers.articles import MAX_LINKS, MAX_TEXT, read_article

URL = "https://example.com/a/b.html"


def links(html: str) -> tuple[str, ...]:
    return read_article(html.encode(), "utf-8", "text/html", URL).links


def test_links_stay_on_the_site_and_lose_their_fragments() -> None:
    found = links(
        '<a href="c.html#x">1</a><a href="/d">2</a><a href="/d">2</a><a href="//example.com/e">3</a>'
        '<a href="http://example.com/f">4</a><a href="https://other.com/">5</a>'
        '<a href="mailto:a@b.c">6</a><a href="javascript:1">7</a><a href="#top">8</a>'
        '<a href="/g" rel="nofollow">9</a><a href="https://[">10</a>'
    )

    assert found == tuple(f"https://example.com/{path}" for path in ("a/c.html", "d", "e"))


def test_a_page_may_ask_not_to_be_followed() -> None:
    assert links('<meta name="robots" content="noindex, nofollow"><a href="/d">2</a>') == ()


def test_links_are_bounded() -> None:
    html = "".join(f'<a href="/{n}">x</a>' for n in range(MAX_LINKS + 10))

    assert len(links(html)) == MAX_LINKS


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("Prüfung".encode("latin-1"), "iso-8859-1"),
        ("Prüfung".encode(), None),
        ("Prüfung".encode("cp1252"), None),
        ("Prüfung".encode("cp1252"), "utf-8"),
        ("Prüfung".encode(), "no-such-charset"),
    ],
    ids=["named", "utf-8", "windows", "wrongly named", "unknown"],
)
def test_a_text_is_read_in_its_encoding(body: bytes, charset: str | None) -> None:
    assert read_article(body, charset, "text/plain", URL).text == "Prüfung"


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"<", b"\x00\xff\xfe", b"<html></html>", b"<div>" * 5_000, b"<?xml?><a/>"],
    ids=range(7),
)
def test_a_broken_page_is_an_empty_article(body: bytes) -> None:
    article = read_article(body, None, "text/html", URL)

    assert article.links == ()
    article.text.encode()


def test_a_long_text_is_cut() -> None:
    assert len(read_article(b"x" * (MAX_TEXT + 9), None, "text/plain", URL).text) == MAX_TEXT
