"""The front of the projects: what their owners may do with them. Others' do not exist."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from jobs.db import Database, Statements
from jobs.errors import InvalidArgs, NotFound, TooManyProjects, VersionConflict
from jobs.found import found
from jobs.ids import uuid7
from jobs.kept.projects import MOST_PROJECTS, NewProject, ProjectRow
from jobs.place import Place
from jobs.projects.resource import ProjectPage, ProjectResource
from jobs.store import projects as kept
from realtime.caller import Caller

BACKWARDS = "It would be due before it starts."


class Projects:
    """A user's projects. Jobs make and change them, too."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, caller: Caller, given: Mapping[str, Any]) -> ProjectResource:
        """Keep a project of the fields of NewProject. Raises InvalidArgs, TooManyProjects."""
        check_days(given.get("starts_on"), given.get("due_on"))
        project = NewProject(uuid7(), caller.org, caller.user, **given)
        row = await kept.add_project(self._db, project, MOST_PROJECTS)
        if row is None:
            raise TooManyProjects(MOST_PROJECTS)
        return ProjectResource.of(row)

    async def list(
        self, caller: Caller, statuses: Sequence[str], after: str | None, limit: int
    ) -> ProjectPage:
        """Return a page of the caller's projects, newest first. Raises BadCursor."""
        behind, owner = Place.behind(after), (caller.org, caller.user)
        rows = await kept.list_projects(self._db, owner, statuses, behind, limit + 1)
        return ProjectPage.cut(rows, limit, ProjectResource.of)

    async def get(self, caller: Caller, ident: UUID) -> ProjectResource:
        """Return a project. Raises NotFound."""
        row = await kept.find_project(self._db, (caller.org, caller.user), ident)
        return ProjectResource.of(found(row))

    async def change(
        self, caller: Caller, ident: UUID, changes: Mapping[str, Any], version: int | None
    ) -> ProjectResource:
        """Change what is named, with ``version`` only a project that is still at it.

        Raises NotFound, VersionConflict, InvalidArgs.
        """
        owner = (caller.org, caller.user)

        async def work(db: Statements) -> ProjectRow | None:
            row = found(await kept.find_project(db, owner, ident, lock=True))
            check_version(row.version, version)
            check_days(changes.get("starts_on", row.starts_on), changes.get("due_on", row.due_on))
            return await kept.change_project(db, owner, ident, changes)

        return ProjectResource.of(found(await self._db.in_transaction(work)))

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Delete a project with its tasks. Raises NotFound."""
        if not await kept.delete_project(self._db, (caller.org, caller.user), ident):
            raise NotFound


def check_version(is_at: int, seen: int | None) -> None:
    """Refuse a change of what has changed since it was ``seen``. Raises VersionConflict."""
    if seen not in {None, is_at}:
        raise VersionConflict(is_at)


def check_days(starts_on: date | None, due_on: date | None) -> None:
    """Refuse what would be due before it starts. Raises InvalidArgs."""
    if starts_on is not None and due_on is not None and due_on < starts_on:
        raise InvalidArgs([{"pointer": "/due_on", "detail": BACKWARDS}], BACKWARDS)
