"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), read leniently."""

import json
from collections.abc import Iterable
from typing import Any

import orjson

from jobs.errors import Discard
from jobs.providers import feed as parts
from jobs.providers.feed import Enclosure, Feed, Item, line, lines, newest, size, web_url
from jobs.providers.feed_dates import read_date
from jobs.providers.html_text import words_of

VERSION = "https://jsonfeed.org/version/"


def read_json(source: str, url: str) -> Feed:
    """Return a JSON Feed. Raises Discard for other JSON, and for what is none."""
    document = parsed(source)
    version = text_at(document, "version").replace("http://", "https://").replace("//www.", "//")
    if not isinstance(document, dict) or not version.startswith(VERSION):
        raise Discard("This is JSON, but no JSON Feed.", code="not_a_feed")
    site = web_url(url, text_at(document, "home_page_url"))
    author = ", ".join(authors_of(document))
    found = [
        item_of(item, url, author) for item in things_at(document, "items")[: parts.MAX_ITEMS * 20]
    ]
    items, left_out = newest(found)
    return Feed(
        format="json11" if version.rstrip("/").endswith("1.1") else "json1",
        title=line(text_at(document, "title"), parts.MAX_TITLE),
        site_url=site,
        language=line(text_at(document, "language"), 35),
        items=items,
        left_out=left_out,
    )


def parsed(source: str) -> Any:
    """Return JSON; half a letter or a bare line break in a text does not spoil the rest."""
    try:
        return orjson.loads(source)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(source, strict=False)
    except (ValueError, RecursionError) as error:
        raise Discard("The JSON of the feed is broken.", code="not_a_feed") from error


def item_of(item: dict[str, Any], base: str, author: str) -> Item:
    """Return one item. Its id may be a number, which the standard asks readers to take as text."""
    told = text_at(item, "summary") or text_at(item, "content_text")
    words = told or words_of(text_at(item, "content_html"))
    dates = (read_date(text_at(item, name)) for name in ("date_published", "date_modified"))
    return Item(
        guid=line(text_at(item, "id"), parts.MAX_GUID),
        url=web_url(base, text_at(item, "url")) or web_url(base, text_at(item, "external_url")),
        title=line(text_at(item, "title"), parts.MAX_TITLE),
        summary=lines(words, parts.MAX_SUMMARY),
        author=line(", ".join(authors_of(item)) or author, parts.MAX_AUTHOR),
        published_at=next((date for date in dates if date), None),
        enclosures=tuple(enclosures_of(item, base))[: parts.MAX_ENCLOSURES],
    )


def authors_of(item: dict[str, Any]) -> Iterable[str]:
    """Yield the names of 1.1's ``authors``, else of 1.0's ``author``."""
    authors: list[Any] = [*things_at(item, "authors")] or [item.get("author")]
    for author in authors:
        if name := text_at(author, "name"):
            yield name


def enclosures_of(item: dict[str, Any], base: str) -> Iterable[Enclosure]:
    """Yield an item's attachments."""
    for attachment in things_at(item, "attachments"):
        if url := web_url(base, text_at(attachment, "url")):
            kind = line(text_at(attachment, "mime_type"), parts.MAX_AUTHOR)
            yield Enclosure(url, kind, size(attachment.get("size_in_bytes")))


def text_at(thing: object, name: str) -> str:
    """Return a member that is a text or a number, "" for all else."""
    value = thing.get(name) if isinstance(thing, dict) else None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def things_at(thing: object, name: str) -> list[dict[str, Any]]:
    """Return the objects of a member that is a list, and nothing of what is none."""
    value = thing.get(name) if isinstance(thing, dict) else None
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
