"""Connections over HTTP: kept, shown without credentials, changed, deleted; strangers' do not exist."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.kept.connections import ConnectionRow
from jobs.vault import Vault
from tests.service.conftest import As, Headers

TOKENS = {
    "access_token": "at_very_secret",
    "refresh_token": "rt_very_secret",
    "client_id": "app",
    "client_secret": "cs_very_secret",
}
ASKED = {
    "provider": "mastodon",
    "name": "Ours",
    "base_url": "https://social.example/",
    "account": "@us",
    "credentials": TOKENS,
    "expires_in": 7200,
}


async def make(client: httpx2.AsyncClient, who: Headers, **changed: Any) -> dict[str, Any]:
    answer = await client.post("/api/connections", json={**ASKED, **changed}, headers=who)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def opened(app: Starlette, ident: str) -> dict[str, str]:
    """Return what is kept, as a job would find it."""
    db = app.state.resources.db
    record = await db.fetchrow("SELECT * FROM connections WHERE id = $1", ident)
    assert b"secret" not in record["credentials"]
    return Vault(app.state.resources.settings).open(ConnectionRow(**record))


async def test_a_connection_is_kept_sealed_and_shown_without_credentials(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await client.post("/api/connections", json=ASKED, headers=ann)

    made = answer.json()
    assert answer.headers["location"] == f"/api/connections/{made['id']}"
    assert made["holds"] == ["access_token", "client_id", "client_secret", "refresh_token"]
    assert made["token_url"] == "https://social.example/oauth/token"
    assert (made["status"], made["status_reason"], made["version"]) == ("active", None, 1)
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=7100) < left <= timedelta(seconds=7200)
    assert (await client.get(answer.headers["location"], headers=ann)).json() == made
    assert await opened(app, made["id"]) == TOKENS


async def test_credentials_come_out_nowhere(
    client: httpx2.AsyncClient,
    ann: Headers,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await make(client, ann)
    here = f"/api/connections/{made['id']}"
    wrong = {**TOKENS, "refresh_token": 5, "access_token": "at_very_secret\x00"}

    answers = [
        await client.get(here, headers=ann),
        await client.get("/api/connections", headers=ann),
        await client.patch(here, json={"credentials": TOKENS}, headers=ann),
        await client.patch(here, json={"credentials": wrong}, headers=ann),
        await client.post("/api/connections", json={**ASKED, "credentials": wrong}, headers=ann),
        await client.post("/api/connections", json={**ASKED, "nonsense": TOKENS}, headers=ann),
        await client.post("/api/connections", json={**ASKED, "base_url": "x"}, headers=ann),
        await client.get("/openapi.json"),
    ]

    assert [a.status_code for a in answers] == [200, 200, 200, 422, 422, 422, 422, 200]
    written = "".join([*(a.text for a in answers), *capfd.readouterr(), caplog.text])
    assert "very_secret" not in written
    fields = answers[-1].json()["components"]["schemas"]["CredentialsRequest"]["properties"]
    shown = fields["access_token"]["anyOf"][0]
    assert (shown["writeOnly"], shown["format"]) == (True, "password")


async def test_others_connections_do_not_exist(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    here = f"/api/connections/{(await make(client, ann))['id']}"
    scopes = "jobs:read jobs:write org:read admin"
    strangers = [as_user("bob", scopes), as_user("bob", scopes, org="ann"), as_user("ann", org="x")]

    for stranger in strangers:
        answers = [
            await client.get(here, headers=stranger),
            await client.patch(here, json={"name": "mine"}, headers=stranger),
            await client.delete(here, headers=stranger),
        ]
        assert [a.status_code for a in answers] == [404] * 3
        assert (await client.get("/api/connections", headers=stranger)).json()["data"] == []
    assert (await client.get(here, headers=ann)).json()["name"] == "Ours"


async def test_what_is_changed_changes_and_the_rest_stays(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    here = f"/api/connections/{made['id']}"

    renamed = (await client.patch(here, json={"name": "Theirs"}, headers=ann)).json()
    forever = (await client.patch(here, json={"expires_at": None}, headers=ann)).json()

    same = {"name", "version", "updated_at", "expires_at"}
    assert (renamed["name"], renamed["version"]) == ("Theirs", 2)
    assert renamed["expires_at"] == made["expires_at"]
    assert (forever["expires_at"], forever["version"]) == (None, 3)
    assert {k: v for k, v in forever.items() if k not in same} == {
        k: v for k, v in made.items() if k not in same
    }
    assert await opened(app, made["id"]) == TOKENS


async def test_another_address_needs_new_credentials(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    here = f"/api/connections/{made['id']}"
    moves = [{"base_url": "https://evil.example/"}, {"token_url": "https://evil.example/token"}]

    refused = [await client.patch(here, json=move, headers=ann) for move in moves]
    moved = await client.patch(
        here, json={**moves[0], "credentials": {"access_token": "new"}}, headers=ann
    )

    assert [(r.status_code, r.json()["errors"][0]["pointer"]) for r in refused] == [
        (422, "/base_url"),
        (422, "/token_url"),
    ]
    assert (moved.json()["base_url"], moved.json()["holds"]) == (
        "https://evil.example/",
        ["access_token"],
    )
    assert await opened(app, made["id"]) == {"access_token": "new"}


async def test_empty_credentials_replace_what_was_there(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    here = f"/api/connections/{made['id']}"

    emptied = await client.patch(here, json={"credentials": {}}, headers=ann)

    assert (emptied.status_code, emptied.json()["holds"]) == (200, [])
    assert await opened(app, made["id"]) == {}


async def test_new_credentials_make_a_connection_active_again(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    here = f"/api/connections/{made['id']}"

    revoked = (await client.patch(here, json={"status": "revoked"}, headers=ann)).json()
    named = (await client.patch(here, json={"name": "Still"}, headers=ann)).json()
    await app.state.resources.db.fetch(
        "UPDATE connections SET status_reason = 'r', refreshing_until = now(),"
        " unanswered_at = now(), refresh_after = now(), refresh_failures = 3, refreshed_at = now()"
    )
    again = (await client.patch(here, json={"credentials": TOKENS}, headers=ann)).json()

    assert (revoked["status"], named["status"], again["status"]) == ("revoked", "revoked", "active")
    assert (again["status_reason"], again["refreshed_at"]) == (None, None)
    [row] = await app.state.resources.db.fetch("SELECT * FROM connections")
    assert (row["refreshing_until"], row["unanswered_at"], row["refresh_after"]) == (None,) * 3
    assert row["refresh_failures"] == 0


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"base_url": "http://127.0.0.1:9/"}, "/base_url"),
        ({"base_url": "http://169.254.169.254/"}, "/base_url"),
        ({"token_url": "https://u:p@social.example/"}, "/token_url"),
        ({"token_url": "ftp://social.example/"}, "/token_url"),
        ({"base_url": ""}, "/token_url"),
        ({"provider": "My Space"}, "/provider"),
        ({"name": ""}, "/name"),
        ({"credentials": {"password": "x"}}, "/credentials/password"),
        ({"credentials": {"client_secret": "x"}}, "/credentials"),
        ({"credentials": {"access_token": ""}}, "/credentials/access_token"),
        ({"expires_in": -1}, "/expires_in"),
        ({"expires_at": "2026-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "2026-01-01T00:00:00Z"}, ""),
    ],
)
async def test_what_makes_no_sense_is_refused_with_a_pointer(
    client: httpx2.AsyncClient, ann: Headers, changed: dict[str, Any], pointer: str
) -> None:
    answer = await client.post("/api/connections", json={**ASKED, **changed}, headers=ann)

    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_connections_are_listed_in_pages_and_by_provider(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = [await make(client, ann, name=str(number)) for number in range(3)]
    hook = await make(client, ann, provider="webhook")

    first = await client.get("/api/connections?limit=2&provider=mastodon", headers=ann)
    second = await client.get(first.headers["link"].split(";")[0].strip("<>"), headers=ann)

    names = [c["name"] for c in first.json()["data"] + second.json()["data"]]
    assert names == [c["name"] for c in reversed(made)]
    assert second.json()["has_more"] is False
    hooks = (await client.get("/api/connections?provider=webhook", headers=ann)).json()["data"]
    assert [c["id"] for c in hooks] == [hook["id"]]


async def test_a_deleted_connection_is_gone(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    here = f"/api/connections/{(await make(client, ann))['id']}"

    answers = [await client.delete(here, headers=ann) for _ in range(2)]

    assert [a.status_code for a in answers] == [204, 404]
    assert await app.state.resources.db.fetch("SELECT * FROM connections") == []
    assert (await client.get(f"/api/connections/{uuid7()}", headers=ann)).status_code == 404


async def test_a_user_may_have_so_many_and_no_more(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(app.state.resources.connections, "_most", 2)
    for _ in range(2):
        await make(client, ann)

    full = await client.post("/api/connections", json=ASKED, headers=ann)

    assert (full.status_code, full.json()["code"]) == (409, "connections_full")
    await make(client, as_user("bob"))


async def test_scopes_are_needed(client: httpx2.AsyncClient, ann: Headers, as_user: As) -> None:
    here = f"/api/connections/{(await make(client, ann))['id']}"
    reader = as_user("ann", "jobs:read")

    assert (await client.get(here, headers=reader)).status_code == 200
    answers = [
        await client.post("/api/connections", json=ASKED, headers=reader),
        await client.patch(here, json={}, headers=reader),
        await client.delete(here, headers=reader),
    ]
    assert [a.status_code for a in answers] == [403] * 3
    assert (await client.get(here)).status_code == 401
