"""Contents over HTTP: written by hand, listed, changed by version, approved, taken back, deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from jobs.ids import uuid7
from tests.service.conftest import As, Headers

DRAFT = {
    "title": "The garden opens",
    "body": "Come by **on Sunday**.",
    "hashtags": ["#Garden", "garden", "Open Day"],
    "variants": {"mastodon": "The garden opens on Sunday. #Garden"},
    "brand_voice": "warm",
    "language": "en",
}
HERE = "/api/contents"


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann", org="acme")


@pytest.fixture
def others(as_user: As) -> list[Headers]:
    """Give a colleague of ann's, and her namesake elsewhere."""
    return [as_user("bob", org="acme"), as_user("ann", org="other")]


async def make(client: httpx2.AsyncClient, ann: Headers, **changed: Any) -> dict[str, Any]:
    answer = await client.post(HERE, json={**DRAFT, **changed}, headers=ann)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def set_status(database_url: str, content: dict[str, Any], status: str) -> None:
    connection = await asyncpg.connect(database_url)
    ident = UUID(content["id"])
    await connection.execute("UPDATE contents SET status = $2 WHERE id = $1", ident, status)
    await connection.close()


async def test_a_draft_is_written_by_hand_and_read(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await client.post(HERE, json=DRAFT, headers=ann)

    made = answer.json()
    assert answer.headers["location"] == f"{HERE}/{made['id']}"
    assert (made["status"], made["version"], made["model"]) == ("draft", 1, "")
    assert made["hashtags"] == ["Garden", "OpenDay"]
    assert made["variants"] == DRAFT["variants"]
    assert (await client.get(f"{HERE}/{made['id']}", headers=ann)).json() == made


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""}, {"title": " \n"}, {"title": "x" * 201}, {"title": None}, {"body": ""},
        {"body": "x" * 20_001}, {"hashtags": ["c++"]}, {"hashtags": [""]},
        {"hashtags": [f"tag{n}" for n in range(11)]}, {"variants": {"telegraph": "hello"}},
        {"variants": {"mastodon": "x" * 501}}, {"variants": {"mastodon": ""}},
        {"variants": {"bluesky": "x" * 301}}, {"language": "english please"},
        {"status": "published"}, {"job_id": str(uuid7())}, {"version": 7},
        {"brand_voice": "x" * 2_001},
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_refused(
    client: httpx2.AsyncClient, ann: Headers, changed: dict[str, Any]
) -> None:
    answer = await client.post(HERE, json={**DRAFT, **changed}, headers=ann)

    assert answer.status_code == 422, answer.text


async def test_a_text_that_is_too_long_for_its_channel_is_told_by_how_much(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await client.post(
        HERE, json={**DRAFT, "variants": {"mastodon": "x" * 501}}, headers=ann
    )

    assert answer.json()["errors"] == [
        {
            "pointer": "/variants",
            "detail": "Value error, variants.mastodon: 501 characters, at most 500 are allowed",
        }
    ]


async def test_contents_are_listed_newest_first_a_page_at_a_time(
    client: httpx2.AsyncClient, ann: Headers, others: list[Headers]
) -> None:
    made = [await make(client, ann, title=f"Number {n}") for n in range(5)]
    await make(client, others[0])

    pages, after = [], ""
    while True:
        query: dict[str, Any] = {"limit": 2, **({"after": after} if after else {})}
        answer = await client.get(HERE, params=query, headers=ann)
        page = answer.json()
        pages.append([content["id"] for content in page["data"]])
        assert page["has_more"] == (page["next"] is not None) == ("link" in answer.headers)
        if not page["next"]:
            break
        after = page["next"]

    newest_first = [content["id"] for content in reversed(made)]
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]


async def test_a_list_may_be_of_some_statuses_only(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    made = {
        status: await make(client, ann, title=status)
        for status in ("draft", "approved", "scheduled", "published", "failed")
    }
    for status, content in made.items():
        await set_status(database_url, content, status)

    async def titles(query: str) -> list[str]:
        answer = await client.get(f"{HERE}?{query}", headers=ann)
        return [content["title"] for content in answer.json()["data"]]

    assert await titles("status=draft") == ["draft"]
    assert await titles("status=failed&status=approved") == ["failed", "approved"]
    assert await titles("status=failed,approved") == ["failed", "approved"]
    assert len(await titles("")) == 5
    assert (await client.get(f"{HERE}?status=lost", headers=ann)).status_code == 422
    assert (await client.get(f"{HERE}?after=nonsense", headers=ann)).status_code == 400


async def test_a_draft_is_changed_in_what_is_given(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)

    change = {"version": 1, "title": "Another", "hashtags": []}
    answer = await client.patch(f"{HERE}/{made['id']}", json=change, headers=ann)

    changed = answer.json()
    assert answer.status_code == 200
    assert (changed["title"], changed["hashtags"], changed["version"]) == ("Another", [], 2)
    assert (changed["body"], changed["variants"]) == (made["body"], made["variants"])
    assert changed["updated_at"] > made["updated_at"]


async def test_of_two_who_change_the_same_version_the_second_is_told(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    here = f"{HERE}/{made['id']}"

    first = await client.patch(here, json={"version": 1, "title": "Hers"}, headers=ann)
    second = await client.patch(here, json={"version": 1, "title": "His"}, headers=ann)
    unseen = await client.post(f"{here}/approve", json={"version": 1}, headers=ann)

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "version_conflict")
    assert "version 2" in second.json()["detail"]
    assert (unseen.status_code, unseen.json()["code"]) == (409, "version_conflict")
    assert (await client.get(here, headers=ann)).json() == first.json()


async def test_a_change_without_a_version_is_refused(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)

    answer = await client.patch(f"{HERE}/{made['id']}", json={"title": "x"}, headers=ann)

    assert answer.status_code == 422


async def test_what_is_approved_is_changed_only_after_it_was_taken_back(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await make(client, ann)
    here = f"{HERE}/{made['id']}"

    approved = await client.post(f"{here}/approve", headers=ann)
    again = await client.post(f"{here}/approve", headers=ann)
    change = await client.patch(here, json={"version": 2, "title": "x"}, headers=ann)
    withdrawn = await client.post(f"{here}/withdraw", json={"version": 2}, headers=ann)
    changed = await client.patch(here, json={"version": 3, "title": "x"}, headers=ann)

    assert (approved.json()["status"], approved.json()["version"]) == ("approved", 2)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert (change.status_code, change.json()["code"]) == (409, "wrong_state")
    assert change.json()["detail"] == "An approved content cannot be changed."
    assert withdrawn.json()["status"] == "draft"
    assert changed.json()["title"] == "x"


@pytest.mark.parametrize("status", ["scheduled", "failed"])
async def test_what_waits_or_has_failed_is_taken_back(
    client: httpx2.AsyncClient, ann: Headers, database_url: str, status: str
) -> None:
    made = await make(client, ann)
    await set_status(database_url, made, status)

    answer = await client.post(f"{HERE}/{made['id']}/withdraw", headers=ann)

    assert answer.json()["status"] == "draft"


async def test_what_is_published_can_only_be_deleted(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    made = await make(client, ann)
    await set_status(database_url, made, "published")
    here = f"{HERE}/{made['id']}"

    refused = [
        await client.patch(here, json={"version": 1, "title": "x"}, headers=ann),
        await client.post(f"{here}/approve", headers=ann),
        await client.post(f"{here}/withdraw", headers=ann),
        await client.post(f"{here}/schedule", json={"connection_id": made["id"]}, headers=ann),
    ]
    deleted = await client.delete(here, headers=ann)

    assert [answer.json()["code"] for answer in refused] == ["wrong_state"] * 4
    assert deleted.status_code == 204
    assert (await client.get(here, headers=ann)).status_code == 404


async def test_others_contents_do_not_exist(
    client: httpx2.AsyncClient, ann: Headers, others: list[Headers]
) -> None:
    made = await make(client, ann)
    here, nowhere = f"{HERE}/{made['id']}", f"{HERE}/{uuid7()}"

    for stranger in others:
        for path in (here, nowhere, f"{HERE}/no-id"):
            answers = [
                await client.get(path, headers=stranger),
                await client.patch(path, json={"version": 1, "title": "x"}, headers=stranger),
                await client.post(f"{path}/approve", headers=stranger),
                await client.post(f"{path}/withdraw", headers=stranger),
                await client.post(
                    f"{path}/schedule", json={"connection_id": str(uuid7())}, headers=stranger
                ),
                await client.delete(path, headers=stranger),
            ]
            assert {answer.status_code for answer in answers} == {404}
            assert {answer.json()["code"] for answer in answers} == {"not_found"}
        assert (await client.get(HERE, headers=stranger)).json()["data"] == []

    assert (await client.get(here, headers=ann)).json() == made


async def test_reading_takes_one_scope_and_writing_the_other(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    made = await make(client, ann)
    reader = as_user("ann", "jobs:read", org="acme")
    here = f"{HERE}/{made['id']}"

    assert (await client.get(here, headers=reader)).status_code == 200
    assert (await client.post(HERE, json=DRAFT, headers=reader)).status_code == 403
    assert (await client.post(f"{here}/approve", headers=reader)).status_code == 403
    assert (await client.delete(here, headers=reader)).status_code == 403
    assert (await client.get(here)).status_code == 401


async def test_there_is_a_most_one_user_may_have(
    client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.contents.front.MOST_CONTENTS", 1)
    await make(client, ann)

    answer = await client.post(HERE, json=DRAFT, headers=ann)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_contents")


async def test_the_api_document_shows_the_content(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    shown = document["components"]["schemas"]["ContentResource"]["properties"]
    assert {"id", "status", "variants", "version", "cost_usd", "publish_at"} <= set(shown)
    assert "409" in document["paths"]["/api/contents/{id}"]["patch"]["responses"]
    assert "content_generation.args" in document["components"]["schemas"]


async def connect(client: httpx2.AsyncClient, whose: Headers) -> str:
    wanted = {
        "provider": "mastodon",
        "name": "Mine",
        "base_url": "https://mastodon.example",
        "credentials": {"access_token": "at_123456"},
    }
    answer = await client.post("/api/connections", json=wanted, headers=whose)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_what_is_approved_is_scheduled_moved_and_taken_back(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    connection, made = await connect(client, ann), await make(client, ann)
    here = f"{HERE}/{made['id']}"
    wanted = {"connection_id": connection, "publish_at": "2030-05-01T09:00:00+02:00"}

    early = await client.post(f"{here}/schedule", json=wanted, headers=ann)
    await client.post(f"{here}/approve", headers=ann)
    scheduled = await client.post(f"{here}/schedule", json={**wanted, "version": 2}, headers=ann)
    stale = await client.post(f"{here}/schedule", json={**wanted, "version": 2}, headers=ann)
    now = await client.post(f"{here}/schedule", json={"connection_id": connection}, headers=ann)
    withdrawn = await client.post(f"{here}/withdraw", headers=ann)

    assert (early.status_code, early.json()["code"]) == (409, "wrong_state")
    assert scheduled.json()["status"] == "scheduled"
    assert scheduled.json()["publish_at"] == "2030-05-01T07:00:00Z"
    assert scheduled.json()["connection_id"] == connection
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert now.json()["publish_at"] < "2030"
    assert (withdrawn.json()["status"], withdrawn.json()["publish_at"]) == ("draft", None)


async def test_it_goes_out_by_an_active_connection_of_ones_own_only(
    client: httpx2.AsyncClient, ann: Headers, others: list[Headers], database_url: str
) -> None:
    made, ended = await make(client, ann), await connect(client, ann)
    here = f"{HERE}/{made['id']}"
    await client.post(f"{here}/approve", headers=ann)
    database = await asyncpg.connect(database_url)
    await database.execute("UPDATE connections SET status = 'revoked' WHERE id = $1", UUID(ended))
    await database.close()

    strangers = [await connect(client, other) for other in others]
    for connection in (*strangers, ended, str(uuid7())):
        answer = await client.post(
            f"{here}/schedule", json={"connection_id": connection}, headers=ann
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/connection_id"

    assert (await client.get(here, headers=ann)).json()["status"] == "approved"


async def expiry_of(database_url: str, upload: str) -> datetime:
    database = await asyncpg.connect(database_url)
    found: datetime = await database.fetchval(
        "SELECT expires_at FROM uploads WHERE id = $1", UUID(upload)
    )
    await database.close()
    return found


async def test_media_are_kept_until_they_are_out(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    connection, made = await connect(client, ann), await make(client, ann)
    here, hour = f"{HERE}/{made['id']}", datetime.now(UTC) + timedelta(days=7)
    await client.post(f"{here}/approve", headers=ann)
    upload = (await client.post("/api/uploads", content=b"GIF", headers=ann)).json()["id"]
    media = [{"upload_id": upload, "alt": "A gate"}]
    wanted = {"connection_id": connection, "publish_at": hour.isoformat()}

    scheduled = await client.post(f"{here}/schedule", json={**wanted, "media": media}, headers=ann)
    first = await expiry_of(database_url, upload)
    later = {**wanted, "publish_at": (hour + timedelta(days=1)).isoformat()}
    moved = await client.post(f"{here}/schedule", json=later, headers=ann)
    second = await expiry_of(database_url, upload)
    withdrawn = await client.post(f"{here}/withdraw", headers=ann)

    assert scheduled.json()["media"] == moved.json()["media"] == media
    assert first == hour + timedelta(days=1)
    assert second == hour + timedelta(days=2)
    assert withdrawn.json()["media"] == []


async def test_media_that_are_gone_or_anothers_are_refused(
    client: httpx2.AsyncClient, ann: Headers, others: list[Headers]
) -> None:
    connection, made = await connect(client, ann), await make(client, ann)
    here = f"{HERE}/{made['id']}"
    await client.post(f"{here}/approve", headers=ann)
    sent = [await client.post("/api/uploads", content=b"x", headers=who) for who in (ann, *others)]
    media = [{"upload_id": one.json()["id"]} for one in sent] + [{"upload_id": str(uuid7())}]

    wanted = {"connection_id": connection, "media": media}
    answer = await client.post(f"{here}/schedule", json=wanted, headers=ann)
    many = await client.post(f"{here}/schedule", json={**wanted, "media": media * 2}, headers=ann)

    assert answer.status_code == many.status_code == 422
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == [f"/media/{number}/upload_id" for number in (1, 2, 3)]
    assert (await client.get(here, headers=ann)).json()["status"] == "approved"
