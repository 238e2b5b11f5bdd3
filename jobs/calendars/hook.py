"""What Google tells us by a push channel: only that something has changed; a job goes and looks.

A message is believed for the token that we gave the channel, and counts once: its number must be above the
last one's. Repeated, delayed and forged messages make no job.
"""

from dataclasses import dataclass
from uuid import UUID

from jobs.calendars.syncs import Syncs
from jobs.db import Database
from jobs.errors import NotFound
from jobs.push_channels import Channels
from jobs.settings import JobsSettings
from jobs.store.calendars import hear_channel, listens

FIRST = "sync"
"""The state of the message that only says that the channel is open."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a push channel, as its headers say it."""

    channel: UUID
    resource: str
    state: str
    number: int


class Hook:
    """Takes messages in."""

    def __init__(self, settings: JobsSettings, db: Database, syncs: Syncs) -> None:
        self._channels = Channels(settings)
        self._db = db
        self._syncs = syncs

    def believes(self, channel: UUID, token: str) -> bool:
        """Say whether a token is the one that we gave this channel, without a look at the database."""
        return self._channels.knows(channel, token)

    async def hear(self, message: Message) -> bool:
        """Have the calendar of a channel synced; False when there is nothing new in it.

        Raises NotFound for a channel that is not ours any more: then Google should stop.
        """
        if message.state == FIRST:
            if not await listens(self._db, message.channel):
                raise NotFound
            return False
        told = (message.channel, message.resource, message.number)
        row = await hear_channel(self._db, *told)
        if row is None:
            if not await listens(self._db, message.channel):
                raise NotFound
            return False
        if row.paused or row.broken_at is not None:
            return False
        await self._syncs.submit(row, hook=message.number)
        return True
