"""One who listens, a browser's connection as a rule: its channels, and what has to go out next."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping

import structlog

from realtime.catch_up import first_reading, read_since
from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.delivery import (
    Bye,
    Delivery,
    Done,
    Event,
    Gap,
    Joined,
    State,
)
from realtime.errors import TooManyChannels, UnknownChannel
from realtime.line import Feeds, Pen
from realtime.measures import JOINS, REPAIRS, SLOW_READERS
from realtime.merged import MergedSubscription
from realtime.message import Message
from realtime.outbox import Outbox
from realtime.replay import Reading, Replay
from realtime.settings import RealtimeSettings
from realtime.subscription import Place, Subscription

log = structlog.get_logger(__name__)

MAX_BATCH = 64
MAX_REPLIES = 16
Tell = Callable[[Delivery], None]


class Subscriber:
    """Fed by the hub without ever making it wait; emptied by its ``writer``.

    Until it is ``greeted`` the connection is told nothing of itself.
    """

    __slots__ = (
        "_bye", "_feeds", "_first", "_max_channels", "_outbox", "_replay", "_room", "_settings",
        "_subscriptions", "greeted", "writer",
    )  # fmt: skip

    def __init__(
        self, settings: RealtimeSettings, feeds: Feeds, replay: Replay, max_channels: int
    ) -> None:
        self.writer: Pen | None = None
        self.greeted = True
        self._settings = settings
        self._feeds = feeds
        self._replay = replay
        self._max_channels = max_channels
        self._outbox: Outbox | None = None
        self._first: deque[Delivery] | None = None
        self._subscriptions: dict[Channel, Subscription] = {}
        self._bye: Bye | None = None
        self._room: asyncio.Event | None = None

    @property
    def subscriptions(self) -> Mapping[Channel, Subscription]:
        """Return the channels listened to now."""
        return self._subscriptions

    @property
    def full(self) -> bool:
        """Return whether no further channel may be listened to."""
        return len(self._subscriptions) >= self._max_channels

    @property
    def busy(self) -> bool:
        """Return whether something is ready to go out."""
        return bool(self._first or self._outbox)

    @property
    def closing(self) -> bool:
        """Return whether the connection ends."""
        return self._bye is not None

    async def join(
        self,
        channel: Channel,
        since: Cursor | None = None,
        *,
        snapshot: bool = True,
        request: object = None,
    ) -> Joined:
        """Listen to ``channel``: after ``since``, from a snapshot on, or from now on.

        The answer goes out before anything else of the channel. Joining again starts afresh.
        Raises TooManyChannels, UnknownChannel, and whatever the Source raises.
        """
        self.leave(channel)
        if self.full:
            raise TooManyChannels
        subscription = self._subscription(channel)
        self._subscriptions[channel] = subscription
        try:
            memory = await self._feeds.attach(channel, subscription)
            reading = await first_reading(
                self._replay, subscription, since, memory, snapshot=snapshot
            )
            if self._subscriptions.get(channel) is not subscription:  # revoked meanwhile
                raise UnknownChannel
        except BaseException:
            self.leave(channel)
            raise
        recovered = since is not None and reading.recovered
        JOINS.add("resumed" if recovered else "afresh")
        joined = Joined(channel, reading.cursor, recovered, reading.deliveries, request)
        self.put(joined)
        self._go_live(subscription, reading, self.put)
        if subscription.place is not Place.LIVE:
            self.wake()
        return joined

    def leave(self, channel: Channel) -> bool:
        """Stop listening to ``channel``; return whether it was listened to."""
        subscription = self._subscriptions.pop(channel, None)
        if subscription is None:
            return False
        self._feeds.detach(channel, subscription)
        subscription.leave()
        if self._outbox:
            self._outbox.drop(channel)
        return True

    def leave_all(self) -> None:
        """Stop listening to everything."""
        for channel in list(self._subscriptions):
            self.leave(channel)

    def take(self, subscription: Subscription, message: Message) -> None:
        """Pass on what a subscription heard: at once, or when the connection takes it."""
        writer = self.writer
        if writer is None or not writer.free:
            self._queue(Event(subscription.channel, message))
            return
        if not message.key:
            subscription.taken = message.offset
        writer.event(subscription.channel, message)
        if message.final and subscription.channel.kind == "job":
            self.leave(subscription.channel)
            self.put(Done(subscription.channel))

    def put(self, delivery: Delivery) -> None:
        """Send ``delivery`` before what waits in the outbox."""
        if self.writer is not None and self.writer.free:
            self.writer.write(delivery)
            return
        first = self._first = self._first or deque()
        first.append(delivery)
        self.wake()

    async def room(self) -> None:
        """Wait until the connection has taken enough of what it asked for."""
        while self._first and len(self._first) >= MAX_REPLIES and self._bye is None:
            self._room = self._room or asyncio.Event()
            self._room.clear()
            await self._room.wait()

    def close(self, bye: Bye) -> None:
        """End the connection: the next batch is ``bye``, whatever else waits."""
        self._bye = self._bye or bye
        if self._room is not None:
            self._room.set()
        self.wake()

    def abort(self) -> None:
        """Cut the connection off: it was told to end and did not, or could not be told something."""
        if self.writer is not None:
            self.writer.abort()

    def wake(self) -> None:
        """Let the connection look again: something is due, fell behind or can be tried again."""
        if self.writer is not None:
            self.writer.kick()

    async def due(self) -> list[Delivery]:
        """Return what goes out next, in order, reading the Source if need be; empty for nothing.

        One task at a time may ask.
        """
        while True:
            if self._bye is not None:
                return [self._bye]
            if self._first:
                return self._take_first()
            if self._outbox:
                return self._take_events(self._outbox)
            behind = self._behind()
            if behind is None:
                return []
            if repaired := await self._repair(behind):
                return repaired

    def _subscription(self, channel: Channel) -> Subscription:
        kind = MergedSubscription if channel.merged else Subscription
        return kind(channel, self, self._settings.max_outbox_events)

    def _take_first(self) -> list[Delivery]:
        taken = list(self._first or ())
        self._first = None
        if self._room is not None:
            self._room.set()
        return taken

    def _take_events(self, outbox: Outbox) -> list[Delivery]:
        events = outbox.take(MAX_BATCH)
        for event in events:
            subscription = self._subscriptions.get(event.channel)
            if subscription is not None and event.message.durable:
                subscription.taken = event.message.offset
        return [*events, *self._finish(events)]

    def _behind(self) -> Subscription | None:
        for subscription in self._subscriptions.values():
            if subscription.joined and subscription.place is Place.BEHIND:
                return subscription
        return None

    async def _repair(self, subscription: Subscription) -> list[Delivery]:
        REPAIRS.add()
        channel = subscription.channel
        whole = channel.single and subscription.lost
        try:
            reading = await read_since(self._replay, subscription, subscription.sent, whole=whole)
        except asyncio.CancelledError:
            subscription.fall_behind(lost=whole)
            raise
        except UnknownChannel:
            self.leave(channel)
            return [Done(channel, "gone")]
        except Exception as error:
            subscription.get_stuck(lost=whole)
            self._feeds.stuck(subscription)
            log.warning("repair.failed", channel=channel.name, error=type(error).__name__)
            return []
        if self._subscriptions.get(channel) is not subscription:  # left, or joined anew, meanwhile
            return []
        repaired: list[Delivery] = list(reading.deliveries)
        self._go_live(subscription, reading, repaired.append)
        return repaired

    def _go_live(self, subscription: Subscription, reading: Reading, tell: Tell) -> None:
        done = self._finish(reading.deliveries)
        for delivery in done:
            tell(delivery)
        if not done:
            subscription.go_live(reading)

    def _queue(self, event: Event) -> None:
        outbox = self._outbox
        if outbox is None:
            outbox = self._outbox = Outbox(
                self._settings.max_outbox_events, self._settings.max_outbox_bytes
            )
        if not outbox.put(event):
            SLOW_READERS.add("rewound")
            dropped = [event, *outbox.clear()]
            for channel in {gone.channel for gone in dropped}:
                self._subscriptions[channel].rewind()
        self.wake()

    def _finish(self, deliveries: Iterable[Event | Gap | State]) -> list[Delivery]:
        done: dict[Channel, Delivery] = {}
        for delivery in deliveries:
            match delivery:
                case Event(channel, message) if channel.kind == "job" and message.final:
                    done[channel] = Done(channel)
                case State(channel, _, _, True):
                    done[channel] = Done(channel)
        for channel in done:
            self.leave(channel)
        return list(done.values())
