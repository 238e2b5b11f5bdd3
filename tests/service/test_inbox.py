"""The inbox over HTTP, and what an open stream hears of it."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from realtime.caller import Caller
from tests.jobs.test_inbox import told
from tests.service.conftest import Headers

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
