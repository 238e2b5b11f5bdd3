"""Random trouble, many readers: each sees every change once, in order, or a snapshot instead."""

import asyncio
import random

import pytest

from realtime.cursor import Cursor
from realtime.delivery import Event, Gap, Joined, State
from realtime.hub import Hub
from service.dev.redis_server import RedisServer
from tests.realtime.world import ME, World, open_world

CHANGES = 400


@pytest.mark.parametrize("seed", range(4))
async def test_no_reader_has_a_gap_a_double_or_a_wrong_order(
    redis_server: RedisServer, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a story that can be told again
    async with open_world(redis_server.url, max_outbox_events=20, replay_limit=150) as world:
        paces = [random.Random(f"{seed}.{n}") for n in range(12)]  # noqa: S311 - likewise
        readers = [asyncio.create_task(read(world.hub, pace)) for pace in paces]
        for _ in range(CHANGES):
            await change(world, dice)
        views = await asyncio.gather(*readers)

    assert all(view == CHANGES for view in views)


async def change(world: World, dice: random.Random) -> None:
    """Commit a change and tell it once, twice, late or never; now and then kill the link."""
    message = world.source.record(ME)
    fate = dice.random()
    if fate < 0.9:
        await world.realtime.publisher.publish([(ME, message)] * (2 if fate < 0.1 else 1))
    if fate > 0.985:
        await world.kill_links()


async def read(hub: Hub, dice: random.Random) -> int:
    """Join, leave and join again at random until the last change was seen; return it."""
    seen = 0
    while seen < CHANGES:
        async with hub.waiter(1) as subscriber, asyncio.timeout(30):
            await subscriber.join(ME, Cursor("e1", seen))
            while seen < CHANGES and dice.random() > 0.02:
                for _ in range(dice.randrange(20)):  # a reader of its own pace
                    await asyncio.sleep(0)
                for delivery in await subscriber.next_batch():
                    first = delivery.first if isinstance(delivery, Joined) else [delivery]
                    for one in first:
                        seen = follow(seen, one)
    return seen


def follow(seen: int, one: object) -> int:
    """Check that ``one`` comes next after ``seen``."""
    match one:
        case Event(_, message):
            assert message.offset == seen + 1
            return message.offset
        case State(_, cursor):
            assert cursor.offset >= seen
            return cursor.offset
        case Gap(_, reason):
            assert reason == "evicted"
    return seen
