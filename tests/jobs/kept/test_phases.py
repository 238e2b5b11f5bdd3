"""Phases in the database: what it refuses, and plans remembered up to a number."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from jobs.ids import uuid7
from jobs.kept.phases import NewPhase, keep_phases, plan_of
from jobs.kept.plans import MOST_PLANS, NewPlan, find_plan, keep_plan
from jobs.kept.projects import NewProject, keep_project
from jobs.kept.tasks import NewTask, keep_tasks
from jobs.testing import sessions
from jobs.testing.absent import Sessions

OWNER = ("acme", "anna")
DAY = date(2026, 3, 1)


@pytest.fixture
def db(database_url: str) -> Sessions:
    return sessions(database_url)


def phase_of(project: UUID, owner: tuple[str, str] = OWNER) -> NewPhase:
    return NewPhase(uuid7(), *owner, project, "Begin", "", DAY, DAY, 0, uuid7())


async def add_project(db: Sessions) -> UUID:
    project = NewProject(uuid7(), *OWNER, "A garden")
    async with db() as session:
        await keep_project(session, project)
    return project.id


async def test_a_phase_is_kept_once_under_its_id(db: Sessions) -> None:
    phase = phase_of(await add_project(db))

    async with db() as session:
        await keep_phases(session, [phase])
        await keep_phases(session, [phase])
        phases, tasks = await plan_of(session, *OWNER, phase.project_id)
        others = await plan_of(session, "acme", "bert", phase.project_id)

    assert ([row.id for row in phases], tasks) == ([phase.id], [])
    assert others == ([], [])


@pytest.mark.parametrize("owner", [("acme", "bert"), ("other", "anna")])
async def test_a_phase_of_anothers_project_is_refused(db: Sessions, owner: tuple[str, str]) -> None:
    phase = phase_of(await add_project(db), owner)

    with pytest.raises(IntegrityError, match="phases_project"):
        async with db() as session:
            await keep_phases(session, [phase])


@pytest.mark.parametrize("elsewhere", [True, False], ids=["another project", "no project"])
async def test_a_task_in_a_phase_of_another_project_is_refused(
    db: Sessions, elsewhere: bool
) -> None:
    phase = phase_of(await add_project(db))
    of = await add_project(db) if elsewhere else None
    task = NewTask(uuid7(), *OWNER, "Dig", of, phase.id)
    async with db() as session:
        await keep_phases(session, [phase])

    with pytest.raises(IntegrityError, match="tasks_phase"):
        async with db() as session:
            await keep_tasks(session, [task])


async def test_the_newest_plans_of_a_project_are_remembered(db: Sessions) -> None:
    project = await add_project(db)
    jobs = [uuid7() for _ in range(MOST_PLANS + 1)]

    for job in jobs:
        async with db() as session:
            await keep_plan(session, NewPlan(job, *OWNER, project, {"job": str(job)}))

    async with db() as session:
        kept = [await find_plan(session, *OWNER, job) for job in jobs]
        foreign = await find_plan(session, "acme", "bert", jobs[-1])
    assert kept == [None, *({"job": str(job)} for job in jobs[1:])]
    assert foreign is None
