"""Signing out and revoking a key end everything that came in by them, on every web process."""

import asyncio
import json
from typing import Any

import pytest
from websockets import InvalidStatus

from service.settings import ServiceSettings
from tests.service.conftest import url
from tests.service.signed import (
    SLOW,
    at,
    by_cookie,
    by_key,
    copied,
    end,
    last_event,
    opening,
    site,
    status,
    streaming,
    talking,
    told_to_stop,
    two_sites,
)

DEAF = {"realtime_redis_url": "redis://127.0.0.1:1/0"}
WAYS = [by_cookie, by_key]


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_open_ends_with_4009_on_every_process_long_before_any_check(
    service_settings: ServiceSettings, way: Any
) -> None:
    async with two_sites(service_settings, **SLOW) as (here, there, other):
        signed = await way(here)
        others = await way(there, "bob")
        async with (
            talking(other, at(other, signed.headers)) as socket,
            streaming(there, at(other, signed.headers)) as stream,
            streaming(here, signed.headers) as near,
            talking(other, at(other, others.headers)) as unharmed,
        ):
            await end(here, signed)

            async with asyncio.timeout(5):
                assert await told_to_stop(socket) == (4009, 4009)
                assert (await last_event(stream)) == ("bye", {"code": 4009, "retry_ms": 0})
                assert (await last_event(near)) == ("bye", {"code": 4009, "retry_ms": 0})
            await unharmed.send(json.dumps({"t": "ping", "i": 1}))
            assert json.loads(await unharmed.recv()) == {"t": "pong", "i": 1}


@pytest.mark.parametrize("way", WAYS)
async def test_without_redis_the_position_check_ends_it(
    service_settings: ServiceSettings, way: Any
) -> None:
    async with two_sites(service_settings, **DEAF) as (here, there, other):
        signed = await way(here)
        async with (
            talking(other, at(other, signed.headers)) as socket,
            streaming(there, at(other, signed.headers)) as stream,
        ):
            await end(here, signed)

            async with asyncio.timeout(10):
                assert (await last_event(stream))[1]["code"] == 4009
                await socket.wait_closed()
                assert socket.close_code == 4009
        answer = await there.get("/api/session", headers=signed.headers)

    assert answer.status_code == 401


@pytest.mark.parametrize("way", WAYS)
async def test_a_copy_of_what_was_ended_is_refused_everywhere(
    service_settings: ServiceSettings, way: Any
) -> None:
    async with two_sites(service_settings, **SLOW) as (here, there, other):
        signed = await way(here)
        stolen = at(other, signed.headers)
        async with talking(other, stolen) as witness:
            assert (await there.get("/api/jobs", headers=stolen)).status_code == 200
            await end(here, signed)
            await witness.wait_closed()  # by now that process knows

        assert (await there.get("/api/jobs", headers=stolen)).status_code == 401
        assert (await there.post("/api/tickets", headers=stolen)).status_code == 401
        assert (await there.post("/api/session", headers=stolen)).status_code == 401
        assert (await there.get("/api/events?channel=me", headers=stolen)).status_code == 401
        with pytest.raises(InvalidStatus) as refused:
            async with opening(other, stolen):
                pass

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("way", WAYS)
async def test_a_process_that_starts_later_knows_what_was_ended(
    service_settings: ServiceSettings, way: Any
) -> None:
    async with site(service_settings) as (here, _):
        signed = await way(here)
        await end(here, signed)

    async with site(service_settings, **SLOW) as (later, _):
        assert (await later.get("/api/jobs", headers=signed.headers)).status_code == 401


@pytest.mark.parametrize("way", WAYS)
async def test_a_ticket_from_before_is_refused_and_its_connection_ends(
    service_settings: ServiceSettings, way: Any
) -> None:
    async with site(service_settings, **SLOW) as (client, server):
        signed = await way(client)
        tickets = [
            (await client.post("/api/tickets", headers=signed.headers)).json()["ticket"]
            for _ in range(4)
        ]
        origin = {"Origin": url(server)} if "Cookie" in signed.headers else {}
        async with (
            talking(server, origin, f"ticket.{tickets[0]}") as socket,
            streaming(client, origin, ticket=tickets[1]) as stream,
        ):
            await end(client, signed)

            assert await told_to_stop(socket) == (4009, 4009)
            assert (await last_event(stream))[1]["code"] == 4009
        params = {"channel": "me", "ticket": tickets[2]}
        answer = await client.get("/api/events", params=params, headers=origin)
        async with opening(server, origin, f"ticket.{tickets[3]}") as refused:
            await refused.wait_closed()

    assert answer.status_code == 401
    assert refused.close_code == 4001


@pytest.mark.parametrize("way", WAYS)
async def test_a_long_poll_is_answered_at_once_and_the_next_is_refused(
    service_settings: ServiceSettings, way: Any
) -> None:
    async with site(service_settings, **SLOW) as (client, server):
        signed = await way(client)
        start = await client.get("/api/events/poll?channel=me", headers=signed.headers)
        where = f"/api/events/poll?channel=me&wait=25&cursor={start.json()['cursor']}"
        async with asyncio.timeout(15):
            polling = asyncio.create_task(client.get(where, headers=signed.headers))
            while not len(server.app.state.realtime.connections):
                await asyncio.sleep(0)
            await end(client, signed)

            assert (await polling).status_code == 200
        assert (await client.get(where, headers=signed.headers)).status_code == 401


async def test_what_is_open_with_a_key_ends_when_the_key_expires(
    service_settings: ServiceSettings,
) -> None:
    async with site(service_settings, **SLOW) as (client, server):
        key = await by_key(client, expires_in=1)
        async with talking(server, key.headers) as socket:
            assert json.loads(await socket.recv())["t"] == "expiring"
            assert await told_to_stop(socket) == (4201, 4201)
        assert await status(client, key.headers) == 401


async def test_a_key_takes_the_sessions_opened_with_it_along(
    service_settings: ServiceSettings,
) -> None:
    async with site(service_settings, **SLOW) as (client, server):
        key = await by_key(client)
        answer = await client.post("/api/session", headers=key.headers)
        cookie = {"Cookie": copied(answer, client), "Origin": url(server)}
        async with talking(server, cookie) as socket:
            await end(client, key)

            assert await told_to_stop(socket) == (4009, 4009)
        assert await status(client, cookie) == 401
