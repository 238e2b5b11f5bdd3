"""Phases and profiles for tests, as jobs would have left them."""

from datetime import date
from uuid import UUID

from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.kept.phases import NewPhase, keep_phases
from jobs.kept.profiles import NewProfile, keep_profile
from jobs.kept.tasks import NewTask, keep_tasks
from jobs.onboarding.portrait import read_portrait
from jobs.onboarding.suggestions import suggestions_of
from tests.jobs.onboarding.portraits import idea, portrait

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


async def add_profile(app: Starlette, owner: tuple[str, str]) -> list[str]:
    """Add a profile of ``owner`` (org, user) with two suggestions, and return their ids."""
    job, made = uuid7(), read_portrait(portrait(idea("Garden"), idea("Cello", weeks=None)), 2)
    about = made.model_dump(mode="json", exclude={"projects"})
    suggestions = [one.model_dump(mode="json") for one in suggestions_of(made, job)]
    new = NewProfile(*owner, job, "en", about, suggestions, "sandbox-writer", {"rounds": 1})
    async with app.state.resources.db.session() as session:
        assert await keep_profile(session, new)
    return [one["id"] for one in suggestions]
