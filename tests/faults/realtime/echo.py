"""Telling again: messages that go over Redis are published once more, twice, and out of order."""

import random
import time

from redis.asyncio import Redis

NAME = "echo"  # of its connection, by which the killer of all others spares it
PATTERN = "jobcast:events:*"
HELD = 20


async def echoing(redis_url: str, dice: random.Random, again: float, seconds: float) -> int:
    """Listen for a while and repeat some of what is heard; return how many messages were published.

    ``again`` is the chance to be repeated. It hears itself: each echo fades. Raises OSError, RedisError.
    """
    until, told = time.monotonic() + seconds, 0
    held: list[tuple[bytes, bytes]] = []
    async with (
        Redis.from_url(redis_url, socket_timeout=1, client_name=NAME) as redis,
        redis.pubsub() as pubsub,
    ):
        await pubsub.psubscribe(PATTERN)
        while time.monotonic() < until:
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=0.05)
            if message is not None and dice.random() < again:
                held.append((message["channel"], message["data"]))
            if len(held) >= HELD or (held and message is None):
                told += await repeat(redis, held, dice)
                held = []
    return told


async def repeat(redis: Redis, held: list[tuple[bytes, bytes]], dice: random.Random) -> int:
    """Publish each twice, in any order."""
    again = dice.sample(held * 2, len(held) * 2) if len(held) < HELD else held[::-1]
    for channel, data in again:
        await redis.publish(channel, data)
    return len(again)
