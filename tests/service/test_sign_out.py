"""Signing out: of this browser, of all of them, and of every copy of a cookie."""

import json

import pytest

from jobs.errors import Unavailable
from service.client import mint_token
from service.settings import ServiceSettings
from tests.service.conftest import SECRET
from tests.service.signed import (
    SLOW,
    by_cookie,
    by_key,
    copied,
    end,
    site,
    status,
    talking,
    told_to_stop,
)


async def test_a_thief_who_renews_a_stolen_session_is_signed_out_with_it(
    service_settings: ServiceSettings,
) -> None:
    async with site(service_settings, **SLOW) as (client, _):
        signed = await by_cookie(client)
        renewed = await client.post("/api/session", headers=signed.headers)
        copy = {"Cookie": copied(renewed, client)}
        before = await status(client, copy)

        await end(client, signed)

        assert (before, await status(client, copy)) == (200, 401)


async def test_signing_out_everywhere_ends_all_sessions_of_the_user_and_nothing_else(
    service_settings: ServiceSettings,
) -> None:
    async with site(service_settings, **SLOW) as (client, server):
        here, phone = await by_cookie(client), await by_cookie(client)
        key, bob = await by_key(client), await by_cookie(client, "bob")
        async with talking(server, phone.headers) as socket:
            await end(client, here, everywhere="true")

            assert await told_to_stop(socket) == (4009, 4009)
        codes = [await status(client, each.headers) for each in (here, phone, key, bob)]

    assert codes == [401, 401, 200, 200]


async def test_a_token_signs_its_user_out_everywhere_and_nobody_else_can(
    service_settings: ServiceSettings,
) -> None:
    async with site(service_settings, **SLOW) as (client, _):
        signed = await by_cookie(client)
        token = {"Authorization": f"Bearer {mint_token(SECRET, user='ann')}"}
        everywhere = "/api/session?everywhere=true"

        foreign = {**signed.headers, "Origin": "https://evil.example"}
        refused = [
            (await client.delete(everywhere, headers=headers)).status_code
            for headers in ({}, foreign)
        ]
        before = await status(client, signed.headers)
        done = await client.delete(everywhere, headers=token)
        after = await status(client, signed.headers)

    assert refused == [401, 403]
    assert (before, done.status_code, after) == (200, 204, 401)


async def test_signing_out_with_a_key_revokes_no_key(service_settings: ServiceSettings) -> None:
    async with site(service_settings) as (client, _):
        key = await by_key(client)
        beside = await by_cookie(client)

        await client.delete("/api/session", headers=key.headers | beside.headers)

        assert await status(client, key.headers) == 200
        assert await status(client, beside.headers) == 401


async def test_a_socket_belongs_to_the_session_of_its_last_ticket(
    service_settings: ServiceSettings,
) -> None:
    async with site(service_settings, **SLOW) as (client, server):
        first, second = await by_cookie(client), await by_cookie(client)
        ticket = (await client.post("/api/tickets", headers=second.headers)).json()["ticket"]
        async with talking(server, first.headers) as socket:
            await socket.send(json.dumps({"t": "auth", "i": 1, "ticket": ticket}))
            assert json.loads(await socket.recv()) == {"t": "ok", "i": 1}

            await end(client, first)
            await socket.send(json.dumps({"t": "ping", "i": 2}))
            assert json.loads(await socket.recv()) == {"t": "pong", "i": 2}
            await end(client, second)

            assert await told_to_stop(socket) == (4009, 4009)


async def test_signing_out_twice_is_no_mistake_and_without_a_database_it_is_not_claimed(
    service_settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(sql: str, *args: object) -> list[object]:
        raise Unavailable

    async with site(service_settings) as (client, server):
        signed, other = await by_cookie(client), await by_cookie(client)
        await end(client, signed)
        await end(client, signed)
        monkeypatch.setattr(server.app.state.resources.db, "in_transaction", away)

        answer = await client.delete("/api/session", headers=other.headers)

    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers


async def test_who_signs_in_on_anothers_browser_ends_their_session_and_only_theirs(
    service_settings: ServiceSettings,
) -> None:
    async with site(service_settings, **SLOW) as (client, server):
        here, phone = await by_cookie(client), await by_cookie(client)
        async with talking(server, here.headers) as socket:
            for user in ("ann", "bob"):
                token = {"token": mint_token(SECRET, user=user)}
                await client.post("/api/session", json=token, headers=here.headers)

            assert await told_to_stop(socket) == (4009, 4009)
        codes = [await status(client, each.headers) for each in (here, phone)]

    assert codes == [401, 200]
