"""All pages of one process: rendered when they are first asked for, then kept with their ETags."""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from service.documents import Json
from service.handbook import folder, search
from service.handbook.audited import audited
from service.handbook.contents import Entry, Section, contents, neighbours
from service.handbook.folder import GENERATED, INDEX
from service.handbook.http import HttpReference
from service.handbook.layout import laid_out
from service.handbook.markdown import Part, page_of, parts_of
from service.handbook.messages import realtime_reference
from service.handbook.problems import problems

HTML: Final = "text/html"
MISSING: Final = """# There is no such page

Nothing is at this address. {guess}Look for it in the search above, or begin at the [overview](/docs).
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent, plain and packed; ``etag`` names this very content."""

    plain: bytes
    packed: bytes
    etag: str
    media_type: str = HTML


class Handbook:
    """The pages of ``docs/`` and the ones made of the two documents.

    Several threads may use it: at worst one makes what another is making.
    """

    def __init__(self, http: HttpReference, asyncapi: Callable[[], Json]) -> None:
        self._http = http
        self._made = {
            GENERATED: http.overview,
            "realtime-reference": lambda: realtime_reference(asyncapi()),
            "problems": problems,
            "audit": audited,
        }
        self._sections = contents(folder.read(INDEX) or "", folder.names())
        self._kept: dict[str, Content] = {}

    def page(self, name: str) -> Content | None:
        """Return the page ``name`` of ``docs/``; None when there is none."""
        return self._once(f"page/{name}", lambda: self._page(name))

    def source(self, name: str) -> Content | None:
        """Return the Markdown of a page, generated parts and all."""
        return self._once(f"source/{name}", lambda: self._source(name))

    def resource(self, name: str) -> Content | None:
        """Return the reference of one resource of the HTTP API."""
        return self._once(f"http/{name}", lambda: self._resource(name))

    def index(self) -> Content:
        """Return what the search looks through."""
        made = self._once("index", lambda: packed(search.index(self._parts()), "application/json"))
        assert made is not None  # noqa: S101 - it is always made
        return made

    def missing(self, name: str) -> Content:
        """Return the page that is shown instead of one that is not there; it is not kept."""
        near = get_close_matches(name, folder.names(), n=1)
        guess = f"Did you mean [{near[0]}](/docs/{near[0]})? " if near else ""
        return packed(
            laid_out(page_of(MISSING.format(guess=guess)), self._sections, here="").encode()
        )

    def _once(self, key: str, make: Callable[[], Content | None]) -> Content | None:
        if key not in self._kept:
            made = make()
            if made is None:
                return None
            self._kept[key] = made
        return self._kept[key]

    def _text(self, name: str) -> str | None:
        text = folder.read(name)
        if text is None:
            return None
        return text + (self._made[name]() if name in self._made else "")

    def _page(self, name: str) -> Content | None:
        text = self._text(name)
        if text is None:
            return None
        around = neighbours(self._sections, name)
        here = Entry("", name).address
        sections = self._opened() if name == GENERATED else self._sections
        return packed(laid_out(page_of(text), sections, here=here, around=around).encode())

    def _source(self, name: str) -> Content | None:
        text = self._text(name)
        return None if text is None else packed(text.encode(), "text/markdown")

    def _resource(self, name: str) -> Content | None:
        text = self._http.page(name)
        if text is None:
            return None
        here = self._resource_entry(name)
        back = Entry("The HTTP API", GENERATED)
        document = laid_out(page_of(text), self._opened(), here=here.address, around=(back, None))
        return packed(document.encode())

    def _opened(self) -> tuple[Section, ...]:
        """Return the sections with a page for each resource, for those who read the reference."""
        entries = tuple(self._resource_entry(name) for name in self._http.resources)
        return (*self._sections, Section("HTTP API", entries))

    def _resource_entry(self, name: str) -> Entry:
        return Entry(name.replace("-", " ").capitalize(), f"{GENERATED}/{name}")

    def _parts(self) -> Iterator[tuple[Entry, list[Part]]]:
        for section in self._sections:
            for entry in section.entries:
                yield entry, parts_of(self._text(entry.name) or "")
        for name in self._http.resources:
            yield self._resource_entry(name), parts_of(self._http.page(name) or "")


def packed(content: bytes, media_type: str = HTML) -> Content:
    """Return ``content`` as it is sent."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Content(content, gzip.compress(content, 6, mtime=0), etag, media_type)
