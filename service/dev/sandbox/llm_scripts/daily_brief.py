"""The sandbox's words for a daily brief: out of the headings and lines of its facts, always the same."""

import re
from collections.abc import Sequence
from typing import Any

FACTS = re.compile(r"<facts>\n(.*)\n</facts>", re.DOTALL)
SECTION = re.compile(r"^## (.+)\n\n((?:- .+\n?)+)", re.MULTILINE)
DAY = re.compile(r"^Day: (.+?),", re.MULTILINE)
ESCAPE = re.compile(r"\\(?=[^\w\s])")
FIRST = ("Overdue", "Due today", "In hand", "In the next days", "Urgent, without a date")
MOST_FOCUS = 3
LONGEST = 100


def daily_brief(texts: Sequence[str]) -> dict[str, Any]:
    """Return title, opening, focus and closing."""
    told = "\n".join(texts)
    facts = FACTS.search(told)
    day = DAY.search(told)
    sections = {
        name: [line.removeprefix("- ") for line in lines.strip().splitlines()]
        for name, lines in SECTION.findall(facts[1] if facts else "")
    }
    todo = [line for name in FIRST for line in sections.get(name, ())]
    name, events = day[1] if day else "day", len(sections.get("Calendar", ()))
    return {
        "title": f"Your {name}: {number(len(todo), 'thing')} to do",
        "opening": f"Good morning! {name} holds {number(events, 'event')} for you.",
        "focus": [f"Begin with {plain(line)}." for line in todo[:MOST_FOCUS]],
        "closing": "Have a good day.",
    }


def plain(line: str) -> str:
    """Return a line's first part as it was before it was made Markdown."""
    return ESCAPE.sub("", line.split(" · ", maxsplit=1)[0])[:LONGEST]


def number(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
