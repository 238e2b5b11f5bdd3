"""Hearing what workers are told: one pub/sub connection on the control channel.

It only hurries: every order is also in the record and found with the next heartbeat.
"""

from collections.abc import Callable, Mapping
from uuid import UUID

import structlog
from redis.asyncio import Redis

from jobs import keys

log = structlog.get_logger(__name__)

IDLE_SECONDS = 5.0


class Control:
    """Calls ``orders[word](job id)`` for every order of the form ``word id``; JSON is for web processes."""

    def __init__(self, redis: "Redis", orders: Mapping[str, Callable[[UUID], None]]) -> None:
        self._redis = redis
        self._orders = orders

    async def listen(self) -> None:
        """Listen until the connection fails; supervised by the worker, which calls again."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(keys.CONTROL)
            while True:
                message = await pubsub.get_message(timeout=IDLE_SECONDS)
                if message is None:
                    await pubsub.ping()
                elif message["type"] == "message" and not message["data"].startswith(b"{"):
                    self._obey(message["data"].decode(errors="replace"))

    def _obey(self, order: str) -> None:
        word, _, job_id = order.partition(" ")
        try:
            self._orders[word](UUID(job_id))
        except (KeyError, ValueError):
            log.warning("control.unknown_order")
