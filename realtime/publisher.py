"""Telling: hands messages to Redis, which hurries them to every web process."""

import asyncio
from collections.abc import Iterable

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from realtime import keys
from realtime.breaker import REDIS_TROUBLE, Breaker
from realtime.channels import Channel
from realtime.link import CONTROL
from realtime.message import Message

log = structlog.get_logger(__name__)


class Publisher:
    """Publishes what is already committed. A lost message is found by the hub's position check."""

    def __init__(
        self, redis: Redis, *, timeout_seconds: float = 0.5, breaker: Breaker | None = None
    ) -> None:
        self._redis = redis
        self._timeout_seconds = timeout_seconds
        self._breaker = breaker or Breaker()

    async def publish(self, items: Iterable[tuple[Channel, Message]]) -> bool:
        """Publish in one round trip. Returns False, and never raises, if Redis was not reached."""
        pipeline = self._redis.pipeline(transaction=False)
        for channel, message in items:
            pipeline.publish(keys.events(channel), message.pack())
        return await self._execute(pipeline)

    async def order(self, orders: Iterable[bytes]) -> bool:
        """Tell every web process. Returns False, and never raises, if Redis was not reached."""
        pipeline = self._redis.pipeline(transaction=False)
        for order in orders:
            pipeline.publish(CONTROL, order)
        return await self._execute(pipeline)

    async def _execute(self, pipeline: "Pipeline") -> bool:
        if not len(pipeline):
            return True
        if self._breaker.open:
            return False
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await pipeline.execute()
        except REDIS_TROUBLE as error:
            self._breaker.trip()
            log.warning("publish.failed", error=type(error).__name__)
            return False
        return True
