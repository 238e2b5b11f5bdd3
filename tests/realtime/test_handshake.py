"""Who may open a WebSocket, from where, and how a refusal is told."""

import pytest
from websockets.exceptions import InvalidStatus

from realtime.websocket import SUBPROTOCOL
from service.dev.redis_server import RedisServer
from tests.realtime.browser import greeted, socket
from tests.realtime.world import Server, World, caller, open_world, serving


async def test_a_socket_that_says_no_hello_is_closed(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, hello_timeout_seconds=0.05) as world,
        serving(world) as server,
        socket(server) as opened,
    ):
        bye = await opened.hear()

        assert bye == {"t": "bye", "code": 4102, "retry_ms": 0}
        assert await opened.closed() == 4102


@pytest.mark.parametrize("protocols", [(), ("other.v1",), ("jobcast.v2", "ticket.tk_x")])
async def test_another_subprotocol_is_refused_before_accepting(
    server: Server, protocols: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(server, protocols=protocols):
            pass

    assert refused.value.response.status_code == 403


async def test_nobody_is_refused_before_accepting(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(server, user=None):
            pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "own.evil.example"])
@pytest.mark.parametrize("how", ["cookie", "bearer", "ticket"])
async def test_a_foreign_origin_is_refused_before_accepting(
    world: World, server: Server, origin: str, how: str
) -> None:
    ticket = world.realtime.tickets.issue(caller())
    protocols = (SUBPROTOCOL, f"ticket.{ticket}") if how == "ticket" else (SUBPROTOCOL,)
    headers = {"cookie": "user=42"} if how == "cookie" else {}

    with pytest.raises(InvalidStatus) as refused:
        async with socket(
            server,
            user="42" if how == "bearer" else None,
            protocols=protocols,
            origin=origin,
            headers=headers,
        ):
            pass

    assert refused.value.response.status_code == 403
    assert not world.spent


async def test_a_session_needs_an_origin_and_its_own_is_good(server: Server) -> None:
    cookie = {"cookie": "user=42"}
    with pytest.raises(InvalidStatus):
        async with socket(server, user=None, headers=cookie):
            pass

    own = f"http://{server.address}"
    async with greeted(server, user=None, headers=cookie, origin=own) as opened:
        assert opened.connection.subprotocol == SUBPROTOCOL


async def test_a_ticket_opens_one_socket_and_is_not_echoed(world: World, server: Server) -> None:
    ticket = world.realtime.tickets.issue(caller("7"))
    protocols = (SUBPROTOCOL, f"ticket.{ticket}")

    async with socket(server, user=None, protocols=protocols) as opened:
        await opened.say(t="hello")
        welcome = await opened.hear()
    async with socket(server, user=None, protocols=protocols) as again:
        code = await again.closed()

    assert opened.connection.subprotocol == SUBPROTOCOL
    assert welcome["user"] == "7"
    assert code == 4001


async def test_too_many_sockets_of_a_user_are_told_so(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, max_connections_per_user=1) as world,
        serving(world) as server,
        greeted(server),
        socket(server) as second,
    ):
        assert await second.closed() == 4008


async def test_a_full_server_tells_to_come_back(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, max_connections=1) as world,
        serving(world) as server,
        greeted(server),
        socket(server, user="7") as second,
    ):
        assert await second.closed() == 4100
