"""Phases for tests, as a job would have left them."""

from datetime import date
from uuid import UUID

from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.kept.phases import NewPhase, keep_phases
from jobs.kept.tasks import NewTask, keep_tasks

MARCH = date(2026, 3, 1)


async def add_phase(
    app: Starlette,
    owner: tuple[str, str],
    project: str,
    *,
    first: date = MARCH,
    position: int = 0,
    tasks: int = 0,
) -> str:
    """Add a phase of ``owner`` (org, user) to a project of theirs, with tasks, and return its id."""
    ident, job, of = uuid7(), uuid7(), UUID(project)
    made = NewPhase(ident, *owner, of, f"From {first}", "", first, first, position, job)
    work = [
        NewTask(uuid7(), *owner, f"Task {n}", of, ident, position=n, job_id=job)
        for n in range(tasks)
    ]
    async with app.state.resources.db.session() as session:
        await keep_phases(session, [made])
        await keep_tasks(session, work)
    return str(ident)
