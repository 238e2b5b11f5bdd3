"""What one user, one address and one socket may take, and how connections end of themselves."""

import asyncio
from typing import Any

import pytest

from realtime.allowance import Allowance
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.connection import Connection
from realtime.websocket import SUBPROTOCOL
from service.dev.redis_server import RedisServer
from tests.realtime.browser import greeted, socket, stream
from tests.realtime.world import ME, World, caller, open_world, serving


async def test_more_messages_than_a_socket_may_send_ends_it_with_4101(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, max_messages_burst=5, max_messages_per_second=1) as world,
        serving(world) as server,
        greeted(server) as opened,
    ):
        for _ in range(6):
            await opened.say(t="ping")

        assert await opened.closed() == 4101


def test_an_allowance_fills_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("realtime.allowance.time.monotonic", lambda: now)
    allowance = Allowance(per_second=2, burst=3)

    assert [allowance.take() for _ in range(4)] == [True, True, True, False]
    now = 1.0
    assert [allowance.take() for _ in range(2)] == [True, False]


async def test_a_socket_that_is_old_enough_ends_with_4202(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, connection_max_age_seconds=0.01) as world,
        serving(world) as server,
        greeted(server) as opened,
    ):
        bye = await opened.until("bye")

        assert bye["code"] == 4202
        assert await opened.closed() == 4202


async def test_a_stream_that_is_old_enough_says_bye_and_ends(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, connection_max_age_seconds=0.01) as world,
        serving(world) as server,
        stream(server, "me") as opened,
    ):
        bye = await opened.until("bye")

        assert bye.data["code"] == 4202
        assert await opened.rest() == []


async def test_one_address_may_not_hold_more_than_its_share(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, max_connections_per_ip=2) as world,
        serving(world) as server,
        greeted(server, user="1"),
        greeted(server, user="2"),
        socket(server, user="3") as third,
    ):
        assert await third.closed() == 4008


async def test_the_end_of_a_session_closes_its_connections_and_no_others(world: World) -> None:
    mine = Caller("42", "acme", frozenset({"jobs:read"}), session="session:a")
    other = Caller("42", "acme", frozenset({"jobs:read"}), session="session:b")
    connections = world.realtime.connections
    async with world.hub.waiter(1) as one, world.hub.waiter(1) as two:
        with connections.admit(mine, one), connections.admit(other, two):
            connections.end_session("session:a")
            connections.end_session("")

            assert (one.closing, two.closing) == (True, False)


async def test_what_may_not_be_heard_any_more_is_left_at_the_next_recheck(
    redis_server: RedisServer,
) -> None:
    async with open_world(redis_server.url, recheck_seconds=0.01) as world:
        world.source.exists(Channel.job("j1"))
        async with (
            serving(world) as server,
            greeted(server, {"channel": "job:j1"}, {"channel": "me"}) as opened,
        ):
            await opened.until("subbed")
            await opened.until("subbed")
            world.source.remove(Channel.job("j1"))

            left = await opened.until("unsubbed")
            await world.tell(ME)
            event = await opened.until("ev")

    assert left == {"t": "unsubbed", "channel": "job:j1", "code": "revoked"}
    assert event["e"][0]["channel"] == "user:42"


async def test_a_request_whose_headers_dawdle_is_cut_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.protocols.HttpProtocol.header_timeout_seconds", 0.2)
    async with serving(world) as server, greeted(server) as witness:
        host, port = server.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /api/ws HTTP/1.1\r\nHost: x\r\nUpgrade: web")

        cut = await reader.read()

        writer.close()
        await witness.say(t="ping", i=1)
        assert cut == b""
        assert (await witness.until("pong"))["i"] == 1


async def test_who_does_not_go_when_the_server_stops_is_cut_off(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.connections.FAREWELL_SECONDS", 0.2)
    async with (
        open_world(redis_server.url, stall_seconds=60) as world,
        serving(world) as server,
        greeted(server, {"channel": "me"}, max_queue=1) as opened,
    ):
        opened.connection.transport.pause_reading()
        before = server_state(world)
        while server_state(world) == before:
            await world.tell(ME, "x" * 30_000)
        server.end.set()
        async with asyncio.timeout(10):
            while len(world.realtime.connections):
                await world.redis.ping()
        opened.connection.transport.abort()


def server_state(world: World) -> list[Any]:
    """Return which connections take what is written."""
    return [subscriber.writer and subscriber.writer.free for subscriber in world.hub._subscribers]


async def test_a_renewed_connection_ends_with_its_new_session_only(world: World) -> None:
    first = Caller("42", "acme", frozenset({"jobs:read"}), session="session:a")
    second = Caller("42", "acme", frozenset({"jobs:read"}), session="session:b")
    connections = world.realtime.connections
    async with world.hub.waiter(1) as subscriber:
        with connections.admit(first, subscriber) as connection:
            connections.renew(connection, second)
            connections.end_session("session:a")
            kept = subscriber.closing
            connections.end_session("session:b")

            assert (kept, subscriber.closing) == (False, True)
        assert not connections._of_session


async def test_empty_arrays_are_messages_too(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, max_messages_burst=5, max_messages_per_second=1) as world,
        serving(world) as server,
        greeted(server) as opened,
    ):
        for _ in range(6):
            await opened.connection.send("[]")

        async with asyncio.timeout(5):
            assert await opened.closed() == 4101


async def test_who_is_due_while_others_are_rechecked_is_not_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.connections.TICK_SECONDS", 0.01)
    connections = world.realtime.connections
    begun, go_on, seen = asyncio.Event(), asyncio.Event(), list[Connection]()

    async def recheck(connection: Connection) -> None:
        seen.append(connection)
        begun.set()
        await go_on.wait()

    connections.recheck = recheck
    async with world.hub.waiter(1) as one, world.hub.waiter(1) as two:
        first, second = connections.enter(caller(), one), connections.enter(caller(), two)
        connections.renew(first, caller())
        async with asyncio.timeout(5):
            await begun.wait()
            connections.renew(second, caller())
            while second.recheck_at == 0.0:
                await world.redis.ping()
            go_on.set()
            while second not in seen:
                await world.redis.ping()
        connections.leave(first)
        connections.leave(second)


async def test_a_ticket_for_me_is_still_good_for_it_at_the_next_recheck(
    redis_server: RedisServer,
) -> None:
    async with open_world(redis_server.url, recheck_seconds=0.01) as world:
        ticket = world.realtime.tickets.issue(caller(), channels=["me"])
        protocols = (SUBPROTOCOL, f"ticket.{ticket}")
        rechecked = asyncio.Event()
        before = world.realtime.connections.recheck
        assert before is not None

        async def recheck(connection: Connection) -> None:
            await before(connection)
            rechecked.set()

        world.realtime.connections.recheck = recheck
        async with (
            serving(world) as server,
            greeted(server, {"channel": "me"}, user=None, protocols=protocols) as opened,
        ):
            await opened.until("subbed")
            rechecked.clear()
            await rechecked.wait()
            await world.tell(ME)

            assert (await opened.hear())["t"] == "ev"


async def test_who_pings_and_does_not_read_fills_no_memory(world: World) -> None:
    async with (
        serving(world) as server,
        greeted(server, {"channel": "me"}, max_queue=1) as opened,
    ):
        opened.connection.transport.pause_reading()
        while all(server_state(world)):
            await world.tell(ME, "x" * 30_000)
        (inside,) = map(transport_of, server.server_state.connections)
        (subscriber,) = world.hub._subscribers
        full = inside.get_write_buffer_size()
        for _ in range(2_000):
            opened.connection.protocol.send_ping(b"x" * 125)
        await opened.say(t="ping")  # and with it, what is above
        async with asyncio.timeout(5):
            while getattr(subscriber.writer, "_pump", None) is None:  # the answer waits
                await world.redis.ping()

        assert inside.get_write_buffer_size() <= full + 1_000
        opened.connection.transport.abort()


def transport_of(connection: Any) -> asyncio.WriteTransport:
    """Return where the server writes to."""
    found: asyncio.WriteTransport = connection.transport
    return found


async def test_a_server_stops_though_somebody_said_goodbye_and_does_not_read(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, stall_seconds=60) as world,
        serving(world) as server,
        greeted(server, {"channel": "me"}, max_queue=1, close_timeout=0.1) as opened,
    ):
        opened.connection.transport.pause_reading()
        while all(server_state(world)):
            await world.tell(ME, "x" * 30_000)
        opened.connection.protocol.send_close(1000)
        opened.connection.send_data()
        async with asyncio.timeout(5):
            while len(world.realtime.connections):
                await world.redis.ping()
        server.end.set()
        async with asyncio.timeout(5):
            while server.server_state.connections:
                await world.redis.ping()
        opened.connection.transport.abort()
