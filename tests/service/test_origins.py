"""Which pages may listen with a browser's cookie (catalogue S16, CWE-1385): refused before accepting."""

from typing import Any

import httpx2
import pytest
from websockets import InvalidStatus, Subprotocol, connect

from service.client import mint_token
from service.server import Server
from tests.service.conftest import SECRET, Headers, address, url

FOREIGN = [
    "https://evil.example",
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://{host}:{port}",
    "http://{host}:{port}.evil.example",
    "http://evil.example/http://{host}:{port}",
    "http://{host}:{port}/",
    "http://{host}:{port}@evil.example",
    "http://localhost:{port}",
    "HTTP://{host}:{port}",
    "https://partner.example.evil.example",
    "http://partner.example",
    "https://sub.partner.example",
    "https://partner.example:444",
]


@pytest.fixture
async def cookie(server: Server) -> Headers:
    """Give what a signed-in browser sends along, whichever page asks."""
    async with httpx2.AsyncClient(base_url=url(server)) as client:
        token = mint_token(SECRET, user="ann")
        answer = await client.post("/api/session", json={"token": token})
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


async def upgrade(server: Server, headers: Headers, *protocols: str, query: str = "") -> int:
    """Return the status of an upgrade."""
    offered = [Subprotocol(name) for name in ("jobcast.v1", *protocols)]
    where = url(server).replace("http", "ws") + f"/api/ws{query}"
    try:
        async with connect(
            where, subprotocols=offered, additional_headers=headers, proxy=None
        ) as socket:
            return socket.response.status_code if socket.response else 0
    except InvalidStatus as refusal:
        return refusal.response.status_code


async def stream(server: Server, headers: Headers, **query: str) -> int:
    """Return the status of an event stream."""
    params = {"channel": "me", **query}
    async with (
        httpx2.AsyncClient(base_url=url(server)) as client,
        client.stream("GET", "/api/events", params=params, headers=headers) as answer,
    ):
        return answer.status_code


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_listens_to_nothing_with_its_visitors_cookie(
    server: Server, cookie: Headers, origin: str
) -> None:
    host, port = address(server)
    headers = cookie | {"Origin": origin.format(host=host, port=port)}

    assert await upgrade(server, headers) == 403
    assert await stream(server, headers) == 403


@pytest.mark.parametrize("origin", [None, "https://partner.example"])
async def test_own_and_allowed_pages_listen_with_the_cookie(
    server: Server, cookie: Headers, origin: str | None
) -> None:
    headers = cookie | {"Origin": origin or url(server)}

    assert await upgrade(server, headers) == 101
    assert await stream(server, headers) == 200


async def test_an_upgrade_by_cookie_names_its_origin_and_names_it_once(
    server: Server, cookie: Headers
) -> None:
    twice: Any = [*cookie.items(), ("Origin", url(server)), ("Origin", "https://evil.example")]

    assert await upgrade(server, cookie) == 403
    assert await upgrade(server, twice) == 400  # by the websockets library
    assert await stream(server, twice) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_stream_without_origin_that_another_site_asks_for_is_refused(
    server: Server, cookie: Headers, site: str
) -> None:
    assert await stream(server, cookie | {"Sec-Fetch-Site": site}) == 403
    assert await stream(server, cookie | {"Sec-Fetch-Site": "same-origin"}) == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_ticket_of_a_page_opens_nothing_for_another(
    server: Server, cookie: Headers, origin: str
) -> None:
    own = cookie | {"Origin": url(server)}
    async with httpx2.AsyncClient(base_url=url(server), headers=own) as client:
        ticket = (await client.post("/api/tickets")).json()["ticket"]

    assert await upgrade(server, {"Origin": origin}, f"ticket.{ticket}") == 403
    assert await stream(server, {"Origin": origin}, ticket=ticket) == 401
    assert await stream(server, {}, ticket=ticket) == 401
    assert await stream(server, {"Origin": url(server)}, ticket=ticket) == 200


async def test_a_ticket_in_the_query_is_for_streams_only(server: Server, cookie: Headers) -> None:
    own = cookie | {"Origin": url(server)}
    async with httpx2.AsyncClient(base_url=url(server)) as client:
        ticket = (await client.post("/api/tickets", headers=own)).json()["ticket"]
        elsewhere = [
            await client.get("/api/jobs", params={"ticket": ticket}),
            await client.post("/api/jobs", params={"ticket": ticket}, json={"kind": "say"}),
            await client.get("/api/session", params={"ticket": ticket}),
            await client.post("/api/tickets", params={"ticket": ticket}),
        ]

    assert [answer.status_code for answer in elsewhere] == [401] * 4
    assert await upgrade(server, {"Origin": url(server)}, query=f"?ticket={ticket}") == 403
    assert await stream(server, {"Origin": url(server)}, ticket=ticket) == 200


async def test_a_foreign_page_gets_no_ticket_by_its_visitors_cookie(
    server: Server, cookie: Headers
) -> None:
    async with httpx2.AsyncClient(base_url=url(server), headers=cookie) as client:
        evil = await client.post("/api/tickets", headers={"Origin": "https://evil.example"})
        nameless = await client.post("/api/tickets")

    assert (evil.status_code, nameless.status_code) == (403, 403)


async def test_neither_ticket_nor_cookie_is_in_any_log(
    server: Server, cookie: Headers, capfd: pytest.CaptureFixture[str]
) -> None:
    own = {"Origin": url(server)}
    async with httpx2.AsyncClient(base_url=url(server)) as client:
        ticket = (await client.post("/api/tickets", headers=cookie | own)).json()["ticket"]

    assert await stream(server, own, ticket=ticket) == 200
    assert await stream(server, own, ticket=ticket) == 401
    assert await upgrade(server, own, f"ticket.{ticket}") == 101  # to be told 4001
    assert await upgrade(server, cookie | own) == 101

    written = "".join(capfd.readouterr())
    assert "/api/ws" in written
    assert ticket not in written
    assert cookie["Cookie"].partition("=")[2] not in written
