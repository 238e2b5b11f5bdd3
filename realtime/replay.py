"""Reading instead of hearing: what a reader with this cursor has to be told, from the Source."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.delivery import Event, Gap, GapReason, State
from realtime.ephemeral import Ephemeral, Memory
from realtime.errors import UnknownChannel
from realtime.settings import RealtimeSettings
from realtime.source import Changes, Source

SHOWN_LINES = 50
Forget = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; after ``deliveries`` the reader is at ``cursor``."""

    cursor: Cursor
    deliveries: Sequence[Event | Gap | State] = ()

    @property
    def recovered(self) -> bool:
        """Return whether the reader's own cursor was good enough."""
        return not any(isinstance(delivery, Gap) for delivery in self.deliveries)


class Replay:
    """Reads changes and snapshots. Subscribe first, read here, then take what was heard meanwhile."""

    def __init__(self, settings: RealtimeSettings, source: Source, ephemeral: Ephemeral) -> None:
        self._limit = settings.replay_limit
        self._source = source
        self._ephemeral = ephemeral

    async def now(self, channel: Channel) -> Reading:
        """Return the newest position and nothing else. Raises UnknownChannel."""
        positions = await self._source.positions([channel])
        offset = positions.offsets.get(channel)
        if offset is None:
            raise UnknownChannel
        return Reading(Cursor(positions.epoch, offset))

    async def since(
        self, channel: Channel, cursor: Cursor, *, whole: bool, forget: Forget
    ) -> Reading:
        """Return the changes after ``cursor``; a gap and the whole state if it is of no use.

        ``whole`` adds the state: what is ephemeral was missed too. Raises UnknownChannel.
        """
        changes = await self._source.changes(channel, cursor.offset, self._limit)
        if reason := _gap(cursor, changes):
            state = await self.state(channel, forget=forget)
            return Reading(state.cursor, [Gap(channel, reason), state])
        events = [Event(channel, message) for message in changes.messages]
        if whole and not any(event.message.final for event in events):
            state = await self.state(channel, forget=forget)
            return Reading(state.cursor, [*events, state])
        return Reading(Cursor(changes.epoch, changes.offset), events)

    async def state(self, channel: Channel, *, forget: Forget) -> State:
        """Return the whole of ``channel``, ephemeral memory included. Raises UnknownChannel.

        ``forget`` is called just before the memory is read: what was heard until then is in it.
        """
        snapshot = await self._source.snapshot(channel)
        cursor = Cursor(snapshot.epoch, snapshot.offset)
        body = {
            "channel": channel.name,
            "epoch": cursor.epoch,
            "offset": cursor.offset,
            "state": orjson.Fragment(snapshot.state),
        }
        if channel.kind == "job":
            forget()
            memories = await self._ephemeral.read([channel])
            body["ephemeral"] = _shown(memories.get(channel, Memory()))
        return State(channel, cursor, orjson.dumps(body), snapshot.final)


def _gap(cursor: Cursor, changes: Changes) -> GapReason | None:
    if changes.epoch != cursor.epoch:
        return "epoch"
    if changes.offset < cursor.offset:
        return "ahead"
    return None if changes.complete else "evicted"


def _shown(memory: Memory) -> dict[str, object]:
    progress = memory.latest.get("progress")
    output = {"attempt": memory.attempt, "position": memory.position, "text": memory.text}
    return {
        "progress": orjson.Fragment(progress) if progress else None,
        "output": output if memory.position else None,
        "logs": [orjson.Fragment(line) for line in memory.lines[-SHOWN_LINES:]],
    }
