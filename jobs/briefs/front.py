"""The front of the briefs: what their readers may do with them. For others they do not exist."""

from uuid import UUID

from jobs import store
from jobs.briefs.resource import BriefPage, BriefResource, BriefSummary
from jobs.db import Database
from jobs.errors import NotFound
from jobs.place import Place
from realtime.caller import Caller


class Briefs:
    """Shows briefs, and notes which are opened: who opens none is briefed less often."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, caller: Caller, after: str | None, limit: int) -> BriefPage:
        """Return a page of the caller's briefs, newest first. Raises BadCursor."""
        behind = Place.behind(after)
        rows = await store.list_briefs(self._db, (caller.org, caller.user), behind, limit + 1)
        return BriefPage.cut(rows, limit, BriefSummary.of)

    async def open(self, caller: Caller, ident: UUID) -> BriefResource:
        """Return a brief, which counts as opened from then on. Raises NotFound."""
        row = await store.open_brief(self._db, (caller.org, caller.user), ident)
        if row is None:
            raise NotFound
        return BriefResource.of(row)

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Forget a brief; the clock makes no other of its day. Raises NotFound."""
        if not await store.delete_brief(self._db, (caller.org, caller.user), ident):
            raise NotFound
