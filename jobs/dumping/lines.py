"""What was found, a line each, as people read it while it streams in."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from jobs.dumping.found import ProjectFound, TaskFound, on_one_line
from jobs.kept.brain_dumps import Part

SIGNS = {"create": "+", "update": "~", "complete": "✓", "drop": "✗"}
PRIORITIES = ("low", "normal", "high", "urgent")
NORMAL: Final = 1


def lines_of(part: Part, found: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each thing that was found; what does not fit (yet) has none."""
    if part == "tasks":
        for item in items(found, "tasks", TaskFound):
            yield task_line(item)
        return
    if isinstance(about := found.get("about"), str) and about:
        yield f"About: {on_one_line(about)}"
    for topic in strings(found, "topics"):
        yield f"Topic: {topic}"
    for item in items(found, "projects", ProjectFound):
        yield f"Project: {item.name}{due(item.due_on)}"


def items(found: Mapping[str, Any], name: str, shape: Any) -> Iterator[Any]:
    """Yield the items of a list that have their shape."""
    for item in as_list(found, name):
        try:
            yield shape.model_validate(item)
        except ValidationError:
            continue


def strings(found: Mapping[str, Any], name: str) -> Iterator[str]:
    """Yield the texts in a list, a line each."""
    yield from (on_one_line(one) for one in as_list(found, name) if isinstance(one, str) and one)


def as_list(found: Mapping[str, Any], name: str) -> Sequence[Any]:
    """Return a member if it is a list."""
    value = found.get(name)
    return value if isinstance(value, list) else ()


def task_line(task: TaskFound) -> str:
    """Return one thing to do."""
    if task.action in {"complete", "drop"}:
        return f"{SIGNS[task.action]} {task.title}"
    return f"{SIGNS[task.action]} {task.title}{due(task.due_on)}{urgency(task.priority)}"


def due(day: date | None) -> str:
    """Return the end of a line that says when something is due."""
    return f" · due {day}" if day else ""


def urgency(priority: int | None) -> str:
    """Return the end of a line that says how urgent something is, when it is not as usual."""
    return "" if priority in {None, NORMAL} else f" · {PRIORITIES[priority or 0]}"
