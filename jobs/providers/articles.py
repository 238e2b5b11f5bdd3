"""The main text of a web page, without its menus and banners. Pure; runs in the process pool."""

from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

import trafilatura
from lxml import html as lxml_html
from lxml.etree import LxmlError
from trafilatura.metadata import extract_metadata

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
    tree = parse(source)
    if tree is None:
        return Article(title="", text="")
    links = tuple(same_site_links(tree, url))
    metadata = extract_metadata(tree, default_url=url)
    text = trafilatura.extract(tree, url=url, include_comments=False, include_tables=True)
    return Article(
        title=clean(metadata.title or "")[:MAX_TITLE],
        text=bound(text or ""),
        language=(tree.get("lang") or metadata.language or "")[:35] or None,
        links=links,
    )


def decode(body: bytes, charset: str | None) -> str:
    """Return the page as text: by its own charset, else UTF-8, else Windows-1252."""
    for encoding in (charset, "utf-8-sig"):
        try:
            if encoding:
                return body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return body.decode("cp1252", "replace")


def parse(source: str) -> lxml_html.HtmlElement | None:
    """Return the page as a tree, or None when there is nothing in it."""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        tree = lxml_html.document_fromstring(clean(source, "\n\t").encode(), parser=parser)
    except (LxmlError, ValueError):
        return None
    return tree


def same_site_links(tree: lxml_html.HtmlElement, url: str) -> list[str]:
    """Return the links a polite reader may follow: same origin, no fragments, no ``nofollow``."""
    robots = " ".join(tree.xpath("//meta[@name='robots']/@content")).lower()
    if "nofollow" in robots or "none" in robots.split():
        return []
    base = urljoin(url, next(iter(tree.xpath("//base/@href")), ""))
    found: dict[str, None] = {}
    for anchor in tree.xpath("//a[@href]"):
        if "nofollow" in (anchor.get("rel") or ""):
            continue
        link = absolute(base, anchor.get("href"))
        if link and urlsplit(link)[:2] == urlsplit(url)[:2] and link != url:
            found[link] = None
    return list(found)[:MAX_LINKS]


def absolute(base: str, href: str) -> str | None:
    """Return ``href`` as an absolute URL without its fragment, or None when it is none."""
    try:
        return urldefrag(urljoin(base, href.strip())).url
    except ValueError:
        return None


def bound(text: str) -> str:
    """Return what is kept of a text."""
    return clean(text, "\n\t").strip()[:MAX_TEXT]


def clean(text: str, spared: str = "") -> str:
    """Return ``text`` without control characters and lone surrogates, which JSON cannot carry."""
    return "".join(c for c in text if (c >= " " and not "\ud800" <= c <= "\udfff") or c in spared)
