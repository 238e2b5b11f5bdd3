"""One Markdown file as a page: HTML without inline style, its headings, and its text for the search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final

from service.handbook.anchors import Anchors
from service.handbook.rules import RULES
from service.handbook.words import spoken

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

DEEPEST_IN_CONTENTS: Final = 3
LONGEST_SUMMARY: Final = 160


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: how deep, what it says, and where it can be jumped to."""

    level: int
    text: str
    anchor: str


@dataclass(slots=True)
class Part:
    """What stands under one heading, as words."""

    heading: Heading
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Page:
    """A page, ready to be laid out."""

    title: str
    html: str
    parts: tuple[Part, ...]

    @property
    def headings(self) -> list[Heading]:
        """Return what its table of contents lists."""
        found = (part.heading for part in self.parts)
        return [h for h in found if 1 < h.level <= DEEPEST_IN_CONTENTS]

    @property
    def summary(self) -> str:
        """Return its first words, for whoever links to it."""
        words = " ".join(" ".join(part.words) for part in self.parts[:1])
        if len(words) <= LONGEST_SUMMARY:
            return words
        return words[:LONGEST_SUMMARY].rpartition(" ")[0] + " …"


def page_of(text: str) -> Page:
    """Return the page that ``text`` describes. HTML in it stays text."""
    tokens = renderer().parse(text)
    parts = tuple(_parts(tokens))
    html = renderer().renderer.render(tokens, renderer().options, {})
    title = next((part.heading.text for part in parts if part.heading.level == 1), "Jobcast")
    return Page(title, html, parts)


def parts_of(text: str) -> list[Part]:
    """Return the parts of a page without drawing it."""
    return list(_parts(renderer().parse(text)))


@cache
def renderer() -> "MarkdownIt":
    """Return what renders Markdown; loaded by the first page, for most processes never show one."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see above

    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    for name, rule in RULES.items():
        made.add_render_rule(name, rule)
    return made


def _parts(tokens: Sequence["Token"]) -> Iterator[Part]:
    """Yield the page cut at its headings; gives each heading its anchor on the way."""
    anchors = Anchors()
    part = Part(Heading(1, "", ""))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == "heading_open":
            if part.heading.text or part.words:
                yield part
            words = spoken(token)
            heading = Heading(int(before.tag[1]), words, anchors.name(words))
            before.attrs["id"] = heading.anchor
            part = Part(heading)
        elif token.type == "inline":
            part.words.append(spoken(token))
        elif token.type == "fence":
            part.words.append(" ".join(token.content.split()))
    yield part
