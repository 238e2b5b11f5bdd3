"""What a page's head says about it: ``meta`` names, Open Graph, JSON-LD. For ``page_reading``."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from lxml import html as lxml_html

DESCRIPTION = ("description", "og:description", "twitter:description", "dc.description")
AUTHOR = ("author", "article:author", "dc.creator", "parsely-author", "twitter:creator")
SITE_NAME = ("og:site_name", "application-name")
PUBLISHED = (
    "article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dcterms.created",
    "parsely-pub-date",
    "pubdate",
)
LARGEST_JSON = 200_000
DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Head:
    """What was said, in the page's own words."""

    title: str
    language: str
    description: str
    author: str
    site_name: str
    published: str

    @classmethod
    def of(cls, tree: lxml_html.HtmlElement) -> "Head":
        """Read the whole tree: much of what belongs into a head stands elsewhere."""
        said = named(tree)
        things = list(linked_data(tree))
        times = tree.xpath("//*[@itemprop='datePublished']/@datetime | //time[@pubdate]/@datetime")
        return cls(
            title=said.get("og:title") or title_of(tree),
            language=language_of(tree),
            description=first(said, DESCRIPTION),
            author=author_of(said, things),
            site_name=first(said, SITE_NAME),
            published=first(said, PUBLISHED)
            or text_in(things, "datePublished")
            or next(iter(times), ""),
        )


def title_of(tree: lxml_html.HtmlElement) -> str:
    """Return the page's only heading of the first rank, else its whole title."""
    headings = [text for h1 in tree.xpath("//h1") if (text := " ".join(h1.text_content().split()))]
    return (
        headings[0] if len(headings) == 1 else " ".join((tree.findtext(".//title") or "").split())
    )


def language_of(tree: lxml_html.HtmlElement) -> str:
    """Return the language the page says it is in, "" when it does not."""
    said = tree.xpath(
        "/html/@lang | /html/@*[name()='xml:lang'] | /html/body/@lang"
        " | //meta[translate(@http-equiv, 'CL', 'cl')='content-language']/@content"
    )
    return next((one.strip() for one in said if one.strip()), "")


def named(tree: lxml_html.HtmlElement) -> dict[str, str]:
    """Return the contents of ``meta`` by name, property or itemprop in lower case; the first counts."""
    said: dict[str, str] = {}
    for meta in tree.xpath("//meta[@content]"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        content = meta.get("content").strip()
        if content:
            said.setdefault(name.strip().lower(), content)
    return said


def first(said: dict[str, str], names: tuple[str, ...]) -> str:
    """Return what the first of ``names`` that is there says."""
    return next((said[name] for name in names if name in said), "")


def author_of(said: dict[str, str], things: list[dict[str, Any]]) -> str:
    """Return who wrote it; a profile's URL is no name."""
    named_by = (said.get(name, "") for name in AUTHOR)
    meta = next((one for one in named_by if one and "://" not in one), "")
    return meta or next((name for thing in things if (name := name_of(thing.get("author")))), "")


def name_of(author: object) -> str:
    """Return an author's name out of JSON-LD: a text, a thing with a name, or several of them."""
    if isinstance(author, list):
        return ", ".join(name for one in author if (name := name_of(one)))
    if isinstance(author, dict):
        author = author.get("name")
    return author if isinstance(author, str) and "://" not in author else ""


def text_in(things: list[dict[str, Any]], name: str) -> str:
    """Return the first thing's member that is a text."""
    return next((thing[name] for thing in things if isinstance(thing.get(name), str)), "")


def linked_data(tree: lxml_html.HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the things a page's JSON-LD names; none of what is broken."""
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        if len(script) > LARGEST_JSON:
            continue
        try:
            yield from things_of(orjson.loads(str(script)), DEEPEST)
        except orjson.JSONDecodeError:
            continue


def things_of(value: object, depth: int) -> Iterator[dict[str, Any]]:
    """Yield a thing, or those of a list or a graph."""
    if depth and isinstance(value, list):
        for one in value:
            yield from things_of(one, depth - 1)
    elif isinstance(value, dict):
        yield value
        yield from things_of(value.get("@graph") or [], depth - 1)
