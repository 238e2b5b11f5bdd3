"""What the tests of one step are given: things to do, and what was found."""

from datetime import date
from typing import Any
from uuid import UUID

from jobs.dumping.found import ContextFound, TasksFound
from jobs.dumping.known import Known, KnownProject, KnownTask
from jobs.dumping.merge import merged
from jobs.dumping.operations import Proposal

HOUSE, GARDEN = UUID(int=1), UUID(int=2)
PAINT, SEEDS = UUID(int=11), UUID(int=12)
TODAY = date(2026, 11, 29)


def known_task(key: str = "T1", ident: UUID = PAINT, **fields: Any) -> KnownTask:
    given = {
        "version": 3, "title": "Buy paint", "status": "open", "project_id": None,
        "due_on": None, "priority": 1, "notes": "",
    }  # fmt: skip
    return KnownTask(key=key, id=ident, **{**given, **fields})


KNOWN = Known(
    today=TODAY,
    zone="Europe/Berlin",
    projects=[KnownProject(key="P1", id=HOUSE, name="House")],
    tasks=[
        known_task(project_id=HOUSE, due_on=date(2026, 12, 1), notes="blue"),
        known_task("T2", SEEDS, title="Order seeds", status="doing"),
    ],
)


def task(title: str, action: str = "create", **fields: Any) -> dict[str, Any]:
    given = {"task": "", "project": "", "due_on": None, "priority": None, "notes": ""}
    return {"action": action, "title": title, **given, **fields}


def project(name: str, **fields: Any) -> dict[str, Any]:
    return {"project": "", "name": name, "goal": "", "due_on": None, **fields}


def propose(
    *tasks: dict[str, Any], projects: list[dict[str, Any]] | None = None, known: Known = KNOWN
) -> Proposal:
    context = {"about": "things", "topics": [], "projects": projects or []}
    return merged(
        ContextFound.model_validate(context),
        TasksFound.model_validate({"tasks": tasks}),
        known,
    )
