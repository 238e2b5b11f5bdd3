"""Telling: hands messages to Redis, which hurries them to every web process."""

from collections.abc import Collection, Iterable
from pathlib import Path

import structlog

from realtime import keys
from realtime.breaker import REDIS_TROUBLE, Breaker
from realtime.channels import Channel
from realtime.measures import PUBLISH_FAILURES
from realtime.message import Message
from realtime.shared_connection import Script, SharedConnection
from realtime.stamps import Stamps

log = structlog.get_logger(__name__)

PUBLISH = Script(Path(__file__).with_name("lua") / "publish.lua")
AT_ONCE = 500
FEW = 12
NOBODY: frozenset[str] = frozenset()


class Publisher:
    """Publishes what is already committed. A lost message is found by the hub's position check."""

    def __init__(self, redis: SharedConnection) -> None:
        self._redis = redis
        self._breaker = Breaker()
        self._stamps = Stamps()

    async def heard(self, names: Collection[str], messages: int) -> Collection[str]:
        """Return those of ``names`` (see ``keys.events``) that somebody listens to.

        For the others nothing need be written: whoever begins to listen only now reads the record after
        that, and so misses nothing. For a few ``messages`` all are returned unasked, for ``publish`` asks
        anyway; none if Redis was not reached.
        """
        if messages <= FEW:
            return names
        if self._breaker.open:
            return NOBODY
        try:
            counted = await self._redis.ask("PUBSUB", "NUMSUB", *names)
        except REDIS_TROUBLE as error:
            self._troubled(error)
            return NOBODY
        return {
            name.decode() for name, count in zip(counted[::2], counted[1::2], strict=True) if count
        }

    async def publish(self, items: Iterable[tuple[Channel, Message]]) -> bool:
        """Publish in one round trip for each ``AT_ONCE`` messages.

        Returns False, and never raises, if Redis was not reached.
        """
        return await self._tell(
            [part for to, message in items for part in (keys.events(to), message.pack())]
        )

    async def order(self, orders: Iterable[bytes]) -> bool:
        """Tell every web process. Returns False, and never raises, if Redis was not reached."""
        return await self._tell([part for order in orders for part in (keys.CONTROL, order)])

    def recovered(self) -> None:
        """Take note that Redis answers again."""
        self._breaker.close()

    async def _tell(self, told: list[str | bytes]) -> bool:
        if told and self._breaker.open:
            return False
        self._stamps.follow(told)
        try:
            for start in range(0, len(told), 2 * AT_ONCE):
                await self._redis.run(PUBLISH, (), *told[start : start + 2 * AT_ONCE])
        except REDIS_TROUBLE as error:
            self._troubled(error)
            return False
        return True

    def _troubled(self, error: Exception) -> None:
        PUBLISH_FAILURES.add()
        self._breaker.trip()
        log.warning("publish.failed", error=type(error).__name__)
