"""The front of the contents: what their owners may do with them. Others' do not exist."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jobs import store
from jobs.contents.resource import ContentFilter, ContentPage, ContentResource
from jobs.db import Database
from jobs.errors import NotFound, TooManyContents, VersionConflict, WrongStatus
from jobs.kept.contents import MOST_CONTENTS, ContentRow
from jobs.place import Place
from jobs.store import NewContent, OwnContent
from realtime.caller import Caller


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
        shown, more = rows[: wanted.limit], len(rows) > wanted.limit
        return ContentPage(
            data=[ContentResource.of(row) for row in shown],
            next=str(Place(shown[-1].created_at, shown[-1].id)) if more else None,
            has_more=more,
        )

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
        draft = own(caller, ident, version)
        row = await store.change_content(self._db, draft, changes)
        return ContentResource.of(row) if row else await self._refuse(draft, "changed")

    async def approve(
        self, caller: Caller, ident: UUID, version: int | None = None
    ) -> ContentResource:
        """Approve a draft, with ``version`` only as it was then.

        Raises NotFound, WrongStatus, VersionConflict.
        """
        draft = own(caller, ident, version)
        row = await store.approve_content(self._db, draft)
        return ContentResource.of(row) if row else await self._refuse(draft, "approved")

    async def withdraw(
        self, caller: Caller, ident: UUID, version: int | None = None
    ) -> ContentResource:
        """Make a draft again of what is not published. Raises NotFound, WrongStatus, VersionConflict."""
        text = own(caller, ident, version)
        row = await store.withdraw_content(self._db, text)
        return ContentResource.of(row) if row else await self._refuse(text, "withdrawn")

    async def delete(self, caller: Caller, ident: UUID) -> None:
        """Forget a text; what is published elsewhere stays there. Raises NotFound."""
        if not await store.delete_content(self._db, own(caller, ident)):
            raise NotFound

    async def _refuse(self, text: OwnContent, action: str) -> ContentResource:
        """Say why nothing was changed."""
        row = await store.find_content(self._db, text)
        if row is None:
            raise NotFound
        if seen(text, row):
            raise WrongStatus(row.status, action)
        raise VersionConflict(row.version)


def own(caller: Caller, ident: UUID, version: int | None = None) -> OwnContent:
    """Name a text of the caller's."""
    return OwnContent(ident, caller.org, caller.user, version)


def seen(text: OwnContent, row: ContentRow) -> bool:
    """Return whether the caller has seen the text as it is."""
    return text.version is None or text.version == row.version
