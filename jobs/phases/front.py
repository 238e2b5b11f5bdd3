"""The front of the phases: what their owners may do with them. Others' do not exist."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from jobs.db import Database, Statements
from jobs.errors import NotFound
from jobs.found import found
from jobs.kept.phases import PhaseRow
from jobs.phases.resource import PhasePage, PhaseResource
from jobs.place import Place
from jobs.projects.front import check_days, check_version
from jobs.store import phases as kept
from jobs.store.phases import PhaseFilter
from realtime.caller import Caller


class Phases:
    """The parts of a user's projects. Making them is a job's business."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(
        self, caller: Caller, wanted: PhaseFilter, after: str | None, limit: int
    ) -> PhasePage:
        """Return a page of the caller's phases, in the order of their days. Raises BadCursor."""
        behind, owner = Place.behind(after), (caller.org, caller.user)
        rows = await kept.list_phases(self._db, owner, wanted, behind, limit + 1)
        return PhasePage.cut(rows, limit, PhaseResource.of, place_of)

    async def get(self, caller: Caller, ident: UUID) -> PhaseResource:
        """Return a phase. Raises NotFound."""
        row = await kept.find_phase(self._db, (caller.org, caller.user), ident)
        return PhaseResource.of(found(row))

    async def change(
        self, caller: Caller, ident: UUID, changes: Mapping[str, Any], version: int | None
    ) -> PhaseResource:
        """Change what is named, with ``version`` only a phase that is still at it.

        Raises NotFound, VersionConflict, InvalidArgs.
        """
        owner = (caller.org, caller.user)

        async def work(db: Statements) -> PhaseRow | None:
            row = found(await kept.find_phase(db, owner, ident, lock=True))
            check_version(row.version, version)
            check_days(changes.get("starts_on", row.starts_on), changes.get("due_on", row.due_on))
            return await kept.change_phase(db, owner, ident, changes)

        return PhaseResource.of(found(await self._db.in_transaction(work)))

    async def delete(self, caller: Caller, ident: UUID, *, with_tasks: bool) -> None:
        """Delete a phase; its tasks go with it, or stay in the project. Raises NotFound."""
        owner = (caller.org, caller.user)
        if not await kept.delete_phase(self._db, owner, ident, with_tasks=with_tasks):
            raise NotFound


def place_of(row: PhaseRow) -> Place:
    """Return where a phase stands in its list: the moment counts its position in microseconds."""
    midnight = datetime.combine(row.starts_on, time.min, UTC)
    return Place(midnight + timedelta(microseconds=row.position), row.id)
