"""The main text of a web page, without its menus and banners. Pure; runs in the process pool.

Its libraries take 15 MB, so only the child that reads a page loads them, by ``page_reading``.
"""

from dataclasses import dataclass

from jobs.providers.text import clean

MAX_TEXT = 200_000
MAX_TITLE = 300
MAX_LINKS = 500


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says, and the pages of the same site it leads to."""

    title: str
    text: str
    language: str | None = None
    links: tuple[str, ...] = ()


def read_article(body: bytes, charset: str | None, media_type: str, url: str) -> Article:
    """Return the main text, title and links of a page; never raises for broken HTML."""
    source = decode(body, charset)
    if media_type == "text/plain":
        return Article(
            title=clean(source.strip().partition("\n")[0])[:MAX_TITLE], text=bound(source)
        )
    from jobs.providers.page_reading import read_page  # noqa: PLC0415 - see the module

    title, text, language, links = read_page(clean(source, "\n\t"), url)
    return Article(clean(title)[:MAX_TITLE], bound(text), language[:35] or None, links[:MAX_LINKS])


def decode(body: bytes, charset: str | None) -> str:
    """Return the page as text: by its own charset, else UTF-8, else Windows-1252."""
    for encoding in (charset, "utf-8-sig"):
        try:
            if encoding:
                return body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return body.decode("cp1252", "replace")


def bound(text: str) -> str:
    """Return what is kept of a text."""
    return clean(text, "\n\t").strip()[:MAX_TEXT]
