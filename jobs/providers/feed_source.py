"""A feed's XML made fit to parse, by its text alone: no entities, no half items, no more than are kept."""

import re

from jobs.providers.feed import MAX_ITEMS
from jobs.providers.feed_dates import read_date

DECLARATION = re.compile(r"<\?xml\b[^>]*\?>")
DOCTYPE = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
PROLOG = 100_000
TAIL = 1_000
CLOSING = re.compile(r"</(?:\w+:)?(?:rss|rdf|feed)\s*>", re.IGNORECASE)
BEGINNING = re.compile(r"<(?:\w+:)?(?:item|entry)(?:\s[^<>]*)?(?<!/)>", re.IGNORECASE)
ENDING = re.compile(r"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
DATE = re.compile(
    r"<(?:\w+:)?(?:pubDate|published|issued|date|updated|modified)\b[^<>]{0,200}>\s*"
    r"(?:<!\[CDATA\[)?([^<>]{4,100}?)(?:\]\]>)?\s*</",
    re.IGNORECASE,
)
Span = tuple[int, int]


def without_prolog(source: str) -> str:
    """Return a document without its declarations.

    What was decoded is no longer in the encoding it names; an entity that was never declared cannot grow,
    nor fetch anything.
    """
    source = DECLARATION.sub("", source, count=1)
    found = DOCTYPE.search(source, 0, PROLOG)
    if found is None:
        return source
    ends = source.find(">", found.end())
    opened = source.find("[", found.end(), ends if ends >= 0 else None)
    if opened >= 0:
        ends = source.find(">", source.find("]", opened))
    return source[: found.start()] + (source[ends + 1 :] if ends >= 0 else "")


def without_half(source: str) -> tuple[str, bool]:
    """Return a document up to its last whole item, and whether half of one was cut off.

    Half an item has half an identity: it would come a second time when the document is whole again. A
    document that comes to its end is only sloppy.
    """
    if CLOSING.search(source, max(len(source) - TAIL, 0)):
        return source, False
    last = 0
    for match in ENDING.finditer(source):
        last = match.end()
    begun = BEGINNING.search(source, last)
    return (source[: begun.start()], True) if begun else (source, False)


def without_surplus(source: str) -> tuple[str, int]:
    """Return a document with as many items as are kept, and how many were left out.

    Left out are the oldest, or those at the end when not every item says how old it is.
    """
    spans = item_spans(source)
    if len(spans) <= MAX_ITEMS:
        return source, 0
    ages = [age for span in spans if (age := date_in(source, span)) is not None]
    places = list(range(len(spans)))
    if len(ages) == len(spans):
        places.sort(key=ages.__getitem__, reverse=True)
    kept = [spans[place] for place in sorted(places[:MAX_ITEMS])]
    items = "".join(source[start:end] for start, end in kept)
    return source[: spans[0][0]] + items + source[spans[-1][1] :], len(spans) - MAX_ITEMS


def item_spans(source: str) -> list[Span]:
    """Return where each item begins and ends."""
    spans: list[Span] = []
    last = 0
    for ending in ENDING.finditer(source):
        begun = BEGINNING.search(source, last, ending.start())
        if begun:
            spans.append((begun.start(), ending.end()))
        last = ending.end()
    return spans


def date_in(source: str, span: Span) -> float | None:
    """Return when an item says it was published, in seconds since 1970."""
    found = DATE.search(source, *span)
    date = read_date(found[1]) if found else None
    return date.timestamp() if date else None
