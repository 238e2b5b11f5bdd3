"""Connections whose other side does not read, or that end before anything was written."""

import asyncio
from contextlib import suppress

import orjson
import pytest
from starlette.types import Message as AsgiMessage

from realtime.channels import Channel
from realtime.delivery import Bye
from realtime.source import Snapshot
from realtime.websocket import SocketWriter
from realtime.writer import Writer
from service.dev.redis_server import RedisServer
from tests.realtime.browser import greeted
from tests.realtime.world import JOB, ME, World, open_world, serving


async def test_a_stalled_reader_with_many_questions_gives_its_place_back(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, stall_seconds=0.2) as world,
        serving(world) as server,
        greeted(server, {"channel": "me"}, max_queue=1) as opened,
    ):
        opened.connection.transport.pause_reading()
        (subscriber,) = world.hub._subscribers
        while subscriber.writer is None or subscriber.writer.free:
            await world.tell(ME, "x" * 30_000)
        for number in range(40):
            await opened.say(t="ping", i=number)

        async with asyncio.timeout(5):
            while len(world.realtime.connections):
                await world.redis.ping()
        opened.connection.transport.abort()


async def test_a_stream_ends_for_who_reads_its_last_piece_slowly(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gave_up = asyncio.Event()

    async def snapshot(channel: Channel) -> Snapshot:
        return Snapshot("e1", 1, orjson.dumps({"job": "x" * 16_000_000}), final=True)

    async def hurry(writer: Writer, message: AsgiMessage) -> bool:
        taken = await in_no_time(writer, message)
        gave_up.set()
        return taken

    in_no_time = Writer.hurry
    monkeypatch.setattr("realtime.writer.CLOSE_SECONDS", 0.01)
    monkeypatch.setattr(Writer, "hurry", hurry)
    monkeypatch.setattr(world.source, "snapshot", snapshot)
    world.source.exists(JOB)
    async with serving(world) as server:
        host, port = server.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
        path = b"/api/events?channel=job:j1&snapshot=1"
        writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nX-User: 42\r\n\r\n")
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):  # not reading
                await gave_up.wait()

        async with asyncio.timeout(5):
            heard = b""
            while not heard.endswith(b"\r\n0\r\n\r\n"):
                heard = heard[-10:] + await reader.read(1_000_000)
        writer.close()


async def test_who_is_ended_before_their_writer_is_there_is_told_by_it(world: World) -> None:
    sent: list[AsgiMessage] = []
    closed = asyncio.Event()

    async def send(message: AsgiMessage) -> None:
        sent.append(message)
        if message["type"] == "websocket.close":
            closed.set()

    async with world.hub.waiter(1) as subscriber:
        subscriber.close(Bye(4009))
        SocketWriter(subscriber, None, send, stall_seconds=1.0)

        async with asyncio.timeout(5):
            await closed.wait()

    assert sent[-1]["code"] == 4009
