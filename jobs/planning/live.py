"""A plan as people read it while it streams in: phases with their days, tasks below them."""

from collections.abc import Iterator, Mapping
from typing import Any

USUAL_PHASE = 450
"""Characters people usually read of a phase; only the progress bar depends on it."""


def parts(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each phase as far as it is written; only the last one may grow."""
    phases = plan.get("phases")
    for number, phase in enumerate(phases if isinstance(phases, list) else (), start=1):
        if isinstance(phase, dict) and phase.get("name"):
            yield f"phase {number}", "\n".join(lines(phase))


def lines(phase: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a phase says so far, in the order it is asked for."""
    yield f"## {phase['name']}"
    if isinstance(goal := phase.get("goal"), str) and goal:
        yield goal
    if "starts_on" in phase:
        yield f"{phase['starts_on']}" + (f" – {phase['due_on']}" if "due_on" in phase else "")
    tasks = phase.get("tasks")
    for task in tasks if isinstance(tasks, list) else ():
        if isinstance(task, dict) and task.get("title"):
            yield f"- {task['title']}" + (f" ({task['due_on']})" if "depends_on" in task else "")
