"""The sandbox's reader of brain dumps: one thing a line, by a few plain words.

``Project: NAME by DAY``, and what follows until an empty line belongs to it · ``done: TITLE`` ·
``drop: TITLE`` · ``move TITLE to DAY`` · anything else is a new task, ``!`` makes it urgent, ``by DAY`` or
``before DAY`` is when it is due. A day is YYYY-MM-DD, today, tomorrow or a weekday.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

DUMP = re.compile(r"<dump>\n(.*?)\n</dump>", re.DOTALL)
KNOWN = re.compile(r"^([PT]\d+): (.+?)(?: \([^()]*\))?$", re.MULTILINE)
TODAY = re.compile(r"today on: \w+, (\d{4}-\d{2}-\d{2})")
PROJECT = re.compile(r"(?:new )?project: (.+)", re.IGNORECASE)
MOVE = re.compile(r"move (.+) to (\S+)", re.IGNORECASE)
END = re.compile(r"(done|drop): (.+)", re.IGNORECASE)
DUE = re.compile(r",?\s*\b(?:by|before|due)\s+([\w-]+)\W*$", re.IGNORECASE)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST = 30


@dataclass(frozen=True, slots=True)
class Dump:
    """What the messages tell."""

    lines: Sequence[str]
    known: Mapping[str, str]
    today: date

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Dump":
        """Read messages: the first question counts, whatever came after it."""
        told = "\n".join(texts)
        text, day = DUMP.search(told), TODAY.search(told)
        known = {title.casefold(): key for key, title in KNOWN.findall(told)}
        lines = [line.strip(" -*\t") for line in text[1].splitlines()] if text else []
        return cls(lines, known, date.fromisoformat(day[1]) if day else date(2026, 1, 5))

    def day(self, word: str) -> str | None:
        """Return the day a word means."""
        word = word.casefold()
        if word in {"today", "tomorrow"}:
            return str(self.today + timedelta(days=word == "tomorrow"))
        if word in WEEKDAYS:
            ahead = (WEEKDAYS.index(word) - self.today.weekday()) % 7
            return str(self.today + timedelta(days=ahead or 7))
        try:
            return str(date.fromisoformat(word))
        except ValueError:
            return None

    def split(self, words: str) -> tuple[str, str | None]:
        """Return words without the day at their end, and the day."""
        found = DUE.search(words)
        day = self.day(found[1]) if found else None
        return (DUE.sub("", words) if day else words).strip(" .!"), day


def context(texts: Sequence[str]) -> dict[str, Any]:
    """Answer what a dump is about."""
    dump = Dump.of(texts)
    found = [PROJECT.fullmatch(line) for line in dump.lines]
    projects = [project(dump, match[1]) for match in found if match][:10]
    said = next((line for line in dump.lines if line), "nothing")
    return {
        "about": said[:200],
        "topics": [one["name"] for one in projects][:5] or [said.split()[0][:50]],
        "projects": projects,
    }


def project(dump: Dump, words: str) -> dict[str, Any]:
    """Return a project by its line."""
    name, day = dump.split(words)
    key = dump.known.get(name.casefold(), "")
    return {"project": key, "name": name[:200], "goal": "", "due_on": day}


def tasks(texts: Sequence[str]) -> dict[str, Any]:
    """Answer what there is to do."""
    dump = Dump.of(texts)
    return {"tasks": list(tasks_of(dump))[:MOST]}


def tasks_of(dump: Dump) -> Iterator[dict[str, Any]]:
    """Yield a task for each line that is one."""
    into = ""
    for line in dump.lines:
        if not line:
            into = ""
        elif found := PROJECT.fullmatch(line):
            into = dump.split(found[1])[0][:200]
        else:
            yield task(dump, line, into)


def task(dump: Dump, line: str, into: str) -> dict[str, Any]:
    """Return a task by its line."""
    if found := END.fullmatch(line):
        action = "complete" if found[1].casefold() == "done" else "drop"
        return known(dump, action, found[2].strip(" .!"), None)
    if found := MOVE.fullmatch(line.rstrip(".!")):
        return known(dump, "update", found[1], dump.day(found[2]))
    title, day = dump.split(line)
    return {
        "action": "create",
        "task": "",
        "title": (title or line)[:300],
        "project": into,
        "due_on": day,
        "priority": 3 if "!" in line else None,
        "notes": "",
    }


def known(dump: Dump, action: str, title: str, day: str | None) -> dict[str, Any]:
    """Return what is said of a task that is there already."""
    return {
        "action": action,
        "task": dump.known.get(title.casefold(), ""),
        "title": title[:300],
        "project": "",
        "due_on": day,
        "priority": None,
        "notes": "",
    }
