"""The OAuth 2.0 server of the sandbox, by RFC 6749."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from service.dev.sandbox import Sandbox
from service.dev.sandbox.oauth import CLIENT, SECRET, OAuth
from service.dev.sandbox.tokens import Issued

BACK = "https://app.example/back?x=1"


@pytest.fixture
def oauth(sandbox: Sandbox) -> OAuth:
    return sandbox.peer(OAuth)


@pytest.fixture
def issued(oauth: OAuth) -> Issued:
    return oauth.issuer.begin(CLIENT)


async def ask(caller: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
    return await caller.post("/oauth/token", data=fields, auth=(CLIENT, SECRET))


async def refresh(caller: httpx2.AsyncClient, token: str, **fields: str) -> httpx2.Response:
    return await ask(caller, grant_type="refresh_token", refresh_token=token, **fields)


async def consent(caller: httpx2.AsyncClient) -> dict[str, list[str]]:
    query = {"response_type": "code", "client_id": CLIENT, "redirect_uri": BACK, "state": "s"}
    answer = await caller.get("/oauth/authorize", params=query)
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["location"]).query)


def refused(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


async def test_a_code_becomes_tokens_once(caller: httpx2.AsyncClient) -> None:
    back = await consent(caller)
    fields = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": BACK}

    first = await ask(caller, **fields)
    bearer = {"Authorization": f"Bearer {first.json()['access_token']}"}
    opened = (await caller.get("/oauth/me", headers=bearer)).status_code
    second = await ask(caller, **fields)

    assert (back["state"], back["x"]) == (["s"], ["1"])
    assert first.headers["cache-control"] == "no-store"
    assert first.json()["token_type"] == "Bearer"
    assert first.json()["expires_in"] == 7200
    assert refused(second) == (400, "invalid_grant")
    assert opened == 200
    assert (await caller.get("/oauth/me", headers=bearer)).status_code == 401


async def test_a_refresh_token_rotates(caller: httpx2.AsyncClient, issued: Issued) -> None:
    second = (await refresh(caller, issued.refresh)).json()
    third = (await refresh(caller, second["refresh_token"], scope="read")).json()

    assert len({issued.refresh, second["refresh_token"], third["refresh_token"]}) == 3
    assert (second["scope"], third["scope"]) == ("read write", "read")


async def test_a_refresh_token_that_comes_again_revokes_the_family(
    caller: httpx2.AsyncClient, issued: Issued, oauth: OAuth
) -> None:
    newest = (await refresh(caller, issued.refresh)).json()

    again = await refresh(caller, issued.refresh)

    assert refused(again) == (400, "invalid_grant")
    assert oauth.issuer.good(newest["access_token"]) is None
    assert refused(await refresh(caller, newest["refresh_token"])) == (400, "invalid_grant")


async def test_without_rotation_the_refresh_token_goes_on(
    caller: httpx2.AsyncClient, issued: Issued
) -> None:
    await caller.put("/oauth/_policy", json={"rotate": False, "expires_in": 60})

    answers = [(await refresh(caller, issued.refresh)).json() for _ in range(2)]

    assert all("refresh_token" not in answer for answer in answers)
    assert answers[0]["access_token"] != answers[1]["access_token"]
    assert answers[0]["expires_in"] == 60


async def test_the_client_may_be_named_in_the_body(
    caller: httpx2.AsyncClient, issued: Issued
) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": issued.refresh}
    body = {"client_id": CLIENT, "client_secret": SECRET}

    twice = await caller.post("/oauth/token", data=fields | body, auth=(CLIENT, SECRET))
    once = await caller.post("/oauth/token", data=fields | body)

    assert refused(twice) == (400, "invalid_request")
    assert once.status_code == 200


async def test_a_client_that_cannot_prove_itself_is_refused(
    caller: httpx2.AsyncClient, issued: Issued
) -> None:
    fields = {"grant_type": "refresh_token", "refresh_token": issued.refresh}

    wrong = await caller.post("/oauth/token", data=fields, auth=(CLIENT, "wrong"))
    nobody = await caller.post("/oauth/token", data=fields)
    broken = await caller.post("/oauth/token", data=fields, headers={"Authorization": "Basic !!!"})

    assert [refused(a) for a in (wrong, nobody, broken)] == [(401, "invalid_client")] * 3
    assert wrong.headers["www-authenticate"].startswith("Basic")
    assert (await refresh(caller, issued.refresh)).status_code == 200


async def test_another_clients_token_is_unknown(
    caller: httpx2.AsyncClient, issued: Issued, oauth: OAuth
) -> None:
    oauth.clients["other"] = "x y:z"
    encoded = base64.b64encode(b"other:x+y%3Az").decode()

    answer = await caller.post(
        "/oauth/token",
        data={"grant_type": "refresh_token", "refresh_token": issued.refresh},
        headers={"Authorization": f"Basic {encoded}"},
    )

    assert refused(answer) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "rt_no"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "no"}, "invalid_request"),
    ],
)
async def test_a_request_that_makes_no_sense_is_told_why(
    caller: httpx2.AsyncClient, fields: dict[str, Any], code: str
) -> None:
    assert refused(await ask(caller, **fields)) == (400, code)


async def test_more_scope_than_was_consented_to_is_refused(
    caller: httpx2.AsyncClient, issued: Issued
) -> None:
    assert refused(await refresh(caller, issued.refresh, scope="admin")) == (400, "invalid_scope")


async def test_a_revoked_token_opens_nothing(
    caller: httpx2.AsyncClient, issued: Issued, oauth: OAuth
) -> None:
    gone = await caller.post("/oauth/revoke", data={"token": issued.refresh}, auth=(CLIENT, SECRET))

    assert gone.status_code == 200
    assert oauth.issuer.good(issued.access) is None
    assert refused(await refresh(caller, issued.refresh)) == (400, "invalid_grant")
