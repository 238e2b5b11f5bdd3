"""The reading order of the pages: what ``docs/index.md`` lists under its headings, and nothing else.

So a new page is one line there, and the list is the same on a code host as in the sidebar.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from service.handbook.folder import INDEX

HEADING: Final = re.compile(r"^## (.+)$")
ITEM: Final = re.compile(r"^[-*] \[([^\]]+)\]\((\w[\w-]*)\.md\)")
START: Final = "Start"
UNSORTED: Final = "More"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the sidebar."""

    title: str
    name: str

    @property
    def address(self) -> str:
        """Return where it is."""
        return "/docs" if self.name == INDEX else f"/docs/{self.name}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the sidebar, and the pages under it."""

    title: str
    entries: tuple[Entry, ...]


def contents(index: str, names: Iterable[str]) -> tuple[Section, ...]:
    """Return the sections of ``index`` with the pages that exist; what it forgot stands at the end."""
    there = set(names)
    found: list[tuple[str, list[Entry]]] = [(START, [Entry("Overview", INDEX)])]
    for line in index.splitlines():
        if heading := HEADING.match(line):
            found.append((heading[1], []))
        elif (item := ITEM.match(line)) and item[2] in there:
            found[-1][1].append(Entry(item[1], item[2]))
    listed = {entry.name for _, entries in found for entry in entries}
    forgotten = [Entry(spoken(name), name) for name in sorted(there - listed)]
    sections = [*found, (UNSORTED, forgotten)]
    return tuple(Section(title, tuple(entries)) for title, entries in sections if entries)


def spoken(name: str) -> str:
    """Return the title that a name makes."""
    return name.replace("-", " ").capitalize()


def neighbours(sections: Sequence[Section], name: str) -> tuple[Entry | None, Entry | None]:
    """Return the pages before and after ``name`` in reading order."""
    ordered = [None, *(entry for section in sections for entry in section.entries), None]
    for before, (here, after) in zip(ordered, pairwise(ordered[1:]), strict=False):
        if here is not None and here.name == name:
            return before, after
    return None, None
