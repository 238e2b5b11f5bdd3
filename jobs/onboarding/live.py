"""A portrait as people read it while it streams in: what it says of them, then project by project."""

from collections.abc import Iterator, Mapping
from typing import Any

USUAL = 1_500
"""Characters people usually read of a portrait; only the progress bar depends on it."""
LISTS = {
    "goals": "Goals",
    "interests": "Interests",
    "strengths": "Strengths",
    "challenges": "Challenges",
}


def parts(portrait: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is said so far, each part under its name; only the last one may grow."""
    for name, value in portrait.items():
        if name in {"summary", "working_style"} and isinstance(value, str) and value:
            yield name.replace("_", " "), value
        elif name in LISTS and isinstance(value, list) and value:
            yield name, f"{LISTS[name]}: {'; '.join(map(str, value))}"
        elif name == "projects" and isinstance(value, list):
            yield from projects(value)


def projects(found: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield each project as far as it is written."""
    for number, project in enumerate(found, start=1):
        if isinstance(project, dict) and project.get("name"):
            yield f"project {number}", "\n".join(lines(project))


def lines(project: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a project says so far, in the order it is asked for."""
    yield f"## {project['name']}"
    for name in ("description", "reason"):
        if isinstance(told := project.get(name), str) and told:
            yield told
    tasks = project.get("tasks")
    for task in tasks if isinstance(tasks, list) else ():
        if isinstance(task, dict) and task.get("title"):
            yield f"- {task['title']}"
