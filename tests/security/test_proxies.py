"""Where a request comes from is told by routers we know, never by the client (S44, S12)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from starlette.applications import Starlette

from realtime.connections import address_of
from service.client import mint_token
from service.guessing import Guesses
from service.proxies import Proxies
from service.settings import ServiceSettings
from tests.service.conftest import SECRET as SERVICE_SECRET
from tests.service.conftest import As, Headers

SECRET = "long enough for whatever is asked of it"
PROD = {"env": "prod", "jwt_secret": SECRET, "secret_key": SECRET}
PEER, CLIENT, FORGED = "10.1.2.3", "203.0.113.7", "198.51.100.66"


async def seen(
    settings: Mapping[str, Any],
    headers: list[tuple[str, str]],
    peer: str = PEER,
    kind: str = "http",
) -> tuple[str, str]:
    """Return the address and the scheme that the application is told."""
    told: list[tuple[str, str]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.append((scope["client"][0], scope["scheme"]))

    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scheme = "ws" if kind == "websocket" else "http"
    scope = {"type": kind, "client": (peer, 1), "scheme": scheme, "headers": raw}
    await Proxies(app, settings=ServiceSettings(**settings))(scope, None, None)  # type: ignore[arg-type]  # not asked
    return told[0]


XFF = "X-Forwarded-For"
FLY = {"fly_app_name": "jobcast"}
TWO = {"trusted_proxies": 2}
ADDRESSES = [
    # Heroku: its router adds the true address at the right end
    ({}, [(XFF, CLIENT)], CLIENT),
    ({}, [(XFF, f"{FORGED}, {CLIENT}")], CLIENT),
    ({}, [(XFF, FORGED), (XFF, CLIENT)], CLIENT),
    ({}, [(XFF, f"{FORGED}, {FORGED}, {CLIENT}:4711")], CLIENT),
    ({}, [(XFF, "2001:db8::7")], "2001:db8::7"),
    ({}, [(XFF, "[2001:db8::7]:4711")], "2001:db8::7"),
    ({}, [(XFF, f"::ffff:{CLIENT}")], CLIENT),
    # another router's own header is nothing to us
    ({}, [("Fly-Client-IP", FORGED), (XFF, CLIENT)], CLIENT),
    ({}, [("Forwarded", f"for={FORGED}"), ("X-Real-IP", FORGED)], PEER),
    # Fly: a header of its own, that its proxy sets; X-Forwarded-For ends with Fly's address
    (FLY, [("Fly-Client-IP", CLIENT), (XFF, f"{FORGED}, {CLIENT}, 66.241.1.1")], CLIENT),
    (FLY, [(XFF, FORGED)], PEER),
    # a CDN in front of the router
    (TWO, [(XFF, f"{FORGED}, {CLIENT}, 192.0.2.1")], CLIENT),
    (TWO, [(XFF, FORGED)], PEER),
    ({"client_address_header": "CF-Connecting-IP"}, [("CF-Connecting-IP", CLIENT)], CLIENT),
    # nobody in front
    ({"trusted_proxies": 0}, [(XFF, FORGED)], PEER),
    ({"forwarded_allow_ips": "192.168.0.0/16"}, [(XFF, FORGED)], PEER),
    ({"forwarded_allow_ips": "192.168.0.0/16, 10.0.0.0/8"}, [(XFF, CLIENT)], CLIENT),
    # what is no address
    ({}, [(XFF, "")], PEER),
    ({}, [(XFF, "unknown")], PEER),
    ({}, [(XFF, f"{CLIENT}, ")], PEER),
    ({}, [(XFF, "9" * 5000)], PEER),
]


@pytest.mark.parametrize(("settings", "headers", "address"), ADDRESSES)
async def test_only_what_a_router_added_is_believed(
    settings: dict[str, Any], headers: list[tuple[str, str]], address: str
) -> None:
    told, _ = await seen(PROD | settings, headers)

    assert told == address


@pytest.mark.parametrize(
    ("headers", "scheme"),
    [
        ([("X-Forwarded-Proto", "https")], "https"),
        ([("X-Forwarded-Proto", "HTTPS")], "https"),
        ([("X-Forwarded-Proto", "http, https")], "https"),
        ([("X-Forwarded-Proto", "gopher")], "http"),
        ([], "http"),
    ],
)
async def test_the_scheme_is_the_routers(headers: list[tuple[str, str]], scheme: str) -> None:
    _, over_http = await seen(PROD, headers)
    _, over_socket = await seen(PROD, headers, kind="websocket")

    assert (over_http, over_socket) == (scheme, scheme.replace("http", "ws"))


async def test_in_development_only_this_machine_is_believed() -> None:
    headers = [(XFF, FORGED), ("X-Forwarded-Proto", "https")]

    assert await seen({}, headers) == (PEER, "http")
    assert await seen({}, headers, peer="127.0.0.1") == (FORGED, "https")


@pytest.mark.parametrize(
    "wrong",
    [
        {"forwarded_allow_ips": "router"},
        {"forwarded_allow_ips": "10.0.0.0/99"},
        {"trusted_proxies": -1},
        {"client_address_header": "X Real\r\n"},
    ],
)
def test_what_would_believe_nobody_or_anybody_stops_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(**PROD | wrong)


def test_whoever_has_an_ipv6_address_has_all_that_begin_alike() -> None:
    same = {address_of({"client": (f"2001:db8:1:2:{n:x}::1", 1)}) for n in range(20)}

    assert same == {"2001:db8:1:2::/64"}
    assert address_of({"client": ("2001:db8:1:3::1", 1)}) not in same
    assert address_of({"client": ("fe80::1%eth0", 1)}) == "fe80::/64"
    assert address_of({"client": (CLIENT, 1)}) == CLIENT
    assert address_of({}) == ""


WRONG = {"Authorization": f"Bearer jc_{'0' * 64}"}
MOST = 30


async def statuses(client: httpx2.AsyncClient, headers: Headers, forwarded: str) -> int:
    answer = await client.get("/api/session", headers=headers | {XFF: forwarded})
    return answer.status_code


async def test_who_guesses_has_to_wait_whatever_address_they_pretend(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    await client.get("/api/session", headers=ann)

    guesses = [await statuses(client, WRONG, f"198.51.100.{n}, {CLIENT}") for n in range(MOST + 1)]
    again = await client.get("/api/session", headers=WRONG | {XFF: CLIENT})

    assert guesses[: MOST - 1] == [401] * (MOST - 1)
    assert (again.status_code, again.json()["code"]) == (429, "too_many_tries")
    assert 1 <= int(again.headers["retry-after"]) <= 60
    assert await statuses(client, ann, CLIENT) == 200, "what was good goes on"
    assert await statuses(client, as_user("bob"), CLIENT) == 429, "what is new waits"
    assert await statuses(client, as_user("carol"), "203.0.113.8") == 200, "others notice nothing"


async def test_a_wrong_token_to_sign_in_with_is_a_guess_too(client: httpx2.AsyncClient) -> None:
    answers = [
        await client.post("/api/session", json={"token": f"nonsense {n}"}) for n in range(MOST + 2)
    ]

    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429


async def test_an_expired_token_is_no_guess(client: httpx2.AsyncClient) -> None:
    token = mint_token(SERVICE_SECRET, user="ann", lifetime=timedelta(minutes=-5))
    expired = {"Authorization": f"Bearer {token}"}

    answers = [await client.get("/api/session", headers=expired) for _ in range(MOST + 2)]

    assert {answer.status_code for answer in answers} == {401}


def test_tokens_without_an_address_and_without_a_limit_are_not_counted() -> None:
    unlimited, unaddressed = Guesses(0), Guesses(1)

    for _ in range(9):
        unlimited.note(CLIENT)
        unaddressed.note("")
        unlimited.check(CLIENT)
        unaddressed.check("")

    assert unlimited.none
    assert unaddressed.none
