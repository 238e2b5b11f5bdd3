"""Redis goes, hangs or comes back empty; the Source cannot be read; the database is restored."""

import asyncio

from realtime.cursor import Cursor
from realtime.delivery import Degraded, Gap, State
from service.dev.redis_server import RedisServer
from tests.realtime.world import JOB, ME, World, collect, offsets_until, open_world


async def test_killed_pub_sub_connections_lose_nothing(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        reading = asyncio.create_task(offsets_until(subscriber, 500))
        for number in range(1, 501):
            await world.tell(ME)
            if number % 100 == 0:
                await world.kill_links()
        seen = await reading

    assert seen == list(range(1, 501))


async def test_a_redis_restart_is_told_and_survived(
    world: World, redis_server: RedisServer
) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        await collect(subscriber, 1)
        redis_server.kill()
        away = (await collect(subscriber, 1))[0]
        world.source.record(ME)
        meanwhile = await offsets_until(subscriber, 1)
        await redis_server.restart()
        back = (await collect(subscriber, 1))[0]
        await world.tell(ME)
        after = await offsets_until(subscriber, 2)

    assert (away, meanwhile, back, after) == (Degraded(True), [1], Degraded(False), [2])


async def test_a_link_that_is_dead_but_open_is_noticed(
    world: World, redis_server: RedisServer
) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        await collect(subscriber, 1)

        redis_server.pause()
        noticed = (await collect(subscriber, 1))[0]
        world.source.record(ME)
        seen = await offsets_until(subscriber, 1)

        redis_server.resume()
    assert noticed == Degraded(True)
    assert seen == [1]


async def test_a_job_listener_gets_a_whole_picture_after_the_link_was_lost(world: World) -> None:
    world.source.record(JOB)
    async with world.hub.listen(JOB, "e1.1") as subscriber:
        await collect(subscriber, 1)
        await world.kill_links()
        await world.realtime.ephemeral.text(JOB, 1, 0, "said while nobody heard")

        async with asyncio.timeout(5):
            while True:
                states = [d for d in await subscriber.next_batch() if isinstance(d, State)]
                if states and b"said while nobody heard" in states[-1].body:
                    break

    assert states[-1].cursor == Cursor("e1", 1)


async def test_a_hub_opens_without_redis_and_reads_the_source(
    redis_server: RedisServer,
) -> None:
    redis_server.kill()

    async with open_world(redis_server.url) as world, world.hub.listen(ME, "e1.0") as subscriber:
        world.source.record(ME)
        seen = await offsets_until(subscriber, 1)
        degraded = world.hub.degraded

    assert degraded
    assert seen == [1]


async def test_an_unreadable_source_is_told_and_read_later(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        await collect(subscriber, 1)
        world.source.down = True
        away = (await collect(subscriber, 1))[0]
        world.source.record(ME)
        await world.tell(ME)
        world.source.down = False
        seen = await offsets_until(subscriber, 2)

    assert away == Degraded(True)
    assert seen == [1, 2]


async def test_a_restored_database_is_a_gap_for_who_listens(world: World) -> None:
    world.source.record(ME)
    world.source.record(ME)
    async with world.hub.listen(ME, "e1.2") as subscriber:
        await collect(subscriber, 1)

        world.source.restore_backup("e2")
        gap, state = await collect(subscriber, 2)

    assert gap == Gap(ME, "epoch")
    assert isinstance(state, State)
    assert state.cursor == Cursor("e2", 1)
