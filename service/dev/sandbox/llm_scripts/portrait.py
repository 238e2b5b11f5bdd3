"""The sandbox's answer to ``onboarding_analysis``: what was answered, and a project for each wish."""

import re
from collections.abc import Sequence
from typing import Any

from service.dev.sandbox.llm_writer import cut, sentence

ANSWER = re.compile(r"^Question: (.+)\nAnswer: (.+)", re.MULTILINE)
WISH = re.compile(r"\b(goals?|want|wish|like to|achieve|dream|get done|plan)\b", re.IGNORECASE)
STANDING = re.compile(r"^- (.+)$", re.MULTILINE)
HOURS = re.compile(r"\b(\d{1,2}) ?(?:h\b|hours?)", re.IGNORECASE)
MOST = re.compile(r"at most (\d+), the best first")
PARTS = re.compile(r",| and |;|\.\s")
STEPS = ("Write down what is needed for it", "Take half an hour for a first try", "Tell somebody")


def portrait(texts: Sequence[str]) -> dict[str, Any]:
    """Return a portrait of what the messages tell."""
    told = "\n".join(texts)
    answers = [(asked, said) for asked, said in ANSWER.findall(told) if said.strip()]
    wishes = [said for asked, said in answers if WISH.search(asked)] or [answers[0][1]]
    goals = [
        cut(part.strip(), 100) for wish in wishes for part in PARTS.split(wish) if part.strip()
    ]
    hours = HOURS.search("\n".join(said for _, said in answers))
    most = MOST.search(told)
    known = {name.casefold() for name in STANDING.findall(told.partition("<standing>")[2])}
    names = {name.casefold(): name for goal in goals if (name := named(goal))}
    fresh = [name for folded, name in names.items() if folded not in known]
    chosen = fresh[: int(most[1]) if most else 3] or ["A quiet week"]
    return {
        "summary": cut(" ".join(f"You said: {sentence(said)}" for _, said in answers), 900),
        "role": "",
        "goals": goals[:10],
        "interests": [],
        "strengths": [],
        "challenges": [],
        "working_style": "",
        "hours_per_week": min(max(int(hours[1]), 1), 99) if hours else None,
        "projects": [project(name) for name in chosen],
    }


def named(goal: str) -> str:
    """Return a goal as a project's name."""
    return cut(goal[:1].upper() + goal[1:].rstrip(". "), 80)


def project(name: str) -> dict[str, Any]:
    """Return a project of four weeks with small first steps."""
    tasks = [
        {
            "title": f"{step}: {name}",
            "notes": "",
            "priority": 2 if number == 0 else 1,
            "estimate_minutes": 30,
            "due_in_days": 2 + 3 * number,
        }
        for number, step in enumerate(STEPS)
    ]
    return {
        "name": name,
        "description": f"A small beginning with this: {name}.",
        "goal": f"After four weeks you know whether you go on with it: {name}.",
        "reason": f"You named it yourself: {name}.",
        "weeks": 4,
        "tasks": tasks,
    }
