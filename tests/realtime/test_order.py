"""Neighbouring changes that two processes published the wrong way round."""

from realtime.delivery import Delivery, Event
from realtime.message import Message
from tests.realtime.world import ME, World, collect, offsets_until


def questions(world: World) -> int:
    """How often the Source was asked for changes of the channel."""
    return sum(1 for name, _ in world.source.asked if name == ME.name)


def recorded(world: World, count: int) -> list[Message]:
    return [world.source.record(ME) for _ in range(count)]


async def test_swapped_messages_are_put_in_order_without_asking_the_source(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        await collect(subscriber, 1)
        asked = questions(world)
        first, second, third = recorded(world, 3)

        await world.realtime.publisher.publish([(ME, third), (ME, second), (ME, first)])
        seen: list[Delivery] = await collect(subscriber, 3)

    assert seen == [Event(ME, first), Event(ME, second), Event(ME, third)]
    assert questions(world) == asked


async def test_a_message_that_never_comes_is_read_from_the_source_at_once(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        await collect(subscriber, 1)
        asked = questions(world)
        first, second = recorded(world, 2)

        await world.realtime.publisher.publish([(ME, second)])
        seen = await offsets_until(subscriber, 2)

    assert seen == [first.offset, second.offset]
    assert questions(world) == asked + 1
