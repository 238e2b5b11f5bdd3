"""Who gets in over HTTP: bearer tokens, cookie sessions, and what a foreign page cannot do."""

from http.cookies import SimpleCookie

import httpx2
import pytest
from starlette.applications import Starlette

from service.client import mint_token
from service.settings import ServiceSettings
from tests.service.conftest import SECRET, As, Headers, client_of

JOB = {"kind": "say", "args": {"text": "hello"}}


async def test_without_a_token_the_answer_is_401_with_a_challenge(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.get("/api/jobs")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="jobcast"'
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YW5uOnB3",
        "nonsense",
        "bearer a.b.c",
        "Bearer é",
    ],
)
async def test_a_bad_token_is_401_and_named_invalid(
    client: httpx2.AsyncClient, header: str
) -> None:
    answer = await client.get("/api/jobs", headers={b"Authorization": header.encode()})

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_token_in_the_query_counts_for_nothing(client: httpx2.AsyncClient) -> None:
    token = mint_token(SECRET, user="ann")

    for name in ("access_token", "token", "ticket"):
        assert (await client.get("/api/session", params={name: token})).status_code == 401


async def test_a_missing_scope_is_403(client: httpx2.AsyncClient, as_user: As) -> None:
    reading, writing = as_user("ann", "jobs:read"), as_user("ann", "jobs:write")

    refused = await client.post("/api/jobs", json=JOB, headers=reading)

    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert (await client.get("/api/jobs", headers=writing)).status_code == 403
    assert (await client.post("/api/jobs", json=JOB, headers=writing)).status_code == 202


async def test_admin_holds_every_scope(client: httpx2.AsyncClient, as_user: As) -> None:
    assert (await client.get("/api/jobs", headers=as_user("root", "admin"))).status_code == 200


async def test_a_ticket_is_no_token(client: httpx2.AsyncClient, ann: Headers) -> None:
    ticket = (await client.post("/api/tickets", headers=ann)).json()["ticket"]

    answer = await client.get("/api/session", headers={"Authorization": f"Bearer {ticket}"})

    assert answer.status_code == 401


async def sign_in(client: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
    return await client.post(
        "/api/session", json={"token": mint_token(SECRET, user="ann")}, headers=headers
    )


async def test_a_browser_signs_in_and_out(client: httpx2.AsyncClient) -> None:
    assert (await sign_in(client, Origin="http://test")).status_code == 204
    who = (await client.get("/api/session")).json()
    assert who == {"user": "ann", "org": "ann", "scopes": ["jobs:read", "jobs:write"]}

    signed_out = await client.delete("/api/session", headers={"Origin": "http://test"})

    assert signed_out.status_code == 204
    assert (await client.get("/api/session")).status_code == 401


async def test_the_header_may_bring_the_token_to_sign_in_with(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    assert (await client.post("/api/session", headers=ann)).status_code == 204
    assert (await client.get("/api/session")).status_code == 200


async def test_a_bad_token_opens_no_session(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/session", json={"token": "a.b.c"})

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert (await client.post("/api/session")).status_code == 401


async def test_over_https_the_cookie_is_bound_to_the_host(app: Starlette) -> None:
    async with client_of(app, "https://test") as client:
        answer = await sign_in(client)

        cookie = SimpleCookie(answer.headers["set-cookie"])["__Host-jobcast"]
        assert (cookie["path"], cookie["samesite"].lower(), cookie["domain"]) == ("/", "lax", "")
        assert cookie["secure"]
        assert cookie["httponly"]
        assert (await client.get("/api/session")).status_code == 200
        assert "strict-transport-security" in answer.headers


async def test_a_cookie_of_the_plain_name_counts_for_nothing_over_https(app: Starlette) -> None:
    async with client_of(app) as plain, client_of(app, "https://test") as secure:
        await sign_in(plain)

        answer = await secure.get(
            "/api/session", headers={"Cookie": f"jobcast={plain.cookies['jobcast']}"}
        )

    assert answer.status_code == 401


async def test_a_session_ends_with_the_token_that_opened_it(
    client: httpx2.AsyncClient, service_settings: ServiceSettings
) -> None:
    answer = await sign_in(client)

    cookie = SimpleCookie(answer.headers["set-cookie"])["jobcast"]
    assert 0 < int(cookie["max-age"]) <= service_settings.session_seconds


@pytest.mark.parametrize(
    "value", ["", "x", "gAAAAA", "é", "a" * 20_000, mint_token(SECRET, user="ann")]
)
async def test_a_cookie_that_is_no_session_is_nobody(
    client: httpx2.AsyncClient, value: str
) -> None:
    answer = await client.get("/api/session", headers={b"Cookie": f"jobcast={value}".encode()})

    assert answer.status_code == 401


async def test_a_session_is_no_bearer_token(client: httpx2.AsyncClient) -> None:
    await sign_in(client)
    session = client.cookies["jobcast"]
    client.cookies.clear()

    answer = await client.get("/api/jobs", headers={"Authorization": f"Bearer {session}"})

    assert answer.status_code == 401


FOREIGN = [
    "https://evil.example",
    "http://test.evil.example",
    "https://test",
    "null",
    "http://test:81",
    "",
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_foreign_page_cannot_use_the_cookie_to_write(
    client: httpx2.AsyncClient, origin: str
) -> None:
    await sign_in(client)

    answer = await client.post("/api/jobs", json=JOB, headers={"Origin": origin})

    assert (answer.status_code, answer.json()["code"]) == (403, "cross_origin")


async def test_a_write_by_cookie_must_name_its_origin(client: httpx2.AsyncClient) -> None:
    await sign_in(client)

    assert (await client.post("/api/jobs", json=JOB)).status_code == 403
    assert (await client.delete("/api/session")).status_code == 403


@pytest.mark.parametrize("media_type", ["text/plain", "multipart/form-data; boundary=x"])
async def test_a_form_of_a_foreign_page_is_refused(
    client: httpx2.AsyncClient, media_type: str
) -> None:
    await sign_in(client)
    headers = {"Origin": "https://evil.example", "Content-Type": media_type}

    for path in ("/api/jobs", "/api/uploads", "/api/session"):
        assert (await client.post(path, content=b"{}", headers=headers)).status_code == 403


@pytest.mark.parametrize("origin", ["http://test", "https://partner.example"])
async def test_own_and_allowed_pages_may_write_by_cookie(
    client: httpx2.AsyncClient, origin: str
) -> None:
    await sign_in(client)

    answer = await client.post("/api/jobs", json=JOB, headers={"Origin": origin})

    assert answer.status_code == 202


async def test_a_foreign_page_cannot_sign_its_visitor_in(client: httpx2.AsyncClient) -> None:
    answer = await sign_in(client, Origin="https://evil.example")

    assert answer.status_code == 403


async def test_a_bearer_token_needs_no_origin(client: httpx2.AsyncClient, ann: Headers) -> None:
    headers = {**ann, "Origin": "https://evil.example"}

    assert (await client.post("/api/jobs", json=JOB, headers=headers)).status_code == 202


async def test_a_bad_token_is_not_saved_by_a_good_cookie(client: httpx2.AsyncClient) -> None:
    await sign_in(client)

    answer = await client.get("/api/jobs", headers={"Authorization": "Bearer a.b.c"})

    assert answer.status_code == 401


async def test_what_is_public_stays_so_with_a_bad_token(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"Authorization": "Bearer x"})).status_code == 200
