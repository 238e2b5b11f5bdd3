"""Reading instead of hearing: what a reader with this cursor has to be told, from the Source."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.delivery import Event, Gap, GapReason, State
from realtime.ephemeral import Ephemeral, Memory
from realtime.errors import UnknownChannel
from realtime.measures import GAPS
from realtime.message import Message
from realtime.settings import RealtimeSettings
from realtime.source import Changes, Source

SHOWN_LINES = 50
Forget = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; after ``deliveries`` the reader is at ``cursor`` (``parts`` of a merged channel)."""

    cursor: Cursor
    deliveries: Sequence[Event | Gap | State] = ()
    parts: Mapping[str, int] = field(default_factory=dict)

    @property
    def recovered(self) -> bool:
        """Return whether the reader's own cursor was good enough."""
        return not any(isinstance(delivery, Gap) for delivery in self.deliveries)


class Replay:
    """Reads changes and snapshots. Subscribe first, read here, then take what was heard meanwhile.

    At most ``replay_concurrency`` read at once: after an outage a crowd comes back together.
    """

    def __init__(self, settings: RealtimeSettings, source: Source, ephemeral: Ephemeral) -> None:
        self._limit = settings.replay_limit
        self._source = source
        self._ephemeral = ephemeral
        self._gate = asyncio.Semaphore(settings.replay_concurrency)

    async def now(self, channel: Channel) -> Reading:
        """Return the newest position and nothing else. Raises UnknownChannel."""
        async with self._gate:
            positions = await self._source.positions([channel])
        offset = positions.offsets.get(channel)
        if offset is None:
            raise UnknownChannel
        return Reading(Cursor(positions.epoch, offset), (), positions.parts.get(channel, {}))

    async def since(self, channel: Channel, cursor: Cursor, how: "Missed") -> Reading:
        """Return the changes after ``cursor``; a gap and the whole state if it is of no use.

        Raises UnknownChannel.
        """
        async with self._gate:
            changes = await self._source.changes(channel, cursor.offset, self._limit, how.parts)
        if reason := _gap(cursor, changes):
            GAPS.add(reason)
            whole = await self.state(channel, how)
            return Reading(whole.cursor, [Gap(channel, reason), *whole.deliveries], whole.parts)
        told = number(changes) if channel.merged else changes.messages
        events = [Event(channel, message) for message in told]
        if how.whole and not any(event.message.final for event in events):
            whole = await self.state(channel, how)
            return Reading(whole.cursor, [*events, *whole.deliveries], whole.parts)
        said = await self._last_words(channel, cursor, how) if how.whole else []
        return Reading(Cursor(changes.epoch, changes.offset), [*said, *events], changes.parts)

    async def state(self, channel: Channel, how: "Missed") -> Reading:
        """Return the whole of ``channel``, ephemeral memory included. Raises UnknownChannel."""
        async with self._gate:
            snapshot = await self._source.snapshot(channel)
        cursor = Cursor(snapshot.epoch, snapshot.offset)
        body: dict[str, object] = {
            "channel": channel.name,
            "epoch": cursor.epoch,
            "offset": cursor.offset,
            "state": orjson.Fragment(snapshot.state),
        }
        ephemeral = None
        if channel.kind == "job":
            memory = how.memory or await self._memory(channel, how)
            current = memory if memory.attempt >= snapshot.attempt else over(memory)
            body["ephemeral"] = ephemeral = shown(current)
        state = State(channel, cursor, orjson.dumps(body), snapshot.final, ephemeral)
        return Reading(cursor, [state], snapshot.parts)

    async def _last_words(self, channel: Channel, at: Cursor, how: "Missed") -> list[State]:
        """Return what a job said before its end, which follows as an event: a snapshot without state."""
        memory = how.memory or await self._memory(channel, how)
        ephemeral = shown(memory)
        if not any(ephemeral.values()):
            return []
        body = {"channel": channel.name, "epoch": at.epoch, "offset": at.offset}
        return [State(channel, at, orjson.dumps(body | {"ephemeral": ephemeral}), False, ephemeral)]

    async def _memory(self, channel: Channel, how: "Missed") -> Memory:
        how.forget()
        memories = await self._ephemeral.read([channel])
        return memories.get(channel, Memory())


@dataclass(frozen=True, slots=True)
class Missed:
    """What is known of a reader that has to be brought up to date.

    ``whole`` asks for the state as well: what is ephemeral was missed too. ``parts`` are the places in a
    merged channel. ``memory`` is what was remembered when listening began; without it the memory is read
    after the state, and ``forget`` called just before: what was heard until then is in it.
    """

    forget: Forget
    whole: bool = False
    parts: Mapping[str, int] | None = None
    memory: Memory | None = None


def _gap(cursor: Cursor, changes: Changes) -> GapReason | None:
    if changes.epoch != cursor.epoch:
        return "epoch"
    if changes.offset < cursor.offset:
        return "ahead"
    return None if changes.complete else "evicted"


def number(changes: Changes) -> list[Message]:
    """Return a merged channel's messages with their place in the sum of its parts.

    What changed twice is told once, so the last is at the sum, and numbers before the first are left out.
    """
    first = changes.offset - len(changes.messages) + 1
    return [message.numbered(offset) for offset, message in enumerate(changes.messages, first)]


def over(memory: Memory) -> Memory:
    """Return what is left of a memory once its attempt is over: the lines of all attempts."""
    return Memory(lines=memory.lines)


def shown(memory: Memory) -> dict[str, Any]:
    """Return the ephemeral part of a job's snapshot."""
    progress = memory.latest.get("progress")
    output = {"attempt": memory.attempt, "position": memory.position, "text": memory.text}
    return {
        "progress": orjson.loads(progress) if progress else None,
        "output": output if memory.position else None,
        "logs": [orjson.loads(line) for line in memory.lines[-SHOWN_LINES:]],
    }
