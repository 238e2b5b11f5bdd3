"""Feeds over HTTP: followed once, changed, paused, deleted, their items paged."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from service.settings import ServiceSettings
from tests.service.conftest import As, Headers
from tests.service.test_documents import check

FEED = {"url": "https://example.com/feed.xml"}
ITEMS = """
INSERT INTO feed_items (id, feed_id, identity, title, url, ordered_at, sha256, job_id, enclosures,
                        created_at, updated_at)
SELECT gen_random_uuid(), $1, n::text, 'Item ' || n, 'https://example.com/' || n,
  now() - n * interval '1 hour', 'x', $1,
  '[{"url": "https://example.com/a.mp3", "type": "audio/mpeg", "length": 7}]'::jsonb, now(), now()
FROM generate_series(1, $2) n
"""


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    return service_settings.model_copy(update={"max_feeds": 3})


async def follow(client: httpx2.AsyncClient, who: Headers, **changed: Any) -> dict[str, Any]:
    answer = await client.post("/api/feeds", json={**FEED, **changed}, headers=who)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_feed_is_followed_and_due_at_once(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await client.post("/api/feeds", json={**FEED, "title": "Mine"}, headers=ann)

    made = answer.json()
    assert answer.headers["location"] == f"/api/feeds/{made['id']}"
    assert (made["url"], made["title"], made["status"]) == (FEED["url"], "Mine", "active")
    assert made["next_at"] == made["created_at"]
    assert (made["fetched_at"], made["last_error"], made["failures"]) == (None, None, 0)
    assert made["links"] == {
        "self": f"/api/feeds/{made['id']}",
        "items": f"/api/feeds/{made['id']}/items",
    }
    assert (await client.get(made["links"]["self"], headers=ann)).json() == made


async def test_a_url_is_followed_once_by_each_user(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    made = await follow(client, ann, title="First")

    again = await client.post(
        "/api/feeds", json={"url": "https://EXAMPLE.com/feed.xml#top", "title": "x"}, headers=ann
    )
    bob = await follow(client, as_user("bob", org="ann"))

    assert (again.status_code, again.json()) == (200, made)
    assert again.headers["location"] == f"/api/feeds/{made['id']}"
    assert bob["id"] != made["id"]


async def test_nobody_follows_more_than_so_many(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    urls = [f"https://example.com/{number}" for number in range(4)]
    for url in urls[:3]:
        await follow(client, ann, url=url)

    refused = await client.post("/api/feeds", json={"url": urls[3]}, headers=ann)
    known = await client.post("/api/feeds", json={"url": urls[0]}, headers=ann)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_feeds")
    assert known.status_code == 200
    assert await follow(client, as_user("bob"), url=urls[3])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/", "http://localhost/feed", "http://[::ffff:10.0.0.1]/",
        "http://0x7f.1/", "https://u:p@example.com/", "https://example.com:6379/",
        "ftp://example.com/", "file:///etc/passwd", "example.com", "https://", "http://a b/",
        "https://example.com/" + "ü" * 1_500, "http://169.254.169.254/latest/",
    ],
)  # fmt: skip
async def test_a_url_that_can_never_be_right_is_refused(
    client: httpx2.AsyncClient, ann: Headers, url: str
) -> None:
    made = await follow(client, ann)

    for answer in (
        await client.post("/api/feeds", json={"url": url}, headers=ann),
        await client.patch(made["links"]["self"], json={"url": url}, headers=ann),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_feed")


@pytest.mark.parametrize(
    "body",
    [
        {}, {"url": 7}, {"url": ""}, {"url": FEED["url"], "paused": True},
        {"url": FEED["url"], "title": "x" * 301}, {"url": "x" * 2001}, [],
    ],
)  # fmt: skip
async def test_a_wrong_shape_is_refused(
    client: httpx2.AsyncClient, ann: Headers, body: object
) -> None:
    answer = await client.post("/api/feeds", json=body, headers=ann)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_feed_is_renamed_paused_and_goes_on(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await follow(client, ann)
    here = made["links"]["self"]

    renamed = (await client.patch(here, json={"title": "New"}, headers=ann)).json()
    paused = (await client.patch(here, json={"paused": True}, headers=ann)).json()
    on = (await client.patch(here, json={"paused": False}, headers=ann)).json()

    assert (renamed["title"], renamed["next_at"]) == ("New", made["next_at"])
    assert (paused["status"], paused["paused"], paused["next_at"]) == ("paused", True, None)
    assert (on["status"], on["title"]) == ("active", "New")
    assert on["next_at"] > made["next_at"]
    assert on["updated_at"] > made["updated_at"]


async def test_another_url_forgets_what_was_known_of_the_old_one(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await follow(client, ann)
    await app.state.resources.db.fetch(
        "UPDATE feeds SET etag = 'e', sha256 = 's', failures = 3, failing_since = now(),"
        " flagged_at = now(), error_code = 'http_410', error = 'Gone.', ended_at = now()"
    )
    gone = (await client.get(made["links"]["self"], headers=ann)).json()

    answer = await client.patch(
        made["links"]["self"], json={"url": "https://example.com/new.xml"}, headers=ann
    )

    assert (gone["status"], gone["next_at"]) == ("gone", None)
    assert gone["last_error"] == {"code": "http_410", "message": "Gone."}
    moved = answer.json()
    assert (moved["url"], moved["status"]) == ("https://example.com/new.xml", "active")
    assert (moved["failures"], moved["last_error"], moved["flagged_at"]) == (0, None, None)
    (row,) = await app.state.resources.db.fetch("SELECT etag, sha256 FROM feeds")
    assert (row["etag"], row["sha256"]) == ("", "")


async def test_a_feed_does_not_move_to_where_another_of_mine_is(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await follow(client, ann)
    await follow(client, ann, url="https://example.com/other.xml")

    refused = await client.patch(
        made["links"]["self"], json={"url": "https://example.com/other.xml"}, headers=ann
    )
    same = await client.patch(made["links"]["self"], json=FEED, headers=ann)

    assert (refused.status_code, refused.json()["code"]) == (409, "feed_exists")
    assert (same.status_code, same.json()["next_at"]) == (200, made["next_at"])


async def test_feeds_are_listed_newest_first_and_paged(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    made = [await follow(client, ann, url=f"https://example.com/{n}") for n in range(3)]
    await follow(client, as_user("bob", org="ann"))

    first = await client.get("/api/feeds?limit=2", headers=ann)
    second = await client.get(f"/api/feeds?limit=2&after={first.json()['next']}", headers=ann)

    listed = first.json()["data"] + second.json()["data"]
    assert [feed["id"] for feed in listed] == [feed["id"] for feed in reversed(made)]
    assert (first.json()["has_more"], second.json()["has_more"]) == (True, False)
    assert 'rel="next"' in first.headers["link"]


async def test_items_are_paged_newest_first(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await follow(client, ann)
    await app.state.resources.db.fetch(ITEMS, UUID(made["id"]), 5)
    path, found = f"{made['links']['items']}?limit=2", []

    answer = await client.get(path, headers=ann)
    while True:
        found += answer.json()["data"]
        if not answer.json()["has_more"]:
            break
        answer = await client.get(f"{path}&after={answer.json()['next']}", headers=ann)

    assert [item["title"] for item in found] == [f"Item {number}" for number in range(1, 6)]
    assert found[0]["enclosures"] == [
        {"url": "https://example.com/a.mp3", "type": "audio/mpeg", "length": 7}
    ]
    bad = await client.get(f"{made['links']['items']}?after=nonsense", headers=ann)
    assert bad.status_code == 400


async def test_a_deleted_feed_is_gone_with_its_items(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = await follow(client, ann)
    await app.state.resources.db.fetch(ITEMS, UUID(made["id"]), 5)

    deleted = await client.delete(made["links"]["self"], headers=ann)

    assert deleted.status_code == 204
    assert (await client.get(made["links"]["self"], headers=ann)).status_code == 404
    assert (await client.delete(made["links"]["self"], headers=ann)).status_code == 404
    assert await app.state.resources.db.fetch("SELECT 1 FROM feed_items") == []


async def test_answers_fit_the_document(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    document = (await client.get("/openapi.json")).json()
    made = await client.post("/api/feeds", json=FEED, headers=ann)
    ident = made.json()["id"]
    await app.state.resources.db.fetch(ITEMS, UUID(ident), 1)
    one, items = "/api/feeds/{id}", "/api/feeds/{id}/items"

    check(document, "post", "/api/feeds", made)
    check(document, "get", "/api/feeds", await client.get("/api/feeds", headers=ann))
    check(document, "get", one, await client.get(f"/api/feeds/{ident}", headers=ann))
    check(document, "get", items, await client.get(f"/api/feeds/{ident}/items", headers=ann))
    missing = await client.get(f"/api/feeds/{uuid7()}", headers=ann)
    check(document, "get", one, missing)
    assert missing.status_code == 404
