"""What the search in the browser looks through: each heading of each page, with the words under it."""

from collections.abc import Iterable

import orjson

from service.handbook.contents import Entry
from service.handbook.markdown import Part


def index(pages: Iterable[tuple[Entry, Iterable[Part]]]) -> bytes:
    """Return the index as JSON: ``[title, [[anchor, heading, words], …], address]`` a page."""
    found = [
        [
            entry.title,
            [[p.heading.anchor, p.heading.text, " ".join(p.words)] for p in parts],
            entry.address,
        ]
        for entry, parts in pages
    ]
    return orjson.dumps(found)
