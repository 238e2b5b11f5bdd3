"""The front of the brain dumps: what their owners may do with them. For others they do not exist."""

from uuid import UUID

from jobs.brain_dumps.resource import BrainDumpPage, BrainDumpResource, BrainDumpSummary
from jobs.db import Database
from jobs.errors import NotFound
from jobs.found import found
from jobs.place import Place
from jobs.store import brain_dumps as kept
from realtime.caller import Caller


class BrainDumps:
    """Shows brain dumps. Making one is a job's business."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, caller: Caller, after: str | None, limit: int) -> BrainDumpPage:
        """Return a page of the caller's brain dumps, newest first. Raises BadCursor."""
        behind, owner = Place.behind(after), (caller.org, caller.user)
        rows = await kept.list_brain_dumps(self._db, owner, behind, limit + 1)
        return BrainDumpPage.cut(rows, limit, BrainDumpSummary.of)

    async def get(self, caller: Caller, ident: UUID) -> BrainDumpResource:
        """Return a brain dump, as far as it has come. Raises NotFound."""
        row = await kept.find_brain_dump(self._db, (caller.org, caller.user), ident)
        return BrainDumpResource.of(found(row))

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Forget a brain dump; a job that has not finished with it fails. Raises NotFound."""
        if not await kept.delete_brain_dump(self._db, (caller.org, caller.user), ident):
            raise NotFound
