"""Projects and tasks as processors keep them: once, in order, only their user's."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.ids import derived_uuid7, uuid7
from jobs.kept.projects import (
    NewProject,
    change_project,
    count_projects,
    find_project,
    keep_project,
    list_projects,
)
from jobs.kept.tasks import (
    NewTask,
    change_task,
    count_tasks,
    delete_task,
    find_tasks,
    keep_tasks,
    open_tasks,
)
from jobs.resources import Resources

OWNER = ("acme", "anna")
STRANGERS = [("acme", "bert"), ("other", "anna")]
MAY_2, MAY_3 = date(2026, 5, 2), date(2026, 5, 3)


@pytest.fixture
async def session(resources: Resources) -> AsyncIterator[AsyncSession]:
    async with resources.db.session() as session:
        yield session


def a_project(name: str = "A garden", ident: UUID | None = None, **said: Any) -> NewProject:
    return NewProject(ident or uuid7(), *OWNER, name, **said)


def a_task(title: str = "Dig", **said: Any) -> NewTask:
    return NewTask(uuid7(), *OWNER, title, **said)


async def test_a_project_is_kept_once_with_all_that_is_said(session: AsyncSession) -> None:
    job = uuid7()
    said: dict[str, Any] = {
        "goal": "Eat",
        "starts_on": MAY_2,
        "due_on": MAY_3,
        "job_id": job,
        "status": "paused",
    }
    project = a_project(ident=derived_uuid7(job, "project"), **said)

    await keep_project(session, project)
    await keep_project(session, a_project("Another", project.id))

    row = await find_project(session, *OWNER, project.id, lock=True)
    assert row is not None
    assert {name: getattr(row, name) for name in said} == said
    assert (row.name, row.version) == ("A garden", 1)
    assert await count_projects(session, *OWNER) == 1


async def test_active_projects_come_first_then_what_is_due_first(session: AsyncSession) -> None:
    for name, status, due in [
        ("archived", "archived", MAY_2),
        ("some day", "active", None),
        ("paused", "paused", MAY_2),
        ("third", "active", MAY_3),
        ("second", "active", MAY_2),
    ]:
        await keep_project(session, a_project(name, status=status, due_on=due))

    listed = await list_projects(session, *OWNER, 4)

    assert [row.name for row in listed] == ["second", "third", "some day", "paused"]


async def test_a_project_changes_in_what_is_named_at_the_version_that_was_seen(
    session: AsyncSession,
) -> None:
    project = a_project(goal="Eat", due_on=MAY_3)
    await keep_project(session, project)

    changed = await change_project(session, *OWNER, project.id, {"due_on": None}, version=1)
    stale = await change_project(session, *OWNER, project.id, {"goal": ""}, version=1)

    assert changed is not None
    assert (changed.due_on, changed.goal, changed.version, stale) == (None, "Eat", 2, None)


async def test_tasks_are_kept_once_in_one_statement(session: AsyncSession) -> None:
    project = a_project()
    await keep_project(session, project)
    dig = a_task(project_id=project.id, due_on=MAY_2, estimate_minutes=30, job_id=uuid7())
    sow = a_task("Sow", project_id=project.id, depends_on=[dig.id], position=1, status="done")

    await keep_tasks(session, [dig, sow])
    await keep_tasks(session, [NewTask(dig.id, *OWNER, "Another")])
    await keep_tasks(session, [])

    rows = await find_tasks(session, *OWNER, [sow.id, dig.id, uuid7()], lock=True)
    dug, sown = sorted(rows, key=lambda row: row.position)
    assert (dug.title, dug.due_on, dug.job_id) == ("Dig", MAY_2, dig.job_id)
    assert (sown.title, sown.depends_on) == ("Sow", [dig.id])
    assert (dug.completed_at is None, sown.completed_at is None) == (True, False)
    assert await count_tasks(session, *OWNER) == 2


async def test_what_is_due_first_is_done_first_and_of_one_day_the_most_urgent(
    session: AsyncSession,
) -> None:
    wanted = [
        a_task("overdue", due_on=date(2020, 1, 1), priority=0),
        a_task("urgent", due_on=MAY_2, priority=3),
        a_task("begun", due_on=MAY_2, status="doing"),
        a_task("due", due_on=MAY_2),
        a_task("some day, urgent", priority=3),
        a_task("some day"),
    ]
    over = [a_task("done", status="done"), a_task("dropped", status="dropped")]
    await keep_tasks(session, [*over, *wanted[::-1]])

    listed = await open_tasks(session, *OWNER, 6)

    assert [row.title for row in listed] == [task.title for task in wanted]
    assert len(await open_tasks(session, *OWNER, 2)) == 2


async def test_a_task_that_moves_leaves_its_phase_behind(session: AsyncSession) -> None:
    here, there = a_project(), a_project("Another")
    await keep_project(session, here)
    await keep_project(session, there)
    task = a_task(project_id=here.id)
    await keep_tasks(session, [task])
    read = await find_tasks(session, *OWNER, [task.id])

    again = await change_task(session, *OWNER, task.id, {"project_id": read[0].project_id})
    moved = await change_task(session, *OWNER, task.id, {"project_id": there.id}, version=2)
    done = await change_task(session, *OWNER, task.id, {"status": "done", "due_on": MAY_2})

    assert again is not None
    assert moved is not None
    assert done is not None
    assert (again.project_id, moved.project_id, moved.phase_id) == (here.id, there.id, None)
    assert (done.completed_at is None, done.due_on, done.title) == (False, MAY_2, "Dig")


async def test_a_task_is_deleted_as_it_was_seen_and_waited_for_no_longer(
    session: AsyncSession,
) -> None:
    dig = a_task()
    sow = a_task("Sow", depends_on=[dig.id])
    await keep_tasks(session, [dig, sow])

    stale = await delete_task(session, *OWNER, dig.id, version=2)
    deleted = await delete_task(session, *OWNER, dig.id, version=1)

    [left] = await find_tasks(session, *OWNER, [dig.id, sow.id])
    assert (stale, deleted, left.id, left.depends_on) == (False, True, sow.id, [])


@pytest.mark.parametrize("stranger", STRANGERS, ids=["a colleague", "a namesake"])
async def test_nobody_reaches_anothers(session: AsyncSession, stranger: tuple[str, str]) -> None:
    project, task = a_project(), a_task()
    await keep_project(session, project)
    await keep_tasks(session, [task])

    assert await find_project(session, *stranger, project.id) is None
    assert await change_project(session, *stranger, project.id, {"name": "x"}) is None
    assert await list_projects(session, *stranger, 9) == []
    assert await find_tasks(session, *stranger, [task.id], lock=True) == []
    assert await change_task(session, *stranger, task.id, {"title": "x"}) is None
    assert await delete_task(session, *stranger, task.id) is False
    assert await open_tasks(session, *stranger, 9) == []
    assert await count_projects(session, *stranger) == await count_tasks(session, *stranger) == 0


async def test_the_database_refuses_a_task_of_anothers_project(session: AsyncSession) -> None:
    project = a_project()
    await keep_project(session, project)
    reaching = NewTask(uuid7(), *STRANGERS[0], "Dig", project_id=project.id)

    with pytest.raises(IntegrityError, match="tasks_project"):
        await keep_tasks(session, [reaching])
    await session.rollback()
