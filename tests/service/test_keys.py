"""API keys over HTTP: made and shown once, used like a token, revoked at once (catalogue S09, S10)."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.access import SCOPES
from tests.service.conftest import As, Headers
from tests.service.work import sql

JOB = {"kind": "say", "args": {"text": "hello"}}
KEEPER = "jobs:read jobs:write webhooks:write keys:write"
Json = Any


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann", KEEPER, org="acme")


async def make(client: httpx2.AsyncClient, headers: Headers, **wanted: Any) -> Json:
    answer = await client.post("/api/keys", json=wanted, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearing(made: Json) -> Headers:
    return {"Authorization": f"Bearer {made['key']}"}


async def test_a_key_is_its_maker_with_the_scopes_it_was_given(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann, name="ci", scopes=["jobs:read"])

    who = await client.get("/api/session", headers=bearing(made))
    refused = await client.post("/api/jobs", json=JOB, headers=bearing(made))

    assert who.json() == {"user": "ann", "org": "acme", "scopes": ["jobs:read"]}
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


async def test_what_a_key_submits_is_its_owners(client: httpx2.AsyncClient, ann: Headers) -> None:
    made = await make(client, ann)

    job = (await client.post("/api/jobs", json=JOB, headers=bearing(made))).json()

    assert (job["user"], job["org"]) == ("ann", "acme")
    assert (await client.get(f"/api/jobs/{job['id']}", headers=ann)).status_code == 200


async def test_a_key_is_shown_once_and_is_in_no_other_answer_no_row_and_no_log(
    client: httpx2.AsyncClient, ann: Headers, app: Starlette, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await client.post("/api/keys", json={"name": "ci"}, headers=ann)
    made = answer.json()
    secret = made["key"].removeprefix(made["hint"])

    others = [
        await client.get("/api/keys", headers=ann),
        await client.get("/api/session", headers=bearing(made)),
        await client.get("/api/jobs/nothing", headers=bearing(made)),
        await client.get("/api/jobs", headers=bearing({"key": made["key"][:-1]})),
    ]
    row = await sql(app, "SELECT api_keys::text FROM api_keys")

    assert answer.headers["cache-control"] == "no-store"
    assert made["key"].startswith(made["hint"])
    assert len(secret) == 56
    written = "".join([row, *(other.text for other in others), *capfd.readouterr()])
    assert secret not in written
    assert secret.encode().hex() not in written


async def test_keys_are_listed_newest_first_with_when_they_were_used(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    first = await make(client, ann, name="first")
    second = await make(client, ann, name="second", expires_in="P90D")
    await client.get("/api/session", headers=bearing(first))

    listed = (await client.get("/api/keys", headers=ann)).json()["data"]

    assert [key["name"] for key in listed] == ["second", "first"]
    assert [key["last_used_at"] is None for key in listed] == [True, False]
    assert [key["expires_at"] is None for key in listed] == [False, True]
    assert {**listed[0], "key": second["key"]} == second


async def test_a_revoked_key_is_good_for_nothing_any_more(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    assert (await client.get("/api/jobs", headers=bearing(made))).status_code == 200

    revoked = await client.delete(f"/api/keys/{made['id']}", headers=ann)
    answer = await client.get("/api/jobs", headers=bearing(made))

    assert (revoked.status_code, revoked.content) == (204, b"")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert (await client.get("/api/keys", headers=ann)).json() == {"data": []}
    assert (await client.delete(f"/api/keys/{made['id']}", headers=ann)).status_code == 404


async def test_an_expired_key_is_good_for_nothing(
    client: httpx2.AsyncClient, ann: Headers, app: Starlette
) -> None:
    made = await make(client, ann, expires_in=3600)
    await sql(app, "UPDATE api_keys SET expires_at = now() - interval '1 second'")

    answer = await client.get("/api/jobs", headers=bearing(made))

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1] + ("0" if key[-1] != "0" else "1"),
        lambda key: key[:-1],
        lambda key: key + "0",
        lambda key: key.upper(),
        lambda key: key.replace("jc_", "JC_"),
        lambda key: key.replace("jc_", ""),
        lambda key: "jc_",
        lambda key: "jc_" + "0" * 64,
        lambda key: "jc_" + "0" * 20_000,
        lambda key: "jc_" + "é" * 64,
        lambda key: key[:11],
    ],
    ids=range(11),
)
async def test_what_is_nearly_a_key_is_none(
    client: httpx2.AsyncClient, ann: Headers, change: Any
) -> None:
    made = await make(client, ann)
    header = f"Bearer {change(made['key'])}".encode()

    answer = await client.get("/api/jobs", headers={b"Authorization": header})

    assert answer.status_code == 401


async def test_a_key_in_the_query_counts_for_nothing(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)

    for name in ("access_token", "token", "key", "api_key", "ticket"):
        assert (await client.get("/api/jobs", params={name: made["key"]})).status_code == 401


@pytest.mark.parametrize("scope", sorted(set(SCOPES) - set(KEEPER.split())))
async def test_nobody_makes_a_key_with_more_scopes_than_they_have(
    client: httpx2.AsyncClient, ann: Headers, scope: str
) -> None:
    made = await make(client, ann, scopes=["jobs:read", "keys:write"])
    wanted = {"scopes": ["jobs:read", scope]}

    for headers in (ann, bearing(made)):
        answer = await client.post("/api/keys", json=wanted, headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
        assert scope in answer.json()["detail"]


async def test_a_key_makes_no_key_with_its_makers_scopes(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann, scopes=["jobs:read", "keys:write"])

    more = await client.post("/api/keys", json={"scopes": ["jobs:write"]}, headers=bearing(made))
    same = await make(client, bearing(made), scopes=["jobs:read", "keys:write"])

    assert more.status_code == 403
    assert same["made_by"] == made["id"]


async def test_a_key_that_a_key_makes_ends_no_later_than_that_one(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    maker = await make(client, ann, scopes=["jobs:read", "keys:write"], expires_in=3600)

    for wanted in ({}, {"expires_in": 7200}):
        made = await make(client, bearing(maker), scopes=["jobs:read"], **wanted)

        assert made["expires_at"] == maker["expires_at"]


async def test_a_browser_signed_in_with_a_key_makes_no_key_that_outlives_it(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    mother = await make(client, ann, scopes=["jobs:read", "keys:write"], expires_in=60)
    await client.post("/api/session", json={"token": mother["key"]})

    daughter = await make(client, {"Origin": "http://test"}, scopes=["jobs:read"])

    assert daughter["made_by"] == mother["id"]
    assert daughter["expires_at"] == mother["expires_at"]


async def test_making_and_revoking_keys_needs_its_scope(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    made = await make(client, ann)
    other = as_user("ann", "jobs:read jobs:write", org="acme")

    assert (await client.post("/api/keys", json={}, headers=other)).status_code == 403
    assert (await client.delete(f"/api/keys/{made['id']}", headers=other)).status_code == 403
    assert (
        await client.delete(f"/api/keys/{made['id']}", headers=bearing(made))
    ).status_code == 403
    assert (await client.get("/api/jobs", headers=bearing(made))).status_code == 200


async def test_others_neither_see_nor_revoke_a_key_but_admins_revoke_any(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    made = await make(client, ann)
    here = f"/api/keys/{made['id']}"

    for other in (as_user("bob", KEEPER, org="acme"), as_user("ann", KEEPER, org="elsewhere")):
        assert (await client.get("/api/keys", headers=other)).json() == {"data": []}
        assert (await client.delete(here, headers=other)).status_code == 404
    assert (await client.delete(here, headers=as_user("root", "admin"))).status_code == 204


@pytest.mark.parametrize(
    "wanted",
    [
        {"scopes": []}, {"scopes": ["jobs:fly"]}, {"scopes": "jobs:read"}, {"scopes": [""]},
        {"scopes": ["jobs:read jobs:write"]}, {"scopes": ["jobs:read"] * 21}, {"scopes": None},
        {"name": "x" * 101}, {"name": "\u0000"}, {"name": 7}, {"expires_in": 0},
        {"expires_in": -1}, {"expires_in": "P11Y"}, {"expires_in": "soon"},
        {"expires_in": 1e300}, {"user": "bob"}, {"org": "other"}, {"key": "jc_" + "0" * 64},
        {"hint": "jc_"}, {"id": "01a203fe-315d-7704-ba1e-0be741383f9a"},
    ],
)  # fmt: skip
async def test_what_does_not_fit_makes_no_key(
    client: httpx2.AsyncClient, ann: Headers, wanted: dict[str, Any]
) -> None:
    answer = await client.post("/api/keys", json=wanted, headers=ann)

    assert answer.status_code == 422, answer.text
    assert (await client.get("/api/keys", headers=ann)).json() == {"data": []}


async def test_one_has_at_most_so_many_keys_and_may_make_another_for_a_revoked_one(
    client: httpx2.AsyncClient, ann: Headers, app: Starlette
) -> None:
    made = await make(client, ann)
    app.state.resources.access._most = 1

    refused = await client.post("/api/keys", json={}, headers=ann)
    await client.delete(f"/api/keys/{made['id']}", headers=ann)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_keys")
    await make(client, ann)


async def test_a_key_signs_a_browser_in_until_it_is_revoked(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann, scopes=["jobs:read"])
    signed_in = await client.post("/api/session", json={"token": made["key"]})
    who = await client.get("/api/session")

    await client.delete(f"/api/keys/{made['id']}", headers=ann)

    assert (signed_in.status_code, who.json()["scopes"]) == (204, ["jobs:read"])
    assert (await client.get("/api/session")).status_code == 401
    assert (await client.post("/api/session", json={"token": made["key"]})).status_code == 401


async def test_a_key_needs_no_origin_and_a_bad_one_is_not_saved_by_a_cookie(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    foreign = {"Origin": "https://evil.example"}

    accepted = await client.post("/api/jobs", json=JOB, headers={**bearing(made), **foreign})
    await client.post("/api/session", json={"token": made["key"]})
    refused = await client.get("/api/jobs", headers={"Authorization": "Bearer jc_0"})

    assert (accepted.status_code, refused.status_code) == (202, 401)
