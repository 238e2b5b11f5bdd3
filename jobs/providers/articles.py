"""The main text of a web page, without its menus and banners. Pure; runs in the process pool.

Its libraries take 15 MB, so only the child that reads a page loads them, by ``page_reading``.
"""

from dataclasses import dataclass
from datetime import datetime

from jobs.providers.encodings import decode
from jobs.providers.feed import line, web_url
from jobs.providers.feed_dates import read_date
from jobs.providers.text import clean

MAX_TEXT = 200_000
MAX_TITLE = 300
MAX_DESCRIPTION = 1_000
MAX_LINKS = 500


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about itself, beside its text. What it does not say is empty."""

    description: str = ""
    author: str = ""
    site_name: str = ""
    canonical_url: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says, and the pages of the same site it leads to."""

    title: str
    text: str
    language: str | None = None
    links: tuple[str, ...] = ()
    metadata: Metadata = Metadata()


def read_article(body: bytes, charset: str | None, media_type: str, url: str) -> Article:
    """Return the main text, title, metadata and links of a page; never raises for broken HTML."""
    source = decode(body, charset)
    if media_type == "text/plain":
        return Article(
            title=clean(source.strip().partition("\n")[0])[:MAX_TITLE], text=bound(source)
        )
    from jobs.providers.page_reading import read_page  # noqa: PLC0415 - see the module

    read = read_page(clean(source, "\n\t"), url)
    return Article(
        title=line(read.title, MAX_TITLE),
        text=bound(read.text),
        language=read.language[:35] or None,
        links=read.links[:MAX_LINKS],
        metadata=Metadata(
            description=line(read.description, MAX_DESCRIPTION),
            author=line(read.author, MAX_TITLE),
            site_name=line(read.site_name, MAX_TITLE),
            canonical_url=web_url(url, read.canonical_url),
            published_at=read_date(read.published),
        ),
    )


def bound(text: str) -> str:
    """Return what is kept of a text."""
    return clean(text, "\n\t").strip()[:MAX_TEXT]
