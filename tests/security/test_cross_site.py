"""What other sites' pages make a browser send changes nothing, and they read nothing (S14-S16, S69).

Every changing route of the table is tried with a live session's cookie.
"""

from typing import Any

import httpx2
import pytest

from service.auth import SAFE_METHODS
from service.routes import TABLE
from tests.service.conftest import As, Headers, client_of
from tests.service.test_routes import MATRIX, MISSING, NAMES, WRITER

CHANGING = [key[:2] for key in TABLE if key[0] not in SAFE_METHODS and key[2].scope is not None]
OUR_OWN = "http://test"
FOREIGN = [
    "https://evil.example",
    "http://test.evil.example",
    "http://eviltest",
    "https://test",
    "http://test:8000",
    "http://test/",
    "HTTP://TEST.",
    "null",
    "file://",
    "",
]
PARTNER = "https://partner.example"


async def signed_in(client: httpx2.AsyncClient, as_user: As) -> Headers:
    opened = await client.post("/api/session", headers=as_user("ann", WRITER))
    client.cookies.clear()
    return {"Cookie": opened.headers["set-cookie"].partition(";")[0]}


async def send(client: httpx2.AsyncClient, key: tuple[str, str], headers: Headers) -> Any:
    method, path = key
    body = MATRIX[key].body
    sent = {"content": body} if isinstance(body, bytes) else {"json": body} if body else {}
    return await client.request(method, path.format(id=MISSING, **NAMES), headers=headers, **sent)


async def test_no_changing_route_obeys_a_cookie_without_our_own_origin(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    cookie = await signed_in(client, as_user)
    assert len(CHANGING) > 50

    for key in CHANGING:
        for origin in ({}, {"Origin": FOREIGN[0]}, {"Origin": "null"}):
            answer = await send(client, key, cookie | origin)

            assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin"), key


@pytest.mark.parametrize("origin", FOREIGN)
async def test_only_the_exact_origin_is_ours(
    client: httpx2.AsyncClient, as_user: As, origin: str
) -> None:
    cookie = await signed_in(client, as_user)

    answer = await send(client, ("POST", "/api/jobs"), cookie | {"Origin": origin})

    assert answer.json()["code"] == "cross_origin"


async def test_our_own_and_the_partners_pages_may_change(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    cookie = await signed_in(client, as_user)

    for origin in (OUR_OWN, PARTNER):
        answer = await send(client, ("POST", "/api/jobs"), cookie | {"Origin": origin})

        assert answer.status_code == 202


async def test_two_origins_are_none(client: httpx2.AsyncClient, as_user: As) -> None:
    cookie = await signed_in(client, as_user)
    headers = [("Origin", OUR_OWN), ("Origin", FOREIGN[0]), *cookie.items()]

    answer = await client.post("/api/jobs", json={"kind": "say"}, headers=headers)

    assert answer.json()["code"] == "cross_origin"


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "text/plain; application/json", "application/json, text/plain", "application/jsonp", ""],
)  # fmt: skip
async def test_what_a_form_can_send_is_no_json(
    client: httpx2.AsyncClient, ann: Headers, media_type: str
) -> None:
    headers = {**ann, "Content-Type": media_type}

    answer = await client.post("/api/jobs", content=b'{"kind":"say"}', headers=headers)

    assert answer.status_code == 415


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_a_stream_that_another_sites_page_asks_for_is_refused(
    client: httpx2.AsyncClient, as_user: As, site: str
) -> None:
    cookie = await signed_in(client, as_user)

    for path in ("/api/events", "/api/events/poll"):
        answer = await client.get(
            path, params={"channel": "me"}, headers=cookie | {"Sec-Fetch-Site": site}
        )

        assert answer.status_code == 403


async def test_no_route_lets_a_foreign_page_read_and_preflights_say_so(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    cookie = await signed_in(client, as_user)
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    for _, path, _ in TABLE:
        target = path.format(id=MISSING, **NAMES)
        for origin in (FOREIGN[0], "null"):
            answer = await client.get(target, headers=cookie | {"Origin": origin})
            preflight = await client.options(target, headers={"Origin": origin, **asked})

            for told in (answer, preflight):
                assert "access-control-allow-origin" not in told.headers, path
                assert "origin" in told.headers["vary"].lower(), path
            assert preflight.status_code == 400, path


async def test_what_a_partner_is_allowed_is_for_them_alone(client: httpx2.AsyncClient) -> None:
    asked = {"Origin": PARTNER, "Access-Control-Request-Method": "POST"}

    preflight = await client.options("/api/jobs", headers=asked)

    assert preflight.headers["access-control-allow-origin"] == PARTNER
    assert "origin" in preflight.headers["vary"].lower()
    assert int(preflight.headers["access-control-max-age"]) <= 600


async def test_the_cookie_is_out_of_reach_of_scripts_and_neighbours(app: Any, as_user: As) -> None:
    async with client_of(app, "https://test") as client:
        opened = await client.post("/api/session", headers=as_user("ann", WRITER))

        name, _, rest = opened.headers["set-cookie"].partition("=")
        flags = {flag.strip().lower() for flag in rest.split(";")[1:]}
        assert name == "__Host-jobcast"
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags
        assert not any(flag.startswith("domain") for flag in flags)


async def test_signing_in_takes_no_session_that_was_there_before(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    """Session fixation: a cookie somebody planted never becomes a visitor's session."""
    planted = await signed_in(client, as_user)

    opened = await client.post(
        "/api/session", headers=as_user("bob", WRITER) | planted | {"Origin": OUR_OWN}
    )
    client.cookies.clear()

    fresh = {"Cookie": opened.headers["set-cookie"].partition(";")[0]}
    assert fresh != planted
    assert (await client.get("/api/session", headers=fresh)).json()["user"] == "bob"
    assert (await client.get("/api/session", headers=planted)).status_code == 401
