"""No link of the documentation is dead, neither at /docs nor where the files lie; every page is listed."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from service.handbook import folder
from service.handbook.contents import UNSORTED, contents
from service.handbook.markdown import Page, page_of

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
FILES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted(DOCS.glob("*.md"))]
LINK = re.compile(r"(?<!`)\[(?:[^\[\]]|\[[^\]]*\]|!\[[^\]]*\]\([^)]*\))*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
GENERATED = {"http.md", "problems.md", "realtime-reference.md"}
SERVED = ("/openapi.json", "/asyncapi.json", "/docs", "/client/", "/api/")


@cache
def page(path: Path) -> Page:
    return page_of(path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    return LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8")))


def dead(path: Path, href: str) -> bool:
    """Return whether a link of a file leads nowhere in the repository."""
    if re.match(r"[a-z]+:", href):
        return False
    if href.startswith("/"):
        return not href.startswith(SERVED)
    name, _, anchor = href.partition("#")
    target = (path.parent / name).resolve() if name else path
    if not target.exists():
        return True
    if not anchor or target.name in GENERATED:
        return False
    return anchor not in {part.heading.anchor for part in page(target).parts}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_link_is_dead(path: Path) -> None:
    assert [href for href in links(path) if dead(path, href)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_a_page_calls_a_page_is_spelt_right(path: Path) -> None:
    named = re.findall(r"`docs/([\w./-]+)`", path.read_text(encoding="utf-8"))

    assert [name for name in named if not (DOCS / name).exists()] == []


def test_every_page_has_its_line_in_the_index() -> None:
    sections = contents(folder.read("index") or "", folder.names())

    forgotten = [e.name for s in sections if s.title == UNSORTED for e in s.entries]
    assert forgotten == [], "add a line to docs/index.md: it is the order of the sidebar"


@pytest.mark.parametrize("name", folder.names())
def test_a_page_begins_with_its_one_title(name: str) -> None:
    found = page(DOCS / f"{name}.md")

    assert [part.heading.level for part in found.parts].count(1) == 1
    assert found.parts[0].heading.level == 1


@pytest.mark.parametrize("name", folder.names())
def test_headings_step_down_by_one(name: str) -> None:
    levels = [part.heading.level for part in page(DOCS / f"{name}.md").parts]

    assert all(after - before <= 1 for before, after in pairwise(levels))
