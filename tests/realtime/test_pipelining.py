"""A second request on the connection of a live stream, before the stream has ended: HTTP/1.1 allows it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.realtime.world import ME, Server, World, serving


def asking(path: str) -> bytes:
    """Return a request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nX-User: 42\r\n\r\n".encode()


@asynccontextmanager
async def piped(
    server: Server,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a stream and, once it has begun, ask for something else on the same connection."""
    host, port = server.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(asking("/api/events?channel=me"))
    await reader.readuntil(b"event: welcome")
    writer.write(asking("/nowhere"))
    try:
        yield reader, writer
    finally:
        writer.close()


async def until_queued(server: Server) -> None:
    """Wait until the server holds the second request back."""
    while not any(getattr(one, "pipeline", None) for one in server.server_state.connections):
        await asyncio.sleep(0)


async def test_a_stream_with_a_request_behind_it_is_left_when_its_reader_goes(
    world: World,
) -> None:
    async with serving(world) as server, piped(server) as (_, writer):
        await until_queued(server)
        writer.transport.abort()

        async with asyncio.timeout(5):
            while len(world.realtime.connections):
                await world.tell(
                    ME
                )  # nothing is read meanwhile, so it shows when something is written


async def test_a_stream_with_a_request_behind_it_notices_that_its_reader_does_not_read(
    world: World,
) -> None:
    async with serving(world) as server, piped(server) as (_, writer):
        await until_queued(server)
        (subscriber,) = world.hub._subscribers

        async with asyncio.timeout(5):
            while subscriber.writer is None or subscriber.writer.free:
                await world.tell(ME, "x" * 30_000)  # the reader pauses itself when it has enough
        writer.transport.abort()


async def test_a_request_behind_a_stream_is_answered_after_it_and_keeps_its_headers(
    world: World,
) -> None:
    async with serving(world) as server:
        host, port = server.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(asking("/api/events?channel=me") + asking("/api/events"))
        await reader.readuntil(b"event: welcome")
        await until_queued(server)
        (stream,) = world.hub._subscribers
        stream.leave_all()
        stream.wake()

        async with asyncio.timeout(5):
            answer = await reader.readuntil(b"\r\nHTTP/1.1 4")
            status = await reader.readexactly(2)
        writer.close()

    assert b"0\r\n\r\n" in answer
    assert status == b"00"  # who asks is known, what for is missing
