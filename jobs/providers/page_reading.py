"""The part of ``articles`` that stands on trafilatura and lxml; loaded by the child that reads a page."""

import re
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

import trafilatura
from lxml import html as lxml_html
from lxml.etree import Comment, LxmlError, ProcessingInstruction, strip_elements
from trafilatura.metadata import extract_metadata

from jobs.providers.page_head import Head

OPEN_TITLE = re.compile(
    r"(<title\b[^<>]*>[^<]*)(?=<(?:title|/?head|body|meta|link|style|script|h1|p|div|center)\b)",
    re.IGNORECASE,
)
"""A title that is never closed, which would swallow the page."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page as it was found, not yet fit to keep."""

    title: str = ""
    text: str = ""
    language: str = ""
    links: tuple[str, ...] = ()
    description: str = ""
    author: str = ""
    site_name: str = ""
    canonical_url: str = ""
    published: str = ""


def read_page(source: str, url: str) -> PageRead:
    """Return what a page's HTML says; nothing of what is broken."""
    tree = parse(source)
    if tree is None:
        return PageRead()
    links = tuple(same_site_links(tree, url))
    head = Head.of(tree)
    canonical = next(iter(tree.xpath("//link[@rel='canonical']/@href")), "")
    found = extract_metadata(tree, default_url=url)
    without_scaffolding(tree)
    text = trafilatura.extract(tree, url=url, include_comments=False, include_tables=True)
    return PageRead(
        title=head.title or found.title or "",
        text=text or "",
        language=head.language or found.language or "",
        links=links,
        description=head.description or found.description or "",
        author=head.author or found.author or "",
        site_name=head.site_name,
        canonical_url=urljoin(base_of(tree, url), canonical) if canonical else "",
        published=head.published,
    )


def without_scaffolding(tree: lxml_html.HtmlElement) -> None:
    """Take out what is shown only where something is missing, and tables that are no tables."""
    strip_elements(tree, Comment, ProcessingInstruction, "noscript", "noframes", with_tail=False)
    for table in tree.xpath("//table[.//table or not(.//th) and .//td[string-length(.) > 300]]"):
        for part in (table, *table.xpath("./tr | ./tbody | ./tbody/tr | ./tr/td | ./tbody/tr/td")):
            part.tag = "div"


def parse(source: str) -> lxml_html.HtmlElement | None:
    """Return the page as a tree, or None when there is nothing in it."""
    source = OPEN_TITLE.sub(r"\1</title>", source)
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
    base = base_of(tree, url)
    found: dict[str, None] = {}
    for leading in tree.xpath("//a[@href] | //area[@href] | //frame[@src] | //iframe[@src]"):
        if "nofollow" in (leading.get("rel") or ""):
            continue
        link = absolute(base, leading.get("href") or leading.get("src"))
        if link and urlsplit(link)[:2] == urlsplit(url)[:2] and link != url:
            found[link] = None
    return list(found)


def base_of(tree: lxml_html.HtmlElement, url: str) -> str:
    """Return what a page's relative URLs are relative to."""
    return absolute(url, next(iter(tree.xpath("//base/@href")), "")) or url


def absolute(base: str, href: str) -> str | None:
    """Return ``href`` as an absolute URL without its fragment, or None when it is none."""
    try:
        return urldefrag(urljoin(base, href.strip())).url
    except ValueError:
        return None
