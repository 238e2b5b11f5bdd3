"""Hearing, once a process: every channel somebody here listens to, fed to each who does.

Redis only hurries. Every ``position_check_seconds`` one question to the Source shows who missed
something, so a lost message, or no Redis at all, costs seconds and never an event.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from types import TracebackType
from typing import Self

import structlog

from realtime import keys, stamps
from realtime.channels import Channel
from realtime.close_codes import DRAIN
from realtime.cursor import Cursor
from realtime.delivery import Bye, Degraded
from realtime.ephemeral import Ephemeral, Memory
from realtime.feed import Feed
from realtime.lateness import Lateness
from realtime.link import CONTROL, STAMPS, Link
from realtime.message import Message
from realtime.replay import Replay
from realtime.settings import RealtimeSettings
from realtime.source import Source
from realtime.subscriber import Subscriber
from realtime.subscription import Place, Subscription
from realtime.waiter import Waiter

log = structlog.get_logger(__name__)

# Whoever publishes may notice a moment later than the hub that Redis is back.
RECOVERY_SECONDS, RECOVERY_CHECK = 3.0, 0.25


class Hub:
    """Open it as an async context manager; it owns its connection and its two tasks.

    ``controls`` are called with what is told to every process; ``checks`` run with each position check;
    ``recoveries`` are called when Redis is reached again.
    """

    def __init__(
        self, settings: RealtimeSettings, source: Source, redis_url: str, ephemeral: Ephemeral
    ) -> None:
        self.settings = settings
        self.replay = Replay(settings, source, ephemeral)
        self.controls: list[Callable[[bytes], None]] = []
        self.checks: list[Callable[[], Awaitable[None]]] = []
        self.recoveries: list[Callable[[], None]] = []
        self._source = source
        self._ephemeral = ephemeral
        self._feeds: dict[bytes, Feed] = {}
        self._subscribers: set[Subscriber] = set()
        self._stuck: set[Subscription] = set()
        self._letting_go = False
        self._behind_source = False
        self._lateness = Lateness(self._is_late, self._tell)
        self._epoch = ""
        self._recovers_until = 0.0
        self._check_now = asyncio.Event()
        self._heard_up = asyncio.Event()
        self._link = Link(
            settings, redis_url, on_message=self._deliver, on_change=self._link_changed
        )
        self._stack = AsyncExitStack()

    @property
    def degraded(self) -> bool:
        """Return whether everybody was told that changes arrive late: Redis or the Source is away."""
        return self._lateness.told

    @property
    def figures(self) -> tuple[int, int, bool]:
        """Return how many channels are listened to here, how many listen, and whether Redis is heard."""
        return len(self._feeds), len(self._subscribers), self._link.up

    def _is_late(self) -> bool:
        return self._behind_source or not self._link.up

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        for loop in (self._link.run(), self._check_positions()):
            self._stack.push_async_callback(_end, asyncio.create_task(loop))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.redis_timeout_seconds):
                await self._heard_up.wait()
        self._lateness.begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._lateness.end()
        for subscriber in list(self._subscribers):
            subscriber.close(Bye(DRAIN.number))
            subscriber.leave_all()
        await self._stack.__aexit__(kind, error, at)

    def open(self, max_channels: int) -> Subscriber:
        """Open a subscriber; ``close`` it."""
        subscriber = Subscriber(self.settings, self, self.replay, max_channels)
        self._subscribers.add(subscriber)
        return subscriber

    def close(self, subscriber: Subscriber) -> None:
        """Let a subscriber leave its channels. Harmless when called again."""
        self._subscribers.discard(subscriber)
        subscriber.leave_all()

    @asynccontextmanager
    async def listen(
        self, channel: Channel, since: Cursor | str | None = None
    ) -> AsyncIterator[Waiter]:
        """Listen to one channel inside the process, e.g. to wait for its ``final`` message."""
        cursor = Cursor.parse(since) if isinstance(since, str) else since
        async with self.waiter(max_channels=1) as waiter:
            await waiter.join(channel, cursor)
            yield waiter

    @asynccontextmanager
    async def waiter(self, max_channels: int) -> AsyncIterator[Waiter]:
        """Open a subscriber for a request that waits: it is let go when the process stops."""
        waiter = Waiter(self.settings, self, self.replay, max_channels)
        self._subscribers.add(waiter)
        if self._letting_go:
            waiter.close(Bye(DRAIN.number))
        try:
            yield waiter
        finally:
            self.close(waiter)

    def let_go(self) -> None:
        """End the waiting of every request that listens, now and from now on: a shutdown."""
        self._letting_go = True
        for subscriber in self._subscribers:
            if isinstance(subscriber, Waiter):
                subscriber.close(Bye(DRAIN.number))

    async def attach(self, channel: Channel, subscription: Subscription) -> Memory | None:
        """Feed ``subscription``; return when everything published from now on is heard.

        Of a job, what is remembered till then comes back by the same round trip, None without Redis.
        """
        name = keys.events(channel).encode()
        feed = self._feeds.get(name)
        if feed is None:
            feed = self._feeds[name] = Feed(channel)
        feed.subscriptions.add(subscription)
        if channel.kind != "job":
            await self._link.subscribe(name)
            return None
        commands = self._ephemeral.reading(channel)
        forget = subscription.forget_ephemeral
        answers = await self._link.subscribe_and_read(name, commands, forget)
        return None if answers is None else self._ephemeral.as_memory(answers)

    def detach(self, channel: Channel, subscription: Subscription) -> None:
        """Stop feeding ``subscription``; the channel is unsubscribed at the next check."""
        self._stuck.discard(subscription)
        feed = self._feeds.get(keys.events(channel).encode())
        if feed is not None:
            feed.subscriptions.discard(subscription)

    def stuck(self, subscription: Subscription) -> None:
        """Let ``subscription`` try again after the next check."""
        self._stuck.add(subscription)

    def _deliver(self, name: bytes, packed: bytes) -> None:
        feed = self._feeds.get(name)
        if feed is None:
            if name == CONTROL:
                self._control(packed)
            elif name == STAMPS:
                stamps.heard(packed)
            return
        try:
            message = Message.unpack(packed)
        except ValueError:
            log.warning("message.malformed", channel=feed.channel.name)
            return
        feed.top = max(feed.top, message.offset)
        for subscription in tuple(feed.subscriptions):  # hearing the end of a job leaves it
            try:
                subscription.hear(message)
            except Exception:  # raised on, it would end the link, for everybody
                log.exception("hearing.failed", channel=feed.channel.name)
                subscription.cut_off()

    def _control(self, payload: bytes) -> None:
        for control in self.controls:
            try:
                control(payload)
            except Exception:
                log.exception("control.failed")

    def _link_changed(self, up: bool) -> None:
        self._lateness.look()
        if up:
            if self._heard_up.is_set():
                self._recovers_until = asyncio.get_running_loop().time() + RECOVERY_SECONDS
            for recovered in self.recoveries:
                recovered()
            self._heard_up.set()
            for feed in self._feeds.values():
                for subscription in feed.subscriptions:
                    subscription.interrupt()
        self._check_now.set()

    async def _check_positions(self) -> None:
        while True:
            recovering = asyncio.get_running_loop().time() < self._recovers_until
            usual = self.settings.position_check_seconds
            with suppress(TimeoutError):
                async with asyncio.timeout(min(usual, RECOVERY_CHECK) if recovering else usual):
                    await self._check_now.wait()
            at_once = self._check_now.is_set() or recovering or not self._link.up
            self._check_now.clear()
            try:
                self._unsubscribe_unused()
                await self._compare(at_once=at_once)
                self._behind_source = False
            except Exception as error:
                self._behind_source = True
                log.warning("position_check.failed", error=type(error).__name__)
            self._lateness.look()
            await self._check_others()

    async def _check_others(self) -> None:
        for check in self.checks:
            try:
                await check()
            except Exception as error:
                log.warning("check.failed", error=type(error).__name__)

    async def _compare(self, *, at_once: bool) -> None:
        if not self._feeds:
            return
        known = [(feed.channel, feed.known) for feed in self._feeds.values()]
        moved = await self._source.moved(known)
        before = dict(known) if moved.offsets else {}
        for channel, offset in moved.offsets.items():
            feed = self._feeds.get(keys.events(channel).encode())
            if feed is not None:
                feed.verify(Cursor(moved.epoch, offset), before[channel], at_once=at_once)
        if moved.epoch != self._epoch:
            self._epoch = moved.epoch
            self._leave_epoch(moved.epoch)
        stuck, self._stuck = self._stuck, set()
        for subscription in stuck:
            subscription.try_again()

    def _leave_epoch(self, epoch: str) -> None:
        """Let everybody read who is in another timeline of the database."""
        for feed in self._feeds.values():
            for subscription in feed.subscriptions:
                if subscription.place is Place.LIVE and subscription.epoch != epoch:
                    subscription.give_up()

    def _unsubscribe_unused(self) -> None:
        unused = [name for name, feed in self._feeds.items() if not feed.subscriptions]
        for name in unused:
            del self._feeds[name]
        self._link.unsubscribe(unused)

    def _tell(self, late: bool) -> None:
        for subscriber in self._subscribers:
            if subscriber.greeted:
                subscriber.put(Degraded(late))


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
