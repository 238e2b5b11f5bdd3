"""Portraits as the model writes them: only what a test is about is said."""

from typing import Any


def first(title: str = "Begin", **changed: Any) -> dict[str, Any]:
    """Return a first task."""
    told = {"title": title, "notes": "", "priority": 1, "estimate_minutes": 30, "due_in_days": 2}
    return {**told, **changed}


def idea(name: str = "Garden", *tasks: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return a suggested project."""
    words = {"description": "Beds.", "goal": "Eat from it", "reason": "You said so.", "weeks": 4}
    return {"name": name, **words, "tasks": list(tasks) or [first()], **changed}


def portrait(*ideas: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """Return a whole answer."""
    lists: dict[str, list[str]] = {name: [] for name in ("interests", "strengths", "challenges")}
    words = {"summary": "You like plants.", "role": "", "goals": ["Grow food"], "working_style": ""}
    return {**words, **lists, "hours_per_week": 4, "projects": list(ideas) or [idea()], **changed}
