"""A reader that is slower than what it listens to."""

from realtime.delivery import Event, Joined, State
from realtime.message import Message
from service.dev.redis_server import RedisServer
from tests.realtime.world import JOB, ME, World, collect, offsets_until, open_world


async def test_a_slow_reader_is_switched_to_reading_and_misses_no_change(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, max_outbox_events=10) as world,
        world.hub.listen(ME, "e1.0") as slow,
        world.hub.listen(ME, "e1.0") as quick,
    ):
        for _ in range(100):
            last = await world.tell(ME)
            await offsets_until(quick, last.offset)

        seen = await offsets_until(slow, 100)

        assert seen == list(range(1, 101))
        assert ("user:42", 0) in world.source.asked[2:]
        await world.tell(ME)
        assert await offsets_until(slow, 101) == [101]


async def test_a_slow_reader_of_output_gets_the_text_so_far_instead(
    redis_server: RedisServer,
) -> None:
    async with open_world(redis_server.url, max_outbox_events=10) as world:
        world.source.record(JOB)
        async with world.hub.listen(JOB) as slow, world.hub.listen(JOB) as quick:
            await collect(slow, 1)
            await collect(quick, 1)
            for n in range(50):
                message = Message("job.output", b"{}", key="output")
                await world.realtime.ephemeral.text(JOB, 1, n, "x", [(JOB, message)])
                await collect(quick, 1)

            batch = await slow.next_batch()

    assert isinstance(batch[0], State)
    assert b"x" * 50 in batch[0].body


async def test_one_flooded_channel_does_not_lose_another_one_s_changes(
    redis_server: RedisServer,
) -> None:
    async with open_world(redis_server.url, max_outbox_events=10) as world:
        world.source.record(JOB)
        async with world.hub.waiter(2) as subscriber, world.hub.listen(JOB) as quick:
            await subscriber.join(ME)
            await subscriber.join(JOB)
            mine = await world.tell(ME)
            await collect(quick, 1)
            for n in range(50):
                message = Message("job.log", b"{}", key="log")
                await world.realtime.ephemeral.lines(JOB, 1, n, [b"{}"], [(JOB, message)])
                await collect(quick, 1)

            heard = await collect(subscriber, 4)

    assert [type(one) for one in heard[:2]] == [Joined, Joined]
    assert Event(ME, mine) in heard[2:]


async def test_a_left_channel_is_not_heard_of_any_more(world: World) -> None:
    world.source.record(JOB)
    async with world.hub.waiter(2) as subscriber:
        await subscriber.join(ME, snapshot=False)
        await subscriber.join(JOB, snapshot=False)
        await collect(subscriber, 2)
        await world.tell(JOB)

        subscriber.leave(JOB)
        await world.tell(JOB)
        mine = await world.tell(ME)

        assert await subscriber.next_batch() == [Event(ME, mine)]
