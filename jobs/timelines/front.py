"""The front of the timelines: what their owners may do with them. For others they do not exist."""

from uuid import UUID

from jobs.db import Database
from jobs.errors import NotFound
from jobs.found import found
from jobs.kept.timelines import delete_timeline, find_timeline, list_timelines
from jobs.place import Place
from jobs.timelines.resource import TimelinePage, TimelineResource, TimelineSummary
from realtime.caller import Caller


class Timelines:
    """Shows timelines that have not expired. Making one is a job's business."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, caller: Caller, after: str | None, limit: int) -> TimelinePage:
        """Return a page of the caller's timelines, newest first. Raises BadCursor."""
        behind = Place.behind(after)
        async with self._db.session() as session:
            rows = await list_timelines(session, caller.org, caller.user, behind, limit + 1)
        return TimelinePage.cut(rows, limit, TimelineSummary.of)

    async def get(self, caller: Caller, ident: UUID) -> TimelineResource:
        """Return a timeline. Raises NotFound."""
        async with self._db.session() as session:
            row = await find_timeline(session, caller.org, caller.user, ident)
        return TimelineResource.of(found(row))

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Remove a timeline with the text it was read from. Raises NotFound."""
        async with self._db.session() as session:
            if not await delete_timeline(session, caller.org, caller.user, ident):
                raise NotFound
