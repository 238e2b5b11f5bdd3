"""The front of the feeds: what their followers may do with them. Others' do not exist."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jobs.db import Database, Statements
from jobs.errors import FeedExists, InvalidFeed, InvalidWebhook, NotFound, TooManyFeeds
from jobs.feeds.resource import FeedItemPage, FeedItemResource, FeedPage, FeedResource
from jobs.found import found
from jobs.place import Place
from jobs.settings import JobsSettings
from jobs.store import feeds as kept
from jobs.store.feeds import FeedRow
from jobs.store.row import Owner
from jobs.webhooks.address import checked
from realtime.caller import Caller

LONGEST_URL = 2_000


class Feeds:
    """A user's feeds and their items; fetching them is the kind ``rss_sync``'s."""

    def __init__(self, settings: JobsSettings, db: Database) -> None:
        self._private_hosts = settings.private_hosts
        self._most = settings.max_feeds
        self._db = db

    async def create(self, caller: Caller, url: str, title: str) -> tuple[FeedResource, bool]:
        """Follow a feed and say whether that is new; one that is followed already stays as it is.

        Raises InvalidFeed, TooManyFeeds.
        """
        owner = (caller.org, caller.user)
        added = await kept.add_feed(self._db, owner, self._address(url), title, self._most)
        if added is None:
            raise TooManyFeeds(self._most)
        return FeedResource.of(added[0]), added[1]

    async def list(self, caller: Caller, after: str | None, limit: int) -> FeedPage:
        """Return a page of the caller's feeds, newest first. Raises BadCursor."""
        owner = (caller.org, caller.user)
        rows = await kept.list_feeds(self._db, owner, Place.behind(after), limit + 1)
        return FeedPage.cut(rows, limit, FeedResource.of)

    async def get(self, caller: Caller, feed_id: UUID) -> FeedResource:
        """Return a feed. Raises NotFound."""
        return FeedResource.of(await self._own(caller, feed_id))

    async def change(
        self, caller: Caller, feed_id: UUID, changes: Mapping[str, Any]
    ) -> FeedResource:
        """Change ``url``, ``title`` or ``paused``, whichever are given.

        Another url, and ``paused: false``, make it due at once and forget its failures. Raises NotFound,
        InvalidFeed, FeedExists.
        """
        wanted = dict(changes)
        if "url" in wanted:
            wanted["url"] = self._address(wanted["url"])

        async def work(db: Statements) -> FeedRow | None:
            row = await kept.find_feed(db, Owner.writing(caller), feed_id)
            if (
                row is not None
                and "url" in wanted
                and await kept.url_taken(db, feed_id, wanted["url"])
            ):
                raise FeedExists
            return await kept.change_feed(db, Owner.writing(caller), feed_id, wanted)

        return FeedResource.of(found(await self._db.in_transaction(work)))

    async def delete(self, caller: Caller, feed_id: UUID) -> None:
        """Remove a feed with all its items. Raises NotFound."""
        if not await kept.delete_feed(self._db, Owner.writing(caller), feed_id):
            raise NotFound

    async def items(
        self, caller: Caller, feed_id: UUID, after: str | None, limit: int
    ) -> FeedItemPage:
        """Return a page of a feed's items, newest first. Raises NotFound, BadCursor."""
        behind = Place.behind(after)
        row = await self._own(caller, feed_id)
        rows = await kept.list_items(self._db, row.id, behind, limit + 1)
        return FeedItemPage.cut(
            rows, limit, FeedItemResource.of, lambda item: Place(item.ordered_at, item.id)
        )

    async def _own(self, caller: Caller, feed_id: UUID) -> FeedRow:
        return found(await kept.find_feed(self._db, Owner.writing(caller), feed_id))

    def _address(self, url: str) -> str:
        try:
            address = checked(url, self._private_hosts)
        except InvalidWebhook as error:
            raise InvalidFeed(str(error)) from error
        if len(address) > LONGEST_URL:
            raise InvalidFeed("The URL is too long.")
        return address
