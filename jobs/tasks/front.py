"""The front of the tasks: what their owners may do with them. Others' do not exist."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from jobs.db import Database, Statements
from jobs.errors import InvalidArgs, NotFound, TooManyTasks
from jobs.found import found
from jobs.ids import uuid7
from jobs.kept.tasks import MOST_TASKS, NewTask, TaskRow
from jobs.place import Place
from jobs.projects.front import check_days, check_version
from jobs.store import tasks as kept
from jobs.store.phases import find_phase
from jobs.store.projects import find_project
from jobs.store.tasks import TaskFilter
from jobs.tasks.resource import TaskPage, TaskResource
from realtime.caller import Caller

NO_PROJECT = "There is no such project."
NO_PHASE = "There is no such phase of its project."
NO_TASK = "There is no such task."
CIRCLE = "The task would wait for itself."
Owner = tuple[str, str]


class Tasks:
    """What a user has to do. Jobs make and change tasks, too."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, caller: Caller, given: Mapping[str, Any]) -> TaskResource:
        """Keep a task of the fields of NewTask; without a position it is the last of its project.

        Raises InvalidArgs, TooManyTasks.
        """
        owner = (caller.org, caller.user)
        task = NewTask(uuid7(), *owner, **given)

        async def work(db: Statements) -> TaskRow | None:
            await check(db, owner, task.id, given)
            await check_phase(db, owner, given.get("phase_id"), task.project_id)
            return await kept.add_task(db, task, MOST_TASKS, last="position" not in given)

        row = await self._db.in_transaction(work)
        if row is None:
            raise TooManyTasks(MOST_TASKS)
        return TaskResource.of(row)

    async def list(
        self, caller: Caller, wanted: TaskFilter, after: str | None, limit: int
    ) -> TaskPage:
        """Return a page of the caller's tasks, newest first. Raises BadCursor."""
        behind, owner = Place.behind(after), (caller.org, caller.user)
        rows = await kept.list_tasks(self._db, owner, wanted, behind, limit + 1)
        return TaskPage.cut(rows, limit, TaskResource.of)

    async def get(self, caller: Caller, ident: UUID) -> TaskResource:
        """Return a task. Raises NotFound."""
        row = await kept.find_task(self._db, (caller.org, caller.user), ident)
        return TaskResource.of(found(row))

    async def change(
        self, caller: Caller, ident: UUID, changes: Mapping[str, Any], version: int | None
    ) -> TaskResource:
        """Change what is named, with ``version`` only a task that is still at it.

        Raises NotFound, VersionConflict, InvalidArgs.
        """
        owner = (caller.org, caller.user)

        async def work(db: Statements) -> TaskRow | None:
            row = found(await kept.find_task(db, owner, ident, lock=True))
            check_version(row.version, version)
            days = {"starts_on": row.starts_on, "due_on": row.due_on}
            await check(db, owner, ident, {**days, **changes})
            project = changes.get("project_id", row.project_id)
            await check_phase(db, owner, changes.get("phase_id"), project)
            return await kept.change_task(db, owner, ident, changes)

        return TaskResource.of(found(await self._db.in_transaction(work)))

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Delete a task; what depended on it no longer does. Raises NotFound."""
        if not await kept.delete_task(self._db, (caller.org, caller.user), ident):
            raise NotFound


async def check(db: Statements, owner: Owner, ident: UUID, said: Mapping[str, Any]) -> None:
    """Refuse what makes no sense, and what is not the owner's. Raises InvalidArgs.

    The project stays there until the transaction ends.
    """
    check_days(said.get("starts_on"), said.get("due_on"))
    project = said.get("project_id")
    if project is not None and await find_project(db, owner, project, lock=True) is None:
        raise refused("/project_id", NO_PROJECT)
    if said.get("depends_on"):
        await check_order(db, owner, ident, said["depends_on"])


async def check_phase(
    db: Statements, owner: Owner, phase: UUID | None, project: UUID | None
) -> None:
    """Refuse a phase that is not one of the task's project. Raises InvalidArgs."""
    if phase is not None:
        row = await find_phase(db, owner, phase, lock=True)
        if row is None or row.project_id != project:
            raise refused("/phase_id", NO_PHASE)


async def check_order(db: Statements, owner: Owner, ident: UUID, before: Collection[UUID]) -> None:
    """Refuse to wait for a task that is not the owner's, or waits for this one. Raises InvalidArgs."""
    reached = await kept.reached_from(db, owner, before)
    for number, task in enumerate(before):
        if task not in reached and task != ident:
            raise refused(f"/depends_on/{number}", NO_TASK)
    if ident in reached or ident in before:
        raise refused("/depends_on", CIRCLE)


def refused(pointer: str, detail: str) -> InvalidArgs:
    """Return why a task cannot be kept as it is asked for."""
    return InvalidArgs([{"pointer": pointer, "detail": detail}], detail)
