"""One browser connection, or one waiting request: its channels, and what has to go out next."""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Protocol

import structlog

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
from realtime.outbox import Outbox
from realtime.replay import Reading, Replay
from realtime.settings import RealtimeSettings
from realtime.subscription import Place, Subscription

log = structlog.get_logger(__name__)

MAX_BATCH = 64
MAX_REPLIES = 16


class Feeds(Protocol):
    """What feeds a subscription with what is heard of a channel: the hub."""

    async def attach(self, channel: Channel, subscription: Subscription) -> None:
        """Return when everything published from now on is heard."""

    def detach(self, channel: Channel, subscription: Subscription) -> None:
        """Stop feeding."""


class Subscriber:
    """Fed by the hub without ever making it wait; read by one connection with ``next_batch``."""

    def __init__(
        self, settings: RealtimeSettings, feeds: Feeds, replay: Replay, max_channels: int
    ) -> None:
        self._feeds = feeds
        self._replay = replay
        self._max_channels = max_channels
        self._max_buffered = settings.max_outbox_events
        self._outbox = Outbox(settings.max_outbox_events, settings.max_outbox_bytes)
        self._first: deque[Delivery] = deque()
        self._subscriptions: dict[Channel, Subscription] = {}
        self._bye: Bye | None = None
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def subscriptions(self) -> Mapping[Channel, Subscription]:
        """Return the channels listened to now."""
        return self._subscriptions

    @property
    def busy(self) -> bool:
        """Return whether something is ready to go out."""
        return bool(self._first or len(self._outbox))

    async def join(
        self,
        channel: Channel,
        since: Cursor | None = None,
        *,
        snapshot: bool = True,
        request: object = None,
    ) -> Joined:
        """Listen to ``channel``: after ``since``, from a snapshot on, or from now on.

        The answer goes out through ``next_batch`` too, before anything else of the channel. Joining
        again starts afresh. Raises TooManyChannels, UnknownChannel, and whatever the Source raises.
        """
        self.leave(channel)
        if len(self._subscriptions) >= self._max_channels:
            raise TooManyChannels
        subscription = Subscription(channel, self._queue, self.wake, self._max_buffered)
        self._subscriptions[channel] = subscription
        try:
            await self._feeds.attach(channel, subscription)
            reading = await self._first_reading(subscription, since, snapshot=snapshot)
        except BaseException:
            self.leave(channel)
            raise
        recovered = since is not None and reading.recovered
        joined = Joined(channel, reading.cursor, recovered, reading.deliveries, request)
        self.put(joined)
        for done in self._go_live(subscription, reading):
            self.put(done)
        return joined

    def leave(self, channel: Channel) -> bool:
        """Stop listening to ``channel``; return whether it was listened to."""
        subscription = self._subscriptions.pop(channel, None)
        if subscription is None:
            return False
        self._feeds.detach(channel, subscription)
        self._outbox.drop(channel)
        return True

    def leave_all(self) -> None:
        """Stop listening to everything."""
        for channel in list(self._subscriptions):
            self.leave(channel)

    def put(self, delivery: Delivery) -> None:
        """Send ``delivery`` before what waits in the outbox."""
        self._first.append(delivery)
        if len(self._first) >= MAX_REPLIES:
            self._room.clear()
        self._wake.set()

    async def room(self) -> None:
        """Wait until the connection has taken enough of what it asked for."""
        await self._room.wait()

    def close(self, bye: Bye) -> None:
        """End the connection: the next batch is ``bye``, whatever else waits."""
        self._bye = self._bye or bye
        self._room.set()
        self._wake.set()

    def wake(self) -> None:
        """Let the connection look again: something fell behind or can be tried again."""
        self._wake.set()

    async def next_batch(self) -> list[Delivery]:
        """Wait for what goes out next, in order. One task at a time may ask."""
        while True:
            if self._bye is not None:
                return [self._bye]
            if self._first:
                return self._take_first()
            if len(self._outbox):
                return self._take_events()
            if behind := self._behind():
                if repaired := await self._repair(behind):
                    return repaired
                continue
            self._wake.clear()
            await self._wake.wait()

    async def final(self, timeout_seconds: float) -> None:
        """Wait until one of the channels is done. Raises TimeoutError, at once when draining."""
        async with asyncio.timeout(timeout_seconds):
            while True:
                batch = await self.next_batch()
                if any(isinstance(delivery, Done) for delivery in batch):
                    return
                if isinstance(batch[0], Bye):
                    raise TimeoutError

    def _take_first(self) -> list[Delivery]:
        taken = list(self._first)
        self._first.clear()
        self._room.set()
        return taken

    def _take_events(self) -> list[Delivery]:
        events = self._outbox.take(MAX_BATCH)
        for event in events:
            subscription = self._subscriptions.get(event.channel)
            if subscription is not None and event.message.durable:
                subscription.taken = Cursor(event.message.epoch, event.message.offset)
        return [*events, *self._finish(events)]

    def _behind(self) -> Subscription | None:
        for subscription in self._subscriptions.values():
            if subscription.joined and subscription.place is Place.BEHIND:
                return subscription
        return None

    async def _repair(self, subscription: Subscription) -> list[Delivery]:
        channel = subscription.channel
        whole = channel.kind == "job" and subscription.lost
        try:
            reading = await self._read(subscription, subscription.sent, whole=whole)
        except asyncio.CancelledError:
            subscription.fall_behind(lost=whole)
            raise
        except UnknownChannel:
            self.leave(channel)
            return [Done(channel, "gone")]
        except Exception as error:
            subscription.get_stuck(lost=whole)
            log.warning("repair.failed", channel=channel.name, error=type(error).__name__)
            return []
        if self._subscriptions.get(channel) is not subscription:  # left, or joined anew, meanwhile
            return []
        return [*reading.deliveries, *self._go_live(subscription, reading)]

    async def _first_reading(
        self, subscription: Subscription, since: Cursor | None, *, snapshot: bool
    ) -> Reading:
        channel = subscription.channel
        if since is not None:
            return await self._read(subscription, since, whole=channel.kind == "job")
        subscription.start_reading()
        if snapshot:
            state = await self._replay.state(channel, forget=subscription.forget_ephemeral)
            return Reading(state.cursor, [state])
        return await self._replay.now(channel)

    async def _read(self, subscription: Subscription, since: Cursor, *, whole: bool) -> Reading:
        subscription.start_reading()
        return await self._replay.since(
            subscription.channel, since, whole=whole, forget=subscription.forget_ephemeral
        )

    def _go_live(self, subscription: Subscription, reading: Reading) -> list[Delivery]:
        done = self._finish(reading.deliveries)
        if not done:
            subscription.go_live(reading)
        return done

    def _queue(self, event: Event) -> bool:
        if self._outbox.put(event):
            self._wake.set()
            return True
        dropped = [event, *self._outbox.clear()]
        for channel in {gone.channel for gone in dropped}:
            self._subscriptions[channel].rewind()
        self._wake.set()
        return False

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
