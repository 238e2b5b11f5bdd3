"""Who kills pub/sub connections and tells again, all the time: a process that no crowd holds up."""

import asyncio
import multiprocessing
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.faults.realtime.echo import NAME, echoing

KILL_SECONDS, BREAK_SECONDS = 4.0, 2.0
PAUSE_SECONDS = 0.03
ECHO_SECONDS = 1.0
SELDOM, OFTEN = 0.2, 0.4
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Teaser:
    """What both processes share: two counters, whether to tell again often, and the end."""

    killed: "Synchronized[int]"
    told: "Synchronized[int]"
    often: Event
    over: Event


@asynccontextmanager
async def teasing(redis_url: str, seed: int) -> AsyncIterator[Teaser]:
    """Tease Redis while the block runs."""
    teaser = Teaser(SPAWN.Value("l"), SPAWN.Value("l"), SPAWN.Event(), SPAWN.Event())
    process = SPAWN.Process(target=tease, args=(redis_url, seed, teaser), daemon=True)
    process.start()
    try:
        yield teaser
    finally:
        teaser.over.set()
        await asyncio.to_thread(process.join)


def tease(redis_url: str, seed: int, teaser: Teaser) -> None:
    """Run in the process."""
    dice = random.Random(seed)  # noqa: S311 - a story that can be told again

    async def both() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kill(redis_url, dice, teaser))
            tasks.create_task(tell_again(redis_url, dice, teaser))

    asyncio.run(both())


async def kill(redis_url: str, dice: random.Random, teaser: Teaser) -> None:
    """Kill the pub/sub connections again and again, with breaks."""
    loop = asyncio.get_running_loop()
    while not teaser.over.is_set():
        ends = loop.time() + KILL_SECONDS
        while loop.time() < ends and not teaser.over.is_set():
            with suppress(OSError, RedisError):  # Redis itself may be away
                await kill_until(ends, redis_url, teaser)
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.sleep(dice.uniform(0, BREAK_SECONDS))


async def kill_until(ends: float, redis_url: str, teaser: Teaser) -> None:
    """Kill until then; whoever tells again is spared."""
    async with Redis.from_url(redis_url, socket_timeout=1) as redis:
        while asyncio.get_running_loop().time() < ends and not teaser.over.is_set():
            for link in await redis.client_list(_type="pubsub"):
                if link["name"] != NAME:
                    teaser.killed.value += int(await redis.client_kill_filter(_id=link["id"]))
            await asyncio.sleep(PAUSE_SECONDS)


async def tell_again(redis_url: str, dice: random.Random, teaser: Teaser) -> None:
    """Repeat what is heard, often or seldom."""
    while not teaser.over.is_set():
        again = OFTEN if teaser.often.is_set() else SELDOM
        with suppress(OSError, RedisError):  # Redis itself may be away
            teaser.told.value += await echoing(redis_url, dice, again, ECHO_SECONDS)
        await asyncio.sleep(PAUSE_SECONDS)
