"""The list of batches: newest first, page by page, one's own or the org's, by an index."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.store import Owner
from jobs.store.batch_pages import page_sql
from tests.service.conftest import As, Headers
from tests.service.test_batches import echoes, made
from tests.service.work import Json, at_work, resources_of, sql, until

FILL = """
INSERT INTO batches (id, org_id, user_id, total, succeeded, change_seq)
SELECT gen_random_uuid(), 'o' || n % 7, 'u' || n % 50, 1, 1, n FROM generate_series(1, 20000) n
"""


async def listed(client: httpx2.AsyncClient, who: Headers, **query: Any) -> Json:
    answer = await client.get("/api/batches", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page: Json) -> list[str]:
    return [batch["id"] for batch in page["data"]]


async def test_batches_are_listed_newest_first_page_by_page(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    batches = [(await made(client, ann, jobs=echoes(n + 1)))["id"] for n in range(5)]

    first = await listed(client, ann, limit=2)
    second = await listed(client, ann, limit=2, after=first["next"])
    answer = await client.get(f"/api/batches?limit=2&after={second['next']}", headers=ann)
    third = answer.json()

    assert ids(first) + ids(second) + ids(third) == batches[::-1]
    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    assert (third["next"], "link" in answer.headers) == (None, False)
    assert (await client.get("/api/batches?limit=2", headers=ann)).links["next"]["url"]


async def test_a_listed_batch_is_the_batch(client: httpx2.AsyncClient, ann: Headers) -> None:
    batch = await made(client, ann, jobs=echoes(3), tags=["nightly"])

    [shown] = (await listed(client, ann))["data"]

    assert shown == (await client.get(f"/api/batches/{batch['id']}", headers=ann)).json()


async def test_batches_are_found_by_their_state(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    waits = await made(client, ann, jobs=echoes(1, delay=3600))
    async with at_work(app):
        fine = await made(client, ann, jobs=echoes(1))
        bad = await made(client, ann, jobs=[{"kind": "flaky", "args": {"how": "discard"}}])
        await until(
            app, lambda: listed(client, ann, state="completed"), lambda page: len(page["data"]) == 2
        )

    assert ids(await listed(client, ann, state="running")) == [waits["id"]]
    assert ids(await listed(client, ann, state="completed")) == [bad["id"], fine["id"]]
    assert ids(await listed(client, ann, state="failed")) == [bad["id"]]


async def test_a_list_of_batches_holds_what_the_caller_may_see(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    anns = (await made(client, ann, jobs=echoes(1)))["id"]
    bobs = (await made(client, as_user("bob", org="ann"), jobs=echoes(1)))["id"]
    others = (await made(client, as_user("eve"), jobs=echoes(1)))["id"]

    assert ids(await listed(client, ann)) == [anns]
    reader = as_user("rita", "jobs:read org:read", org="ann")
    assert ids(await listed(client, reader)) == [bobs, anns]
    assert ids(await listed(client, as_user("root", "admin jobs:read"))) == [others, bobs, anns]


@pytest.mark.parametrize(
    ("query", "status"), [("after=nonsense!", 400), ("state=odd", 422), ("limit=0", 422)]
)
async def test_a_list_of_batches_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, ann: Headers, query: str, status: int
) -> None:
    answer = await client.get(f"/api/batches?{query}", headers=ann)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("owner", "index"),
    [
        (Owner("o1", "u1"), "batches_newest"),
        (Owner("o1", None), "batches_newest"),
        (Owner(None, None), "batches_pkey"),
    ],
)
async def test_the_newest_batches_among_many_are_found_by_an_index(
    app: Starlette, owner: Owner, index: str
) -> None:
    await sql(app, FILL)
    await sql(app, "ANALYZE batches")
    values = [value for value in (owner.org, owner.user) if value is not None]

    rows = await resources_of(app).db.fetch(
        f"EXPLAIN {page_sql(owner, None)}", UUID(int=1 << 127), 51, *values
    )

    plan = "\n".join(row[0] for row in rows)
    assert index in plan or "batches_pkey" in plan
    assert "Seq Scan" not in plan
