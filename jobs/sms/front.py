"""The front of the text messages: what their owners may look at, and what the provider's word changes."""

from functools import partial
from typing import Literal
from uuid import UUID

from jobs import store
from jobs.db import Database, Statements
from jobs.found import found
from jobs.ids import derived_uuid7
from jobs.inbox import Inbox
from jobs.kept.sms import SmsRow
from jobs.place import Place
from jobs.sms.resource import SmsFilter, SmsPage, SmsResource
from jobs.store import InboxRow
from jobs.texting.fate import NEWS, CallBack, Change, change_of, error_of, name_of, news_of
from realtime.caller import Caller

Heard = Literal["moved", "passed", "replayed", "unknown"]
"""What a call-back did: it moved the message, was too old to, was heard before, or is about none."""


class SmsMessages:
    """Shows what jobs have texted, and hears how it fares."""

    def __init__(self, db: Database, inbox: Inbox) -> None:
        self._db = db
        self._inbox = inbox

    async def list(self, caller: Caller, wanted: SmsFilter) -> SmsPage:
        """Return a page of the caller's messages, newest first. Raises BadCursor."""
        behind, owner = Place.behind(wanted.after), (caller.org, caller.user)
        rows = await store.list_messages(self._db, owner, wanted.states, behind, wanted.limit + 1)
        return SmsPage.cut(rows, wanted.limit, SmsResource.of)

    async def get(self, caller: Caller, ident: UUID) -> SmsResource:
        """Return a message. Raises NotFound."""
        row = await store.read_message(self._db, (caller.org, caller.user), ident)
        return SmsResource.of(found(row))

    async def hear(self, told: CallBack) -> Heard:
        """Move a message as a call-back says, whose signature was checked before; forward only.

        The owner is told when it is certain that a message does not arrive.
        """
        heard, entry = await self._db.in_transaction(partial(hear, told))
        if entry is not None:
            await self._inbox.announce([entry])
        return heard


async def hear(told: CallBack, db: Statements) -> tuple[Heard, InboxRow | None]:
    """Do it in one transaction; return what it did, and the inbox entry that was made."""
    row = await store.lock_message(db, told.message_id, told.sid)
    if row is None:
        return "unknown", None
    name = name_of(told, row)
    if name in row.told:
        return "replayed", None
    await store.note_told(db, row, name)
    change = change_of(told, row)
    if change is None:
        return "passed", None
    await store.move_message(
        db, row, told.sid, change.state, error_of(told, change), change.again_in
    )
    return "moved", await given_up(db, row, change)


async def given_up(db: Statements, row: SmsRow, change: Change) -> InboxRow | None:
    """Draw the conclusions from a message that does not arrive; return what its owner is told."""
    if change.lost is None:
        return None
    if change.lost.withdraws is not None:
        await store.withdraw_number(db, row, change.lost.withdraws)
    ident, data = derived_uuid7(row.id, NEWS), news_of(row, change.lost)
    return await store.tell_of_message(db, row, ident, NEWS, data)
