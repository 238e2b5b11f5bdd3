"""A shutdown tells browsers first, spreads them out, and is not held up by an open stream."""

import asyncio
import time

from service.dev.redis_server import RedisServer
from tests.realtime.browser import get, greeted, stream
from tests.realtime.world import JOB, World, open_world, serving


async def test_sockets_and_streams_are_told_and_the_server_ends(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url) as world,
        serving(world) as server,
        greeted(server, {"channel": "me"}) as opened,
        stream(server, "me") as streamed,
    ):
        await streamed.next()
        started = time.monotonic()
        server.end.set()

        frame, event = await opened.until("bye"), await streamed.until("bye")

        assert frame["code"] == event.data["code"] == 1012
        assert 500 <= frame["retry_ms"] <= 5000
        assert await opened.closed() == 1012
        assert await streamed.rest() == []
    assert time.monotonic() - started < 5


async def test_goodbyes_are_spread(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, drain_seconds=1.0, max_connections_per_user=50) as world,
        serving(world) as server,
    ):
        moments: list[float] = []

        async def read() -> None:
            async with stream(server, "me") as opened:
                await opened.next()
                ready.release()
                await opened.until("bye")
                moments.append(time.monotonic())

        ready = asyncio.Semaphore(0)
        async with asyncio.TaskGroup() as readers:
            for _ in range(30):
                readers.create_task(read())
            for _ in range(30):
                await ready.acquire()
            await world.realtime.drain()

    assert max(moments) - min(moments) > 0.5


async def test_while_draining_nobody_new_is_admitted(redis_server: RedisServer) -> None:
    async with open_world(redis_server.url) as world, serving(world) as server:
        await world.realtime.drain()

        refused = await get(server, "channel=me", x_user="42")

    assert refused.status_code == 503
    assert "retry-after" in refused.headers


async def test_a_drain_without_connections_takes_no_time(world: World) -> None:
    started = time.monotonic()

    await world.realtime.drain()

    assert time.monotonic() - started < 0.1


async def test_a_waiting_request_is_let_go(world: World) -> None:
    world.source.record(JOB)
    async with world.hub.listen(JOB) as subscriber:
        waiting = asyncio.create_task(subscriber.final(60))
        await world.until_heard(JOB)

        await world.realtime.drain()

        results = await asyncio.gather(waiting, return_exceptions=True)
    assert isinstance(results[0], TimeoutError)
