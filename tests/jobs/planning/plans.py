"""Plans and rows as the tests need them: only what a test is about is said."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from jobs.kept.phases import PhaseRow
from jobs.kept.projects import ProjectRow
from jobs.kept.tasks import TaskRow
from jobs.planning.plan import Plan

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = UUID(int=1)
JOB = UUID(int=2)


def day(number: int) -> str:
    """Return a day, counted from the first of January 2026."""
    return str(date(2026, 1, 1) + timedelta(days=number - 1))


def task(key: str, due: int, *before: str, **changed: Any) -> dict[str, Any]:
    """Return a task as the model writes it."""
    told = {"key": key, "title": f"Do {key}", "notes": "", "priority": 1, "estimate_minutes": 30}
    return {**told, "starts_on": None, "due_on": day(due), "depends_on": list(before), **changed}


def phase(name: str, first: int, last: int, *tasks: dict[str, Any]) -> dict[str, Any]:
    """Return a phase as the model writes it; without tasks it has one, due at its end."""
    work = list(tasks) or [task(name, last)]
    return {
        "name": name,
        "goal": "Done",
        "starts_on": day(first),
        "due_on": day(last),
        "tasks": work,
    }


def plan_of(*phases: dict[str, Any]) -> Plan:
    return Plan.model_validate({"phases": list(phases)})


def project_row(starts_on: date | None = None, due_on: date | None = None) -> ProjectRow:
    words = ("A garden", "Beds and a pond.", "Eat from it")
    kept = (PROJECT, "acme", "anna", *words, "active", starts_on, due_on, None, 1)
    return ProjectRow(*kept, MOMENT, MOMENT)


def phase_row(number: int, **changed: Any) -> PhaseRow:
    first = date(2026, 1, 1)
    kept = {"id": UUID(int=100 + number), "org_id": "acme", "user_id": "anna", "name": f"P{number}"}
    days = {"starts_on": first, "due_on": first, "position": number, "created_at": MOMENT}
    told = {"project_id": PROJECT, "goal": "", "status": "open", "job_id": JOB, "version": 1}
    return PhaseRow(**{**kept, **days, **told, "updated_at": MOMENT, **changed})


def task_row(number: int, phase_number: int | None = None, **changed: Any) -> TaskRow:
    kept = {
        "id": UUID(int=200 + number),
        "org_id": "acme",
        "user_id": "anna",
        "title": f"T{number}",
    }
    of = {"project_id": PROJECT, "phase_id": phase_number and UUID(int=100 + phase_number)}
    told = {"notes": "", "status": "open", "priority": 1, "starts_on": None, "due_on": None}
    more: dict[str, Any] = {
        "estimate_minutes": None,
        "depends_on": [],
        "position": number,
        "completed_at": None,
    }
    made = {"job_id": JOB, "version": 1, "created_at": MOMENT, "updated_at": MOMENT}
    return TaskRow(**{**kept, **of, **told, **more, **made, **changed})
