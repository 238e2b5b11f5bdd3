"""Who came in by a session or a key, what they have open, and how it ends."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from websockets import ClientConnection, Subprotocol, connect

from service.client import mint_token
from service.server import Server, server_of
from service.settings import ServiceSettings
from tests.service.conftest import SECRET, Headers, serving, url

SCOPES = "jobs:read jobs:write keys:write"
SLOW = {"position_check_seconds": 1000.0}


@dataclass(frozen=True)
class Signed:
    """Who came in, how, and how to end it."""

    headers: Headers
    end: tuple[str, Headers]


@asynccontextmanager
async def site(
    settings: ServiceSettings, **changed: Any
) -> AsyncIterator[tuple[httpx2.AsyncClient, Server]]:
    """Run one web process and a client of it that keeps no cookies."""
    server = server_of(settings.model_copy(update=changed))
    async with (
        serving(server),
        httpx2.AsyncClient(base_url=url(server), timeout=20) as client,
    ):
        yield client, server


@asynccontextmanager
async def two_sites(
    settings: ServiceSettings, **changed: Any
) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient, Server]]:
    """Run two web processes: a client of the one, a client of the other, the other."""
    async with site(settings, **changed) as (here, _), site(settings, **changed) as (there, other):
        yield here, there, other


async def by_cookie(client: httpx2.AsyncClient, user: str = "ann") -> Signed:
    """Sign a browser in."""
    answer = await client.post(
        "/api/session", json={"token": mint_token(SECRET, user=user, scopes=SCOPES)}
    )
    own = {"Cookie": copied(answer, client), "Origin": str(client.base_url).rstrip("/")}
    return Signed(own, ("/api/session", own))


async def by_key(client: httpx2.AsyncClient, user: str = "ann", **wanted: Any) -> Signed:
    """Make a key."""
    owner = {"Authorization": f"Bearer {mint_token(SECRET, user=user, scopes=SCOPES)}"}
    made = (await client.post("/api/keys", json=wanted, headers=owner)).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    return Signed(headers, (f"/api/keys/{made['id']}", owner))


async def end(client: httpx2.AsyncClient, signed: Signed, **query: str) -> None:
    path, headers = signed.end
    answer = await client.delete(path, headers=headers, params=query)
    assert answer.status_code == 204, answer.text


def at(server: Server, headers: Headers) -> Headers:
    """Return the headers as a page of this server would send them."""
    return headers | ({"Origin": url(server)} if "Cookie" in headers else {})


@asynccontextmanager
async def talking(
    server: Server, headers: Headers, *protocols: str
) -> AsyncIterator[ClientConnection]:
    """Open a WebSocket, say hello and hear the welcome."""
    async with opening(server, headers, *protocols) as socket:
        await socket.send(json.dumps({"t": "hello", "subs": []}))
        assert json.loads(await socket.recv())["t"] == "welcome"
        yield socket


def opening(server: Server, headers: Headers, *protocols: str, query: str = "") -> connect:
    return connect(
        url(server).replace("http", "ws") + "/api/ws" + query,
        subprotocols=[Subprotocol(name) for name in ("jobcast.v1", *protocols)],
        additional_headers=headers,
        proxy=None,
    )


async def told_to_stop(socket: ClientConnection) -> Any:
    """Return the last frame and the code of a socket that is closed."""
    bye = json.loads(await socket.recv())
    await socket.wait_closed()
    return bye["code"], socket.close_code


async def last_event(answer: httpx2.Response) -> tuple[str, Any]:
    """Read a stream to its end and return the last event."""
    lines = [line async for line in answer.aiter_lines() if line]
    return lines[-2].removeprefix("event: "), json.loads(lines[-1].removeprefix("data: "))


@asynccontextmanager
async def streaming(
    client: httpx2.AsyncClient, headers: Headers, **query: str
) -> AsyncIterator[httpx2.Response]:
    """Open an event stream."""
    params = {"channel": "me", **query}
    async with client.stream("GET", "/api/events", params=params, headers=headers) as answer:
        assert answer.status_code == 200
        yield answer


def copied(answer: httpx2.Response, client: httpx2.AsyncClient) -> str:
    """Return the cookie that an answer sets, and let the client forget it."""
    client.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0]


async def status(client: httpx2.AsyncClient, headers: Headers) -> int:
    """Return how somebody is received."""
    return (await client.get("/api/session", headers=headers)).status_code
