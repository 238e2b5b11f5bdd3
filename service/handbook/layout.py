"""The whole page around a text: the bar, the sidebar, the table of contents, the way on."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from service.handbook.contents import Entry, Section
from service.handbook.markdown import Heading, Page

STYLES: Final = ("handbook", "text", "code", "search", "print")
SHELL: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{summary}">
<link rel="icon" href="/dashboard/icon.svg">
{styles}
<script type="module" src="/docs/page/handbook.js"></script>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header class="top">
<button class="open" type="button" popovertarget="sidebar" aria-label="All pages">☰</button>
<a class="brand" href="/docs"><img src="/dashboard/icon.svg" alt="" width="22" height="22">Jobcast</a>
<div id="search" class="search" hidden></div>
<nav class="ways" aria-label="Product"><a href="/docs/http">API</a> <a href="/">Dashboard</a></nav>
</header>
<div class="frame">
<nav id="sidebar" class="sidebar" popover aria-label="Pages">
{sidebar}
</nav>
<main id="text" class="text" tabindex="-1">
{text}
{way_on}
</main>
{on_this_page}
</div>
</body>
</html>
"""


def laid_out(
    page: Page,
    sections: Sequence[Section],
    *,
    here: str,
    around: tuple[Entry | None, Entry | None] = (None, None),
) -> str:
    """Return the document of ``page``, which is at the address ``here``, between its neighbours."""
    title = "Jobcast" if here == "/docs" else f"{page.title} – Jobcast"
    return SHELL.format(
        title=escape(title),
        summary=escape(page.summary, quote=True),
        styles="\n".join(f'<link rel="stylesheet" href="/docs/page/{s}.css">' for s in STYLES),
        sidebar="\n".join(_section(section, here) for section in sections),
        text=page.html,
        way_on=_way_on(*around),
        on_this_page=_on_this_page(page.headings),
    )


def _section(section: Section, here: str) -> str:
    links = "\n".join(f"<li>{_link(entry, here)}</li>" for entry in section.entries)
    return f'<p class="heading">{escape(section.title)}</p>\n<ul>\n{links}\n</ul>'


def _link(entry: Entry, here: str) -> str:
    current = ' aria-current="page"' if entry.address == here else ""
    return f'<a href="{entry.address}"{current}>{escape(entry.title)}</a>'


def _way_on(before: Entry | None, after: Entry | None) -> str:
    steps = [("prev", "Before this", before), ("next", "Read on", after)]
    links = [
        f'<a class="{rel}" rel="{rel}" href="{entry.address}"><small>{words}</small> '
        f"{escape(entry.title)}</a>"
        for rel, words, entry in steps
        if entry is not None
    ]
    return (
        f'<nav class="way-on" aria-label="Next to this page">{"".join(links)}</nav>'
        if links
        else ""
    )


def _on_this_page(headings: Iterable[Heading]) -> str:
    items = [
        f'<li class="level-{h.level}"><a href="#{escape(h.anchor)}">{escape(h.text)}</a></li>'
        for h in headings
    ]
    listed = "\n".join(items)
    if len(items) < 2:  # noqa: PLR2004 - one heading needs no list
        return ""
    return (
        '<nav class="contents" aria-label="On this page"><p class="heading">On this page</p>\n'
        f"<ul>\n{listed}\n</ul></nav>"
    )
