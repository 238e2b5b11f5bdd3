"""The sandbox's answer to ``phase_generation``: the days it is told, cut into phases that fit them."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from service.dev.sandbox.llm_writer import cut

NAME = re.compile(r"^Name: (.+)$", re.MULTILINE)
GOAL = re.compile(r"^Goal: (.+)$", re.MULTILINE)
DAY = re.compile(r"^(First|Last) day: (\d{4}-\d\d-\d\d)", re.MULTILINE)
MOST = re.compile(r"At most (\d+) phases")
LONGEST = re.compile(r"at most (\d+) days")
STAGES = (
    (
        "Understand",
        "It is clear what is wanted",
        "Write down what is wanted",
        "Ask those it is for",
    ),
    ("Prepare", "All that is needed is at hand", "List what is needed", "Get what is missing"),
    ("Begin", "A first part can be shown", "Make the first part", "Show it to somebody"),
    ("Build", "All parts are there", "Make the other parts", "Put them together"),
    ("Finish", "Nothing is left to do", "Try all of it", "Mend what is broken"),
)
USUAL_DAYS = 14


def project_plan(texts: Sequence[str]) -> dict[str, Any]:
    """Return a plan of what the messages tell; each task waits for the one before."""
    told = "\n".join(texts)
    about, goal = cut(found(NAME, told, "the project"), 80), found(GOAL, told, "")
    spans = list(cuts(told))
    phases, before = [], ""
    for number, days in enumerate(spans):
        title, aim, *work = STAGES[number * len(STAGES) // len(spans)]
        tasks = [
            task(f"t{number * len(work) + n}", f"{what}: {about}", days, before)
            for n, what in enumerate(work, start=1)
        ]
        for earlier, later in pairwise(tasks):
            later["depends_on"] = [earlier["key"]]
        before = tasks[-1]["key"]
        name = f"{title} ({number + 1})" if len(spans) > len(STAGES) else title
        phases.append(phase(name, f"{aim}. {goal}".strip(), days, tasks))
    return {"phases": phases}


def phase(
    name: str, goal: str, days: tuple[date, date], tasks: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a phase."""
    return {
        "name": name,
        "goal": goal,
        "starts_on": str(days[0]),
        "due_on": str(days[1]),
        "tasks": tasks,
    }


def task(key: str, title: str, days: tuple[date, date], before: str) -> dict[str, Any]:
    """Return a task that is due at the end of its phase."""
    return {
        "key": key,
        "title": title,
        "notes": "",
        "priority": 2 if before else 3,
        "estimate_minutes": 90,
        "starts_on": None,
        "due_on": str(days[1]),
        "depends_on": [before] if before else [],
    }


def cuts(told: str) -> Iterator[tuple[date, date]]:
    """Yield the days of each phase, one behind the other, all of the same length."""
    days = {which: date.fromisoformat(day) for which, day in DAY.findall(told)}
    total = (days["Last"] - days["First"]).days + 1
    longest = int(found(LONGEST, told, "0")) or (USUAL_DAYS if "nobody has said" in told else 0)
    wanted = -(-total // longest) if longest else len(STAGES)
    count = min(int(found(MOST, told, "1")), total, wanted)
    length = min(total // count, longest or total)
    for number in range(count):
        begin = days["First"] + timedelta(days=number * length)
        yield begin, begin + timedelta(days=length - 1)


def found(pattern: re.Pattern[str], told: str, otherwise: str) -> str:
    """Return what a pattern finds."""
    hit = pattern.search(told)
    return hit[1] if hit else otherwise
