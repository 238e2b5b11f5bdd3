"""The part of ``feed_documents`` that stands on feedparser; loaded by the child that reads a feed."""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import feedparser
from lxml import html as lxml_html
from lxml.etree import LxmlError

from jobs.errors import Discard
from jobs.providers import feed as parts
from jobs.providers.feed import Enclosure, Feed, Item, line, lines, size, web_url
from jobs.providers.feed_dates import read_date
from jobs.providers.feed_source import without_half, without_prolog, without_surplus
from jobs.providers.html_text import words_of

FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
ADDRESS = re.compile(r"[<(]?(?:mailto:)?[^\s<>()]+@[^\s<>()]+[>)]?")
HEADERS = {"content-type": "application/xml; charset=utf-8"}
LONGEST_TTL = timedelta(days=1)


def read_xml(source: str, url: str) -> Feed:
    """Return a feed of XML. Raises Discard when it is none."""
    whole, cut = without_half(without_prolog(source))
    document, left_out = without_surplus(whole)
    # A stream, never the bytes themselves: those it would try as the name of a file.
    stream = io.BytesIO(document.encode("utf-8", "replace"))
    # Nor does it hear where the feed is: it would take guids for relative URLs.
    found = feedparser.parse(
        stream, response_headers=HEADERS, sanitize_html=False, resolve_relative_uris=False
    )
    if not found.version:
        raise Discard(why_not(source, url), code="not_a_feed")
    author = author_of(found.feed) if found.version.startswith("atom") else ""
    items = tuple(item_of(one, url, author) for one in found.entries[: parts.MAX_ITEMS])
    return Feed(
        format=found.version,
        title=line(words(found.feed, "title"), parts.MAX_TITLE),
        site_url=web_url(url, text(found.feed, "link")),
        language=line(text(found.feed, "language"), 35),
        items=items,
        cut=cut,
        left_out=left_out,
        fresh_for=ttl_of(text(found.feed, "ttl")),
    )


def item_of(entry: Mapping[str, Any], base: str, author: str) -> Item:
    """Return one entry; an Atom entry without an ``author`` has the feed's (RFC 4287, §4.2.1)."""
    told = next(tellings_of(entry), "")
    return Item(
        guid=line(text(entry, "id"), parts.MAX_GUID),
        url=link_of(entry, base),
        title=line(words(entry, "title"), parts.MAX_TITLE),
        summary=lines(told, parts.MAX_SUMMARY),
        author=line(author_of(entry) or author, parts.MAX_AUTHOR),
        published_at=date_of(entry),
        enclosures=tuple(enclosures_of(entry, base))[: parts.MAX_ENCLOSURES],
    )


def link_of(entry: Mapping[str, Any], base: str) -> str:
    """Return where an entry leads. A guid that only calls itself a permalink leads nowhere."""
    if original := web_url(base, text(entry, "feedburner_origlink")):
        return original
    link = text(entry, "link")
    return "" if link == text(entry, "id") and "://" not in link else web_url(base, link)


def tellings_of(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an entry says of itself, the shortest first."""
    constructs = (entry.get("summary_detail"), *(entry.get("content") or ()))
    said = (rendered(one) for one in constructs if one)
    yield from (one for one in (*said, words_of(text(entry, "summary"))) if one.strip())


def author_of(entry: Mapping[str, Any]) -> str:
    """Return who wrote it: names rather than addresses."""
    authors = [one for one in entry.get("authors") or () if one]
    if len(authors) > 1:
        return ", ".join(name for one in authors if (name := text(one, "name")))
    said = text(entry, "author")
    return ADDRESS.sub("", said).strip(" ()<>,") or said


def date_of(entry: Mapping[str, Any]) -> Any:
    """Return when it was published, else last changed."""
    said = (text(entry, name) for name in ("published", "created", "updated"))
    return next((date for one in said if one and (date := read_date(one))), None)


def enclosures_of(entry: Mapping[str, Any], base: str) -> Iterable[Enclosure]:
    """Yield an entry's enclosures and media, each URL once."""
    media = entry.get("media_content") or ()
    listed = [*(entry.get("enclosures") or ()), *media]
    known: set[str] = set()
    for one in listed:
        url = web_url(base, str(one.get("href") or one.get("url") or ""))
        if url and url not in known:
            known.add(url)
            kind = line(str(one.get("type") or ""), parts.MAX_AUTHOR).lower()
            yield Enclosure(url, kind, size(one.get("length") or one.get("filesize") or ""))


def text(thing: Mapping[str, Any], name: str) -> str:
    """Return a member that is text; feedparser's own ``get`` would put others in its place."""
    value = dict.get(thing, name) if isinstance(thing, dict) else None
    return value if isinstance(value, str) else ""


def words(thing: Mapping[str, Any], name: str) -> str:
    """Return the words of a construct that may be text or HTML."""
    detail = thing.get(f"{name}_detail")
    return rendered(detail) if detail else text(thing, name)


def rendered(construct: Mapping[str, Any]) -> str:
    """Return the words of a text construct by its type."""
    value = str(construct.get("value") or "")
    return value if construct.get("type") == "text/plain" else words_of(value)


def ttl_of(minutes: str) -> timedelta | None:
    """Return how long a feed asks to be left alone, at most a day."""
    told = minutes.strip()
    if not told.isascii() or not told.isdecimal() or len(told) > 6:  # noqa: PLR2004 - digits
        return None
    return min(timedelta(minutes=int(told)), LONGEST_TTL)


def why_not(source: str, url: str) -> str:
    """Return a sentence about what is no feed; of a page, with the feed it names."""
    if "<html" not in source[:5_000].lower():
        return "This is no feed that can be read: neither RSS nor Atom, RDF or JSON Feed."
    named = named_feed(source, url)
    return (
        f"This is a page, not a feed; it names {named} as its feed."
        if named
        else "This is a page, not a feed."
    )


def named_feed(source: str, url: str) -> str:
    """Return the first feed that a page names in its head, or ""."""
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        tree = lxml_html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (LxmlError, ValueError):
        return ""
    links = tree.xpath("//link[@href and contains(@rel, 'alternate')]")
    found = (web_url(url, link.get("href")) for link in links if link.get("type") in FEED_TYPES)
    return next((one for one in found if one), "")
