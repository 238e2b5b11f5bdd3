"""Telling again: every message that goes over Redis is published once more, twice, and out of order."""

import random
import time
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

NAME = "echo"  # of its connection, by which the killer of all others spares it
PATTERN = "jobcast:events:*"
HELD = 20
AGAIN = 0.4
TURN_SECONDS = 0.5


async def echoing(redis_url: str, dice: random.Random, seconds: float) -> int:
    """Listen for a while and repeat what is heard; return how many messages were published."""
    until, told = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        with suppress(OSError, RedisError):  # Redis itself may be away
            async with Redis.from_url(redis_url, socket_timeout=1, client_name=NAME) as redis:
                told += await echo_until(redis, dice, min(until, time.monotonic() + TURN_SECONDS))
    return told


async def echo_until(redis: Redis, dice: random.Random, until: float) -> int:
    """Repeat what is heard until then."""
    told = 0
    held: list[tuple[bytes, bytes]] = []
    async with redis.pubsub() as pubsub:
        await pubsub.psubscribe(PATTERN)
        while time.monotonic() < until:
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=0.05)
            if message is not None and dice.random() < AGAIN:  # it hears itself: each echo fades
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
