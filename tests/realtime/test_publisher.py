"""Telling through a Redis that may be away."""

import asyncio
import time

from realtime import keys
from realtime.channels import Channel
from realtime.delivery import Event
from realtime.message import Message
from realtime.publisher import AT_ONCE, Publisher
from realtime.shared_connection import SharedConnection
from service.dev.redis_server import RedisServer
from tests.realtime.world import JOB, ME, World, collect


async def test_all_messages_go_out_in_order_in_one_call(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        said = [world.source.record(ME) for _ in range(3)]

        told = await world.realtime.publisher.publish([(ME, message) for message in said])

        assert told
        heard = await collect(subscriber, 4)
        assert heard[1:] == [Event(ME, message) for message in said]


async def test_nothing_to_publish_is_no_trouble(world: World) -> None:
    assert await world.realtime.publisher.publish([])


async def test_what_nobody_hears_costs_two_commands_however_much_it_is(world: World) -> None:
    said = [(Channel.job(n), world.source.record(Channel.job(n))) for n in range(100)]
    await world.realtime.publisher.publish(said)
    before = await commands(world)

    await world.realtime.publisher.publish(said)

    assert await commands(world) - before == 3  # with the question itself


async def test_more_than_goes_at_once_still_goes_out_in_order(world: World) -> None:
    async with world.redis.pubsub() as pubsub:
        await pubsub.subscribe(keys.events(ME))
        said = [(ME, world.source.record(ME)) for _ in range(2 * AT_ONCE + 1)]

        told = await world.realtime.publisher.publish(said)

        heard: list[int] = []
        async with asyncio.timeout(10):
            while len(heard) < len(said):
                packed = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
                heard += [Message.unpack(packed["data"]).offset] if packed else []

    assert told
    assert heard == list(range(1, len(said) + 1))


async def commands(world: World) -> int:
    """Return how many commands Redis has run."""
    return int((await world.redis.info("stats"))["total_commands_processed"])


async def test_an_outage_costs_one_time_out_and_not_one_for_each_message(
    world: World, redis_server: RedisServer
) -> None:
    asked = SharedConnection(redis_server.url, timeout_seconds=0.5)
    publisher = Publisher(asked)
    redis_server.pause()
    started = time.monotonic()

    told = [await publisher.publish([(JOB, world.source.record(JOB))]) for _ in range(50)]

    redis_server.resume()
    asked.close()
    assert not any(told)
    assert time.monotonic() - started < 2


async def test_a_dead_redis_is_told_as_false(world: World, redis_server: RedisServer) -> None:
    redis_server.kill()

    told = await world.realtime.publisher.publish([(JOB, world.source.record(JOB))])

    assert not told
