"""Preferences over HTTP: read, replaced, sent back as they are, and hostile ones refused."""

from typing import Any

import httpx2
import pytest

from tests.service.conftest import As, Headers

PATH = "/api/preferences"
DEFAULTS: dict[str, Any] = {
    "timezone": "UTC",
    "quiet_hours": None,
    "urgent_failures": False,
    "email": None,
    "email_opt_in": False,
    "phone": None,
    "sms_opt_in": False,
    "webhook_opt_in": True,
    "about": "all",
    "names": [],
    "handoff_seconds": None,
    "brief_opt_in": False,
    "brief_hour": 7,
    "brief_email": False,
    "email_verified_at": None,
    "phone_verified_at": None,
    "updated_at": None,
}
WISHED = {
    "timezone": "Europe/Berlin",
    "quiet_hours": {"start": "22:00", "end": "07:00"},
    "email": "ann@example.com",
    "email_opt_in": True,
    "handoff_seconds": 120,
}


async def put(client: httpx2.AsyncClient, who: Headers, body: Any) -> httpx2.Response:
    return await client.put(PATH, json=body, headers=who)


async def read(client: httpx2.AsyncClient, who: Headers) -> Any:
    return (await client.get(PATH, headers=who)).json()


async def test_preferences_are_read_replaced_and_sent_back_as_they_are(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    before = await read(client, ann)
    answer = await put(client, ann, WISHED)
    after = await read(client, ann)
    again = await put(client, ann, {**after, "email_verified_at": "2020-01-01T00:00:00Z"})
    cleared = await put(client, ann, {})

    kept = {**DEFAULTS, **WISHED, "updated_at": after["updated_at"]}
    assert (before, answer.status_code, answer.json(), after) == (DEFAULTS, 200, kept, kept)
    assert again.json() == {**kept, "updated_at": again.json()["updated_at"]}
    assert cleared.json() == {**DEFAULTS, "updated_at": cleared.json()["updated_at"]}


async def test_a_fault_is_pointed_at(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await put(client, ann, {"quiet_hours": {"start": "late", "end": "07:00"}})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/quiet_hours/start"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'{"timezone": "UTC", "timezone": "UTC"}', 400),
        (b'{"timezone": "UTC\\u0000"}', 422),
        (b'{"timezone": "\\ud800"}', 422),
        (b'{"handoff_seconds": 1e400}', 400),
        (b'{"org": "other"}', 422),
        (b'{"user_id": "bob"}', 422),
        (b'{"names": ["' + b"x" * 900_000 + b'"]}', 422),
        (b'{"email": "' + b"a@" * 400_000 + b'"}', 422),
        (b'{"quiet_hours": ' + b'{"start":' * 200 + b"1" + b"}" * 201, 400),
        (b" " * 1_100_000 + b"{}", 413),
    ],
    ids=range(13),
)
async def test_a_hostile_body_is_refused_and_changes_nothing(
    client: httpx2.AsyncClient, ann: Headers, body: bytes, status: int
) -> None:
    headers = {**ann, "Content-Type": "application/json"}

    answer = await client.put(PATH, content=body, headers=headers)

    assert answer.status_code == status
    assert await read(client, ann) == DEFAULTS


async def test_a_form_is_415(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await client.put(PATH, data={"timezone": "UTC"}, headers=ann)

    assert answer.status_code == 415


async def test_nobody_sees_or_changes_anothers(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    await put(client, ann, WISHED)
    strangers = [as_user("bob", org="ann"), as_user("ann", org="elsewhere")]
    strangers.append(as_user("lead", "admin org:read", org="ann"))

    for who in strangers:
        assert await read(client, who) == DEFAULTS
        await put(client, who, {"timezone": "Asia/Tokyo"})

    assert (await read(client, ann))["timezone"] == "Europe/Berlin"
