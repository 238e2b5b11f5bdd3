"""Telling through a Redis that may be away."""

import time

from realtime.delivery import Event
from realtime.publisher import Publisher
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


async def test_an_outage_costs_one_time_out_and_not_one_for_each_message(
    world: World, redis_server: RedisServer
) -> None:
    publisher = Publisher(world.redis)
    redis_server.pause()
    started = time.monotonic()

    told = [await publisher.publish([(JOB, world.source.record(JOB))]) for _ in range(50)]

    redis_server.resume()
    assert not any(told)
    assert time.monotonic() - started < 2


async def test_a_dead_redis_is_told_as_false(world: World, redis_server: RedisServer) -> None:
    redis_server.kill()

    told = await world.realtime.publisher.publish([(JOB, world.source.record(JOB))])

    assert not told
