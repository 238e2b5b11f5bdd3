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
from redis.asyncio.connection import ConnectionPool

from realtime import keys
from realtime.channels import Channel
from realtime.close_codes import DRAIN
from realtime.cursor import Cursor
from realtime.delivery import Bye, Degraded
from realtime.ephemeral import Ephemeral
from realtime.link import CONTROL, Link
from realtime.message import Message
from realtime.replay import Replay
from realtime.settings import RealtimeSettings
from realtime.source import Source
from realtime.subscriber import Subscriber
from realtime.subscription import Place, Subscription

log = structlog.get_logger(__name__)


class Hub:
    """Open it as an async context manager; it owns its connection and its two tasks."""

    def __init__(
        self, settings: RealtimeSettings, source: Source, redis_url: str, ephemeral: Ephemeral
    ) -> None:
        self.settings = settings
        self.replay = Replay(settings, source, ephemeral)
        self.controls: list[Callable[[bytes], None]] = []
        self.checks: list[Callable[[], Awaitable[None]]] = []
        self._source = source
        self._feeds: dict[Channel, set[Subscription]] = {}
        self._channels: dict[bytes, Channel] = {}
        self._subscribers: set[Subscriber] = set()
        self._waiting: set[Subscriber] = set()
        self._letting_go = False
        self._behind_source = False
        self._check_now = asyncio.Event()
        self._heard_up = asyncio.Event()
        self._pool = ConnectionPool.from_url(redis_url, **_options(settings, redis_url))
        self._link = Link(
            self._pool,
            quiet_seconds=settings.position_check_seconds,
            timeout_seconds=settings.redis_timeout_seconds,
            on_message=self._deliver,
            on_change=self._link_changed,
        )
        self._stack = AsyncExitStack()

    @property
    def degraded(self) -> bool:
        """Return whether changes arrive late now: Redis or the Source cannot be reached."""
        return self._behind_source or not self._link.up

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        for loop in (self._link.run(), self._check_positions()):
            self._stack.push_async_callback(_end, asyncio.create_task(loop))
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.redis_timeout_seconds):
                await self._heard_up.wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for subscriber in list(self._subscribers):
            subscriber.close(Bye(DRAIN.number))
            subscriber.leave_all()
        await self._stack.__aexit__(kind, error, at)

    @asynccontextmanager
    async def subscriber(self, max_channels: int) -> AsyncIterator[Subscriber]:
        """Open a subscriber for one connection; it leaves its channels at the end."""
        subscriber = Subscriber(self.settings, self, self.replay, max_channels)
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)
            subscriber.leave_all()

    @asynccontextmanager
    async def listen(
        self, channel: Channel, since: Cursor | str | None = None
    ) -> AsyncIterator[Subscriber]:
        """Listen to one channel inside the process, e.g. to wait for its ``final`` message."""
        cursor = Cursor.parse(since) if isinstance(since, str) else since
        async with self.subscriber(max_channels=1) as subscriber:
            self._waiting.add(subscriber)
            try:
                await subscriber.join(channel, cursor)
                if self._letting_go:
                    subscriber.close(Bye(DRAIN.number))
                yield subscriber
            finally:
                self._waiting.discard(subscriber)

    def let_go(self) -> None:
        """End the waiting of every request that listens, now and from now on: a shutdown."""
        self._letting_go = True
        for subscriber in self._waiting:
            subscriber.close(Bye(DRAIN.number))

    async def attach(self, channel: Channel, subscription: Subscription) -> None:
        """Feed ``subscription``; return when everything published from now on is heard."""
        name = keys.events(channel).encode()
        self._channels[name] = channel
        self._feeds.setdefault(channel, set()).add(subscription)
        await self._link.subscribe(name)

    def detach(self, channel: Channel, subscription: Subscription) -> None:
        """Stop feeding ``subscription``; the channel is unsubscribed at the next check."""
        feed = self._feeds.get(channel)
        if feed is not None:
            feed.discard(subscription)

    def _deliver(self, name: bytes, packed: bytes) -> None:
        if name == CONTROL:
            for obey in self.controls:
                obey(packed)
            return
        channel = self._channels.get(name)
        if channel is None:
            return
        try:
            message = Message.unpack(packed)
        except ValueError:
            log.warning("message.malformed", channel=channel.name)
            return
        for subscription in tuple(self._feeds.get(channel, ())):
            subscription.hear(message)

    def _link_changed(self, up: bool) -> None:
        self._announce(was=self._behind_source or up)
        if up:
            self._heard_up.set()
            for feed in self._feeds.values():
                for subscription in feed:
                    subscription.interrupt()
            self._wake_all()
        self._check_now.set()

    async def _check_positions(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.position_check_seconds):
                    await self._check_now.wait()
            at_once = self._check_now.is_set() or not self._link.up
            self._check_now.clear()
            self._unsubscribe_unused()
            was = self.degraded
            try:
                await self._compare(at_once=at_once)
                self._behind_source = False
            except Exception as error:
                self._behind_source = True
                log.warning("position_check.failed", error=type(error).__name__)
            self._announce(was=was)
            self._wake_all()
            await self._run_checks()

    async def _run_checks(self) -> None:
        for check in self.checks:
            try:
                await check()
            except Exception as error:
                log.warning("check.failed", error=type(error).__name__)

    async def _compare(self, *, at_once: bool) -> None:
        if not self._feeds:
            return
        before = {place: place.sent for feed in self._feeds.values() for place in feed}
        positions = await self._source.positions(list(self._feeds))
        for subscription, sent in before.items():
            top = positions.offsets.get(subscription.channel)
            if subscription.place is Place.STUCK:
                subscription.fall_behind()
            subscription.verify(positions.epoch, top, sent, at_once=at_once)

    def _unsubscribe_unused(self) -> None:
        unused = [channel for channel, feed in self._feeds.items() if not feed]
        names = [keys.events(channel).encode() for channel in unused]
        for channel, name in zip(unused, names, strict=True):
            del self._feeds[channel], self._channels[name]
        self._link.unsubscribe(names)

    def _announce(self, *, was: bool) -> None:
        now = self.degraded
        if now != was:
            for subscriber in self._subscribers:
                subscriber.put(Degraded(now))

    def _wake_all(self) -> None:
        for subscriber in self._subscribers:
            subscriber.wake()


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _options(settings: RealtimeSettings, redis_url: str) -> dict[str, object]:
    options: dict[str, object] = {
        "socket_connect_timeout": settings.redis_timeout_seconds,
        "socket_keepalive": True,
    }
    if redis_url.startswith("rediss:") and not settings.redis_tls_verify:
        options |= {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    return options
