"""The inbox over HTTP, and what an open stream hears of it."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from realtime.caller import Caller
from tests.jobs.test_inbox import told
from tests.service.conftest import As, Headers

ANN = Caller("ann", "ann", frozenset())


@pytest.fixture
async def made(app: Starlette) -> list[str]:
    """Give the ids of Ann's notifications, oldest first."""
    return [str(await told(app.state.resources, caller=ANN)) for _ in range(3)]


async def read(client: httpx2.AsyncClient, ann: Headers, **body: Any) -> httpx2.Response:
    return await client.post("/api/inbox/read", json=body, headers=ann)


async def test_the_inbox_is_listed_and_read(
    client: httpx2.AsyncClient, ann: Headers, made: list[str]
) -> None:
    before = (await client.get("/api/inbox", headers=ann)).json()

    some = await read(client, ann, ids=made[:1])
    unread = (await client.get("/api/inbox?unread=true", headers=ann)).json()
    rest = await read(client, ann, all=True)
    after = (await client.get("/api/inbox", headers=ann)).json()

    assert [entry["id"] for entry in before["data"]] == made[::-1]
    assert (before["unread"], before["has_more"], before["next"]) == (3, False, None)
    assert some.json() == {"read": 1, "unread": 2}
    assert [entry["id"] for entry in unread["data"]] == made[:0:-1]
    assert rest.json() == {"read": 2, "unread": 0}
    assert all(entry["read_at"] for entry in after["data"])


async def test_pages_are_linked(client: httpx2.AsyncClient, ann: Headers, made: list[str]) -> None:
    first = await client.get("/api/inbox?limit=2&unread=true", headers=ann)
    second = await client.get(first.links["next"]["url"], headers=ann)

    shown = [*first.json()["data"], *second.json()["data"]]
    assert [entry["id"] for entry in shown] == made[::-1]


@pytest.mark.parametrize(
    "body",
    [{}, {"ids": []}, {"ids": ["x"]}, {"all": False}, {"ids": [str(uuid7())], "all": True},
     {"ids": [str(uuid7())] * 1001}],
)  # fmt: skip
async def test_reading_must_say_what(
    client: httpx2.AsyncClient, ann: Headers, body: dict[str, Any]
) -> None:
    assert (await read(client, ann, **body)).status_code == 422


async def test_reading_what_is_not_there_changes_nothing(
    client: httpx2.AsyncClient, ann: Headers, made: list[str]
) -> None:
    answer = await read(client, ann, ids=[str(uuid7())])

    assert answer.json() == {"read": 0, "unread": 3}


async def acknowledge(client: httpx2.AsyncClient, who: Headers, **body: Any) -> httpx2.Response:
    return await client.post("/api/inbox/ack", json=body, headers=who)


async def test_what_a_device_has_shown_stays_unread_and_says_when(
    client: httpx2.AsyncClient, ann: Headers, made: list[str]
) -> None:
    first = await acknowledge(client, ann, offset=2)
    again = await acknowledge(client, ann, offset=2)
    page = (await client.get("/api/inbox", headers=ann)).json()

    assert (first.status_code, first.json(), again.json()) == (200, {"acked": 2}, {"acked": 0})
    assert page["unread"] == 3
    assert [entry["acked_at"] is not None for entry in page["data"]] == [False, True, True]
    assert all(entry["handed_off"] is None for entry in page["data"])


@pytest.mark.parametrize(
    "offset", [None, -1, 1.5, "1", True, [], {}, 2**53 - 1 + 0.5], ids=repr
)  # fmt: skip
async def test_an_offset_is_a_number_of_an_event(
    client: httpx2.AsyncClient, ann: Headers, made: list[str], offset: Any
) -> None:
    answer = await acknowledge(client, ann, offset=offset)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/offset"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"offset": 1, "offset": 2}', 400),
        (b'{"offset": 1e400}', 400),
        (b'{"offset": NaN}', 400),
        (b'{"offset": 9007199254740993}', 400),
        (b'{"offset": 1, "channel": "user:bob"}', 422),
        (b'{"offset": "\\u0000"}', 422),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
    ],
    ids=range(12),
)
async def test_a_hostile_acknowledgement_changes_nothing(
    client: httpx2.AsyncClient, ann: Headers, made: list[str], body: bytes, status: int
) -> None:
    headers = {**ann, "Content-Type": "application/json"}

    answer = await client.post("/api/inbox/ack", content=body, headers=headers)

    page = (await client.get("/api/inbox", headers=ann)).json()
    assert answer.status_code == status
    assert all(entry["acked_at"] is None for entry in page["data"])


async def test_others_acknowledge_only_their_own(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, made: list[str]
) -> None:
    for who in (as_user("bob", org="ann"), as_user("ann", org="elsewhere")):
        assert (await acknowledge(client, who, offset=100)).json() == {"acked": 0}

    page = (await client.get("/api/inbox", headers=ann)).json()
    assert all(entry["acked_at"] is None for entry in page["data"])
