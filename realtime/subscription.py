"""One subscriber's place in one channel: what was queued for it, and whether it must read instead.

A subscription is *reading* while the Source is asked (what is heard meanwhile waits in a buffer),
*live* while each message follows the last, *behind* when one is missing and the Source has to be
read, *stuck* when that reading failed and waits for the hub's next position check.

Neighbouring changes of one user may be committed by two processes and published in either order. So a
live subscription that hears a message too early waits a moment for the one before it.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.delivery import Event
from realtime.message import Message
from realtime.replay import Reading

Queue = Callable[[Event], bool]
PATIENCE_SECONDS = 0.03


class Place(Enum):
    """Where a subscription stands."""

    READING = auto()
    LIVE = auto()
    BEHIND = auto()
    STUCK = auto()


class Subscription:
    """Keeps the durable lane without gap, duplicate or reorder; never waits for anybody."""

    def __init__(
        self, channel: Channel, queue: Queue, wake: Callable[[], None], max_buffered: int
    ) -> None:
        self.channel = channel
        self.place = Place.READING
        self.sent = Cursor("", 0)
        self.taken = Cursor("", 0)
        self.lost = False
        self.joined = False
        self._queue = queue
        self._wake = wake
        self._max_buffered = max_buffered
        self._buffer: list[Message] = []
        self._early: dict[int, Message] = {}
        self._giving_up: asyncio.TimerHandle | None = None
        self._missing = 0

    def hear(self, message: Message) -> None:
        """Take a message off the wire: forward, buffer or drop it, or notice that one is missing."""
        if self.place is Place.LIVE:
            self._follow(message)
        elif self.place is Place.READING:
            self._park(message)
        else:
            self.lost = self.lost or not message.durable

    def start_reading(self) -> None:
        """Buffer from now on; the Source is being asked."""
        self.place = Place.READING
        self.lost = False
        self._buffer.clear()
        self._stop_waiting()

    def forget_ephemeral(self) -> None:
        """Drop what was heard of the ephemeral lane: the memory read next already holds it."""
        self._buffer = [message for message in self._buffer if message.durable]

    def go_live(self, reading: Reading) -> None:
        """Continue after ``reading`` with what was heard meanwhile."""
        self.joined = True
        self.sent = self.taken = reading.cursor
        if self.place is not Place.READING:  # interrupted, or too much was heard meanwhile
            return
        self.place = Place.LIVE
        self._missing = 0
        heard, self._buffer = self._buffer, []
        for message in heard:
            self.hear(message)

    def fall_behind(self, *, lost: bool = False) -> None:
        """Read from the Source when the socket has room again."""
        self.place = Place.BEHIND
        self.lost = self.lost or lost
        self._buffer.clear()
        self._stop_waiting()

    def get_stuck(self, *, lost: bool) -> None:
        """Wait for the next position check: the Source could not be read."""
        self.fall_behind(lost=lost)
        self.place = Place.STUCK

    def interrupt(self) -> None:
        """Take note that the link to Redis was lost for a while; positions are verified besides."""
        if self.channel.kind == "job" or self.place is Place.READING:
            self.fall_behind(lost=self.channel.kind == "job")

    def rewind(self) -> None:
        """Fall back to what the connection really took: the queue was dropped."""
        if self.place is Place.LIVE:
            self.sent = self.taken
            self.fall_behind(lost=True)

    def verify(self, epoch: str, top: int | None, before: Cursor, *, at_once: bool) -> None:
        """Compare with the Source's position; ``before`` is ``sent`` when it was asked.

        Behind is who has not reached, one check later, the position of the check before.
        """
        if self.place is not Place.LIVE or top is None:
            return
        late = self.sent.offset < (top if at_once else self._missing)
        if epoch != self.sent.epoch or top < before.offset or late:
            self.fall_behind()
        self._missing = top

    def _follow(self, message: Message) -> None:
        if not message.durable:
            self._queue(Event(self.channel, message))
        elif message.epoch != self.sent.epoch or len(self._early) >= self._max_buffered:
            self._give_up()
        elif message.offset > self.sent.offset + 1:
            self._wait_for_the_one_before(message)
        elif message.offset == self.sent.offset + 1:
            self._forward(message)

    def _forward(self, message: Message) -> None:
        following: Message | None = message
        while following is not None and self.place is Place.LIVE:
            self.sent = Cursor(following.epoch, following.offset)
            self._queue(Event(self.channel, following))
            following = self._early.pop(self.sent.offset + 1, None)
        if not self._early:
            self._stop_waiting()

    def _wait_for_the_one_before(self, message: Message) -> None:
        self._early[message.offset] = message
        if self._giving_up is None:
            loop = asyncio.get_running_loop()
            self._giving_up = loop.call_later(PATIENCE_SECONDS, self._give_up)

    def _give_up(self) -> None:
        """Ask the Source: what is missing got lost."""
        if self.place is Place.LIVE:
            self.fall_behind()
            self._wake()

    def _stop_waiting(self) -> None:
        self._early.clear()
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _park(self, message: Message) -> None:
        if len(self._buffer) < self._max_buffered:
            self._buffer.append(message)
        else:
            self.fall_behind(lost=True)
