"""Posts over HTTP: listed, read with their samples, and what is learnt of them."""

from uuid import uuid4

import httpx2
import pytest

from tests.service.conftest import As, Headers
from tests.service.posted import add_learnings, add_post

HERE = "/api/posts"
ANN = ("acme", "ann")


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann", org="acme")


async def test_a_post_is_read_with_its_samples(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    ident = await add_post(database_url, ANN, samples=3)

    post = (await client.get(f"{HERE}/{ident}", headers=ann)).json()

    assert (post["state"], post["channel"], post["provider_post_id"]) == (
        "published",
        "mastodon",
        "7",
    )
    assert post["samples"] == [
        {"metric": "favourites", "hour": f"2026-11-25T{9 + n:02}:00:00Z", "value": 10 * n}
        for n in range(3)
    ]
    assert not {"job", "held_until", "asked_text", "idempotency_key"} & post.keys()


async def test_posts_are_listed_by_page_state_and_content(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    content = str(uuid4())
    first = await add_post(database_url, ANN, content=content)
    failed = await add_post(database_url, ANN, state="failed")
    last = await add_post(database_url, ANN)

    page = (await client.get(f"{HERE}?limit=2", headers=ann)).json()
    rest = (await client.get(f"{HERE}?limit=2&after={page['next']}", headers=ann)).json()
    by_state = (await client.get(f"{HERE}?state=failed", headers=ann)).json()
    by_content = (await client.get(f"{HERE}?content_id={content}", headers=ann)).json()

    assert [post["id"] for post in page["data"]] == [last, failed]
    assert page["has_more"]
    assert ([post["id"] for post in rest["data"]], rest["has_more"]) == ([first], False)
    assert [post["id"] for post in by_state["data"]] == [failed]
    assert [post["id"] for post in by_content["data"]] == [first]


async def test_others_posts_and_learnings_do_not_exist(
    client: httpx2.AsyncClient, as_user: As, database_url: str
) -> None:
    ident = await add_post(database_url, ANN)
    await add_learnings(database_url, ANN, ("warm", "hour", "9", "engagement", 1, 1))

    for whose in (as_user("bob", org="acme"), as_user("ann", org="other")):
        assert (await client.get(f"{HERE}/{ident}", headers=whose)).status_code == 404
        assert (await client.get(HERE, headers=whose)).json()["data"] == []
        assert (await client.get("/api/learnings", headers=whose)).json()["data"] == []


async def test_learnings_come_with_the_best_first(
    client: httpx2.AsyncClient, ann: Headers, database_url: str
) -> None:
    await add_learnings(
        database_url,
        ANN,
        ("warm", "hour", "9", "engagement", 4, 40),
        ("warm", "hour", "18", "engagement", 2, 50),
        ("warm", "hour", "18", "favourites", 2, 1),
        ("dry", "hashtag", "sea", "engagement", 1, 3),
    )

    async def listed(query: str) -> list[tuple[str, str, float]]:
        answer = await client.get(f"/api/learnings{query}", headers=ann)
        return [(one["brand"], one["value"], one["mean"]) for one in answer.json()["data"]]

    assert await listed("") == [("warm", "18", 25.0), ("warm", "9", 10.0), ("dry", "sea", 3.0)]
    assert await listed("?facet=hashtag") == [("dry", "sea", 3.0)]
    assert await listed("?brand=warm&limit=1") == [("warm", "18", 25.0)]
    assert await listed("?metric=favourites") == [("warm", "18", 0.5)]


@pytest.mark.parametrize(
    "path",
    [f"{HERE}?state=gone", f"{HERE}?content_id=x", f"{HERE}?limit=0", "/api/learnings?facet=moon"],
)
async def test_a_query_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, ann: Headers, path: str
) -> None:
    assert (await client.get(path, headers=ann)).status_code == 422


async def test_a_cursor_that_is_none_is_refused(client: httpx2.AsyncClient, ann: Headers) -> None:
    answer = await client.get(f"{HERE}?after=nonsense", headers=ann)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
