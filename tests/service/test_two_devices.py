"""Two devices of one user over real WebSockets: what one has read the other shows no more."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from websockets import ClientConnection, Subprotocol, connect

from jobs.resources import Resources, open_resources
from realtime.caller import Caller
from service.server import Server
from service.settings import ServiceSettings
from tests.jobs.test_inbox import told
from tests.service.conftest import As, Headers, url

ANN = Caller("ann", "ann", frozenset())


@pytest.fixture
async def resources(service_settings: ServiceSettings) -> AsyncIterator[Resources]:
    async with open_resources(service_settings) as opened:
        yield opened


@asynccontextmanager
async def device(server: Server, who: Headers) -> AsyncIterator[ClientConnection]:
    """Give a device that listens to its user's channel."""
    async with httpx2.AsyncClient(base_url=url(server)) as browser:
        ticket = (await browser.post("/api/tickets", headers=who)).json()
    offered = [Subprotocol("jobcast.v1"), Subprotocol(f"ticket.{ticket['ticket']}")]
    async with connect(ticket["ws_url"], subprotocols=offered) as socket:
        await say(socket, t="hello", subs=[{"channel": "me"}])
        await hear(socket, lambda frame: frame["t"] == "subbed")
        yield socket


async def say(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(json.dumps(frame))


async def hear(socket: ClientConnection, wanted: Any) -> Any:
    """Read frames until one is wanted; return it."""
    while True:
        found = json.loads(await socket.recv())
        for frame in found if isinstance(found, list) else [found]:
            if wanted(frame):
                return frame


async def hear_events(socket: ClientConnection, count: int) -> list[Any]:
    """Read until so many events have come."""
    heard: list[Any] = []
    while len(heard) < count:
        heard += (await hear(socket, lambda frame: frame["t"] == "ev"))["e"]
    return heard


async def test_what_one_device_has_read_the_other_hears_of_by_name(
    server: Server, resources: Resources, ann: Headers
) -> None:
    made = [str(await told(resources, caller=ANN)) for _ in range(3)]

    async with device(server, ann) as phone, device(server, ann) as laptop:
        await say(phone, t="read", i=1, ids=made[:2])
        answer = await hear(phone, lambda frame: frame["t"] == "ok")
        heard = await hear_events(laptop, 2)

    assert (answer["read"], answer["unread"]) == (2, 1)
    assert [event["type"] for event in heard] == ["inbox.read"] * 2
    assert {event["subject"] for event in heard} == {f"inbox:{ident}" for ident in made[:2]}
    assert [event["offset"] for event in heard] == [4, 5]
    assert all(event["data"]["read_at"] for event in heard)


async def test_what_one_device_acknowledges_the_other_does_not_hear(
    server: Server, resources: Resources, ann: Headers
) -> None:
    made = [str(await told(resources, caller=ANN)) for _ in range(2)]

    async with device(server, ann) as phone, device(server, ann) as laptop:
        await say(phone, t="ack", i=1, channel="me", offset=2)
        answer = await hear(phone, lambda frame: frame["t"] == "ok")
        await say(phone, t="read", ids=made[:1])
        [heard] = await hear_events(laptop, 1)

    assert answer["acked"] == 2
    assert (heard["type"], heard["offset"]) == ("inbox.read", 3)


async def test_another_users_device_hears_nothing_and_may_ask_for_nothing(
    server: Server, resources: Resources, ann: Headers, as_user: As
) -> None:
    [made] = [str(await told(resources, caller=ANN))]

    async with device(server, as_user("bob", org="ann")) as stranger, device(server, ann) as own:
        await say(stranger, t="ack", i=1, channel="user:ann", offset=1)
        refusal = await hear(stranger, lambda frame: frame["t"] == "err")
        await say(stranger, t="read", i=2, ids=[made])
        nothing = await hear(stranger, lambda frame: frame["t"] == "ok")
        await say(own, t="read", i=3, all=True)
        rest = await hear(own, lambda frame: frame["t"] == "ok")

    assert (nothing["read"], rest["read"]) == (0, 1)
    assert "not_found" in json.dumps(refusal)
