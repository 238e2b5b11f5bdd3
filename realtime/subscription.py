"""One subscriber's place in one channel: what was passed on to it, and whether it must read instead.

A subscription is *reading* while the Source is asked (what is heard meanwhile waits in a buffer),
*live* while each message follows the last, *behind* when one is missing and the Source has to be
read, *stuck* when that reading failed and waits for the hub's next position check.

Neighbouring changes of one user may be committed by two processes and published in either order. So a
live subscription that hears a message too early waits a moment for the one before it.
"""

import asyncio
from collections.abc import Mapping
from enum import Enum, auto
from typing import Protocol

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.message import Message
from realtime.replay import Reading

PATIENCE_SECONDS = 0.03


class Place(Enum):
    """Where a subscription stands."""

    READING = auto()
    LIVE = auto()
    BEHIND = auto()
    STUCK = auto()


LIVE = Place.LIVE


class Reader(Protocol):
    """Who a subscription passes messages on to: its subscriber."""

    def take(self, subscription: "Subscription", message: Message) -> None:
        """Take the next message of the channel, in order."""

    def wake(self) -> None:
        """Look again: a subscription fell behind."""

    def abort(self) -> None:
        """End at once."""


class Subscription:
    """Keeps the durable lane without gap, duplicate or reorder; never waits for anybody.

    ``offset`` is the last change passed on, ``taken`` the last one the connection really took.
    """

    __slots__ = (
        "_buffer", "_early", "_giving_up", "_max_buffered", "_reader", "channel", "epoch", "joined",
        "lost", "offset", "place", "taken",
    )  # fmt: skip

    def __init__(self, channel: Channel, reader: Reader, max_buffered: int) -> None:
        self.channel = channel
        self.place = Place.READING
        self.epoch = ""
        self.offset = 0
        self.taken = 0
        self.lost = False
        self.joined = False
        self._reader = reader
        self._max_buffered = max_buffered
        self._buffer: list[Message] | None = None
        self._early: dict[int, Message] | None = None
        self._giving_up: asyncio.TimerHandle | None = None

    @property
    def sent(self) -> Cursor:
        """Return the place behind the last change passed on."""
        return Cursor(self.epoch, self.offset)

    @property
    def parts(self) -> Mapping[str, int] | None:
        """Return the place in each part of a merged channel, None for any other."""
        return None

    def hear(self, message: Message) -> None:
        """Take a message off the wire: forward, buffer or drop it, or notice that one is missing."""
        if self.place is not LIVE:
            self._keep(message)
        elif message.key:
            self._reader.take(self, message)
        elif message.epoch != self.epoch:
            self.give_up()
        else:
            self._follow(message)

    def start_reading(self) -> None:
        """Buffer from now on; the Source is being asked."""
        self.place = Place.READING
        self.lost = False
        self._buffer = None
        self._stop_waiting()

    def forget_ephemeral(self) -> None:
        """Drop what was heard of the ephemeral lane: the memory read next already holds it."""
        if self._buffer:
            self._buffer = [message for message in self._buffer if not message.key]

    def go_live(self, reading: Reading) -> None:
        """Continue after ``reading`` with what was heard meanwhile."""
        self.joined = True
        self._arrive(reading)
        if self.place is not Place.READING:  # interrupted, or too much was heard meanwhile
            return
        self.place = LIVE
        heard, self._buffer = self._buffer or (), None
        for message in heard:
            self.hear(message)

    def fall_behind(self, *, lost: bool = False) -> None:
        """Read from the Source when the connection has room again."""
        self.place = Place.BEHIND
        self.lost = self.lost or lost
        self._buffer = None
        self._stop_waiting()

    def get_stuck(self, *, lost: bool) -> None:
        """Wait for the next position check: the Source could not be read."""
        self.fall_behind(lost=lost)
        self.place = Place.STUCK

    def try_again(self) -> None:
        """Read, now that the Source may answer again."""
        if self.place is Place.STUCK:
            self.fall_behind()
            self._reader.wake()

    def interrupt(self) -> None:
        """Take note that the link to Redis was lost for a while; positions are verified besides."""
        if self.channel.single or self.place is Place.READING:
            self.fall_behind(lost=self.channel.single)
            self._reader.wake()

    def leave(self) -> None:
        """Pass nothing on any more, whatever was heard already."""
        self.fall_behind()

    def cut_off(self) -> None:
        """End the reader's connection: what it should have been told, it was not."""
        self.fall_behind()
        self._reader.abort()

    def rewind(self) -> None:
        """Fall back to what the connection really took: the queue was dropped."""
        if self.place is LIVE:
            self.offset = self.taken
            self.fall_behind(lost=True)

    def give_up(self) -> None:
        """Ask the Source: what is missing got lost."""
        if self.place is LIVE:
            self.fall_behind()
            self._reader.wake()

    def _arrive(self, reading: Reading) -> None:
        self.epoch = reading.cursor.epoch
        self.offset = self.taken = reading.cursor.offset

    def _follow(self, message: Message) -> None:
        ahead = message.offset - self.offset
        if ahead == 1:
            self.offset = message.offset
            self._reader.take(self, message)
            if self._early:
                self._catch_up()
        elif ahead > 1:
            self._wait_for_the_one_before(message)

    def _catch_up(self) -> None:
        while self._early and self.place is LIVE:
            following = self._early.pop(self.offset + 1, None)
            if following is None:
                return
            self.offset = following.offset
            self._reader.take(self, following)
        self._stop_waiting()

    def _wait_for_the_one_before(self, message: Message) -> None:
        early = self._early = self._early or {}
        if len(early) >= self._max_buffered:
            self.give_up()
            return
        early[message.offset] = message
        self._be_patient()

    def _be_patient(self) -> None:
        if self._giving_up is None:
            loop = asyncio.get_running_loop()
            self._giving_up = loop.call_later(PATIENCE_SECONDS, self.give_up)

    def _stop_waiting(self) -> None:
        self._early = None
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _keep(self, message: Message) -> None:
        """Take a message while it cannot be passed on."""
        if self.place is not Place.READING:
            self.lost = self.lost or bool(message.key)
        elif self._buffer is None:
            self._buffer = [message]
        elif len(self._buffer) < self._max_buffered:
            self._buffer.append(message)
        else:
            self.fall_behind(lost=True)
