"""The part of ``articles`` that stands on trafilatura and lxml; loaded by the child that reads a page."""

from urllib.parse import urldefrag, urljoin, urlsplit

import trafilatura
from lxml import html as lxml_html
from lxml.etree import LxmlError
from trafilatura.metadata import extract_metadata


def read_page(source: str, url: str) -> tuple[str, str, str, tuple[str, ...]]:
    """Return title, main text, language and links of a page's HTML; nothing of what is broken."""
    tree = parse(source)
    if tree is None:
        return "", "", "", ()
    links = tuple(same_site_links(tree, url))
    metadata = extract_metadata(tree, default_url=url)
    text = trafilatura.extract(tree, url=url, include_comments=False, include_tables=True)
    language = tree.get("lang") or metadata.language or ""
    return metadata.title or "", text or "", language, links


def parse(source: str) -> lxml_html.HtmlElement | None:
    """Return the page as a tree, or None when there is nothing in it."""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        tree = lxml_html.document_fromstring(source.encode(), parser=parser)
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
    return list(found)


def absolute(base: str, href: str) -> str | None:
    """Return ``href`` as an absolute URL without its fragment, or None when it is none."""
    try:
        return urldefrag(urljoin(base, href.strip())).url
    except ValueError:
        return None
