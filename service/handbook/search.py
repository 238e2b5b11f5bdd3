"""What the search in the browser looks through: each heading of each page, with the words under it."""

from collections.abc import Iterable

import orjson

from service.handbook.contents import Entry
from service.handbook.markdown import Page


def index(pages: Iterable[tuple[Entry, Page]]) -> bytes:
    """Return the index as JSON: ``[title, [[anchor, heading, words], …], address]`` a page."""
    found = [
        [
            entry.title,
            [[p.heading.anchor, p.heading.text, " ".join(p.words)] for p in page.parts],
            entry.address,
        ]
        for entry, page in pages
    ]
    return orjson.dumps(found)
