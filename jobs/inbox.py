"""The inbox as its user sees it: what there is to look at, and what has been looked at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from jobs import store
from jobs.db import Database
from jobs.inbox_events import InboxEvents
from jobs.page import Page
from jobs.place import Place
from jobs.resource import Resource
from jobs.store import InboxRow
from realtime.caller import Caller
from realtime.publisher import Publisher

READ_AT_ONCE = 1_000
ACK_AT_ONCE = 10_000


class InboxEntryResource(Resource):
    """One notification. ``name`` is ``job.<state>`` for an ending, else what the processor called it."""

    id: UUID
    name: str
    job_id: UUID | None
    data: Any
    created_at: datetime
    read_at: datetime | None = Field(description="Empty while it is unread")
    acked_at: datetime | None = Field(description="When a device first showed it")
    handed_off: dict[str, str] | None = Field(
        description="Where it went, as no device showed it in time: `webhook`, `email`, `sms`"
    )


class InboxPage(Page[InboxEntryResource]):
    """Some notifications, newest first; ``unread`` counts all that are unread, listed here or not."""

    unread: int


class ReadResult(Resource):
    """How many notifications became read by this call, and how many are still unread."""

    read: int
    unread: int


class AckResult(Resource):
    """How many notifications were acknowledged by this call."""

    acked: int


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which entries a page is taken from. ``after`` is the cursor of the page before."""

    unread: bool = False
    after: str | None = None
    limit: int = 50


class Inbox:
    """One user's at a time: the caller's own, whatever else they may see."""

    def __init__(self, db: Database, events: InboxEvents, publisher: Publisher) -> None:
        self._db = db
        self._events = events
        self._publisher = publisher

    async def list(self, caller: Caller, wanted: InboxFilter) -> InboxPage:
        """Return one page. Raises BadCursor."""
        behind = Place.behind(wanted.after)
        owner = (caller.org, caller.user)
        rows = await store.newest_inbox(
            self._db, owner, behind, wanted.limit + 1, unread=wanted.unread
        )
        return InboxPage.cut(
            rows, wanted.limit, resource, unread=await store.unread_inbox(self._db, *owner)
        )

    async def read(self, caller: Caller, ids: "Sequence[UUID] | None") -> ReadResult:
        """Mark the caller's entries as read, all of them for None, and tell their other tabs.

        What is not theirs, or was read before, stays as it is.
        """
        changed = 0
        while True:
            rows = await store.read_inbox(self._db, caller.org, caller.user, ids, READ_AT_ONCE)
            await self.announce(rows)
            changed += len(rows)
            if len(rows) < READ_AT_ONCE:
                unread = await store.unread_inbox(self._db, caller.org, caller.user)
                return ReadResult(read=changed, unread=unread)

    async def acknowledge(self, caller: Caller, offset: int) -> AckResult:
        """Note that a device has shown all that the caller's channel told up to ``offset``.

        Nobody is told of it; what was acknowledged is not handed off any more.
        """
        acked = 0
        while True:
            some = await store.ack_inbox(self._db, caller.org, caller.user, offset, ACK_AT_ONCE)
            acked += some
            if some < ACK_AT_ONCE:
                return AckResult(acked=acked)

    async def announce(self, rows: Iterable[InboxRow]) -> None:
        """Tell the browsers of entries that were made or read. Only ever called after a commit."""
        await self._publisher.publish(one for row in rows for one in self._events.everywhere(row))


def resource(row: InboxRow) -> InboxEntryResource:
    """Return an entry as its user sees it."""
    return InboxEntryResource(**{n: getattr(row, n) for n in InboxEntryResource.model_fields})
