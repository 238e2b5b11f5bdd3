"""The front of the contents: what their owners may do with them. Others' do not exist."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jobs import store
from jobs.contents.resource import ContentFilter, ContentPage, ContentResource, Publication
from jobs.db import Database
from jobs.errors import InvalidArgs, NotFound, TooManyContents, VersionConflict, WrongStatus
from jobs.kept.contents import MOST_CONTENTS, ContentRow
from jobs.place import Place
from jobs.store import NewContent, OwnContent
from realtime.caller import Caller

ALLOWED: Mapping[str, frozenset[str]] = {
    "changed": frozenset({"draft"}),
    "approved": frozenset({"draft"}),
    "scheduled": frozenset({"approved", "scheduled"}),
    "withdrawn": frozenset({"approved", "scheduled", "failed"}),
}
"""The statuses an action may leave, as the statements in ``jobs.store.contents`` have it."""
NO_UPLOAD = "There is no such upload, or it has expired."
NO_CONNECTION = "There is no such connection, or it is not active."


class Contents:
    """Keeps texts and their statuses; writing and publishing them is what jobs do."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def create(self, caller: Caller, text: NewContent) -> ContentResource:
        """Keep a draft written by hand. Raises TooManyContents."""
        row = await store.add_content(self._db, (caller.org, caller.user), text, MOST_CONTENTS)
        if row is None:
            raise TooManyContents(MOST_CONTENTS)
        return ContentResource.of(row)

    async def list(self, caller: Caller, wanted: ContentFilter) -> ContentPage:
        """Return a page of the caller's texts, newest first. Raises BadCursor."""
        behind = Place.behind(wanted.after)
        owner = (caller.org, caller.user)
        rows = await store.list_contents(self._db, owner, wanted.statuses, behind, wanted.limit + 1)
        return ContentPage.cut(rows, wanted.limit, ContentResource.of)

    async def get(self, caller: Caller, ident: UUID) -> ContentResource:
        """Return a text. Raises NotFound."""
        row = await store.find_content(self._db, own(caller, ident))
        if row is None:
            raise NotFound
        return ContentResource.of(row)

    async def change(
        self, caller: Caller, ident: UUID, version: int, changes: Mapping[str, Any]
    ) -> ContentResource:
        """Change a draft that is still at ``version``. Raises NotFound, WrongStatus, VersionConflict."""
        text = own(caller, ident, version)
        row = await store.change_content(self._db, text, changes)
        return await self._shown(row, text, "changed")

    async def approve(
        self, caller: Caller, ident: UUID, version: int | None = None
    ) -> ContentResource:
        """Approve a draft, with ``version`` only as it was then.

        Raises NotFound, WrongStatus, VersionConflict.
        """
        text = own(caller, ident, version)
        row = await store.approve_content(self._db, text)
        return await self._shown(row, text, "approved")

    async def schedule(
        self, caller: Caller, ident: UUID, wanted: Publication, version: int | None = None
    ) -> ContentResource:
        """Let an approved text go out, or go out otherwise than it was to.

        Raises NotFound, WrongStatus, VersionConflict, and InvalidArgs for a connection that is not there
        or not active, or an upload that is gone.
        """
        text = own(caller, ident, version)
        await self._keep_media(text, wanted)
        row = await store.schedule_content(
            self._db, text, wanted.connection_id, wanted.publish_at, wanted.media
        )
        return await self._shown(row, text, "scheduled")

    async def withdraw(
        self, caller: Caller, ident: UUID, version: int | None = None
    ) -> ContentResource:
        """Make a draft again of what is not published. Raises NotFound, WrongStatus, VersionConflict."""
        text = own(caller, ident, version)
        row = await store.withdraw_content(self._db, text)
        return await self._shown(row, text, "withdrawn")

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Forget a text; what is published elsewhere stays there. Raises NotFound."""
        if not await store.delete_content(self._db, own(caller, ident)):
            raise NotFound

    async def _keep_media(self, text: OwnContent, wanted: Publication) -> None:
        """Let uploads last until they go out, those said before too. Raises InvalidArgs for a gone one."""
        before = await store.find_content(self._db, text) if wanted.media is None else None
        media = wanted.media or (before.media if before else ())
        uploads = [UUID(str(one["upload_id"])) for one in media]
        if not uploads:
            return
        kept = await store.keep_media(self._db, text, uploads, wanted.publish_at)
        gone = [number for number, ident in enumerate(uploads) if ident not in kept]
        if gone and wanted.media is not None:
            faults = [{"pointer": f"/media/{n}/upload_id", "detail": NO_UPLOAD} for n in gone]
            raise InvalidArgs(faults, NO_UPLOAD)

    async def _shown(
        self, row: ContentRow | None, text: OwnContent, action: str
    ) -> ContentResource:
        """Return what was changed; say why when nothing was."""
        if row is not None:
            return ContentResource.of(row)
        there = await store.find_content(self._db, text)
        if there is None:
            raise NotFound
        if there.status not in ALLOWED[action]:
            raise WrongStatus(there.status, action)
        if action == "scheduled" and text.version in {None, there.version}:
            raise InvalidArgs(
                [{"pointer": "/connection_id", "detail": NO_CONNECTION}], NO_CONNECTION
            )
        raise VersionConflict(there.version)


def own(caller: Caller, ident: UUID, version: int | None = None) -> OwnContent:
    """Name a text of the caller's."""
    return OwnContent(ident, caller.org, caller.user, version)
