"""Builds over HTTP: listed page by page, read, and nobody else's."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.kept.builds import begin_build, change_build
from tests.service.builds import keep
from tests.service.conftest import As, Headers


@pytest.fixture
def ann(as_user: As) -> Headers:
    return as_user("ann")


async def test_a_build_is_read(app: Starlette, client: httpx2.AsyncClient, ann: Headers) -> None:
    job = uuid7()
    made = await keep(app, job)

    answer = await client.get(f"/api/builds/{made.id}", headers=ann)

    build = answer.json()
    assert answer.status_code == 200
    assert (build["id"], build["job_id"]) == (str(made.id), str(job))
    assert (build["platform"], build["state"], build["remote_id"]) == ("ios", "starting", None)
    assert "org_id" not in build


async def test_builds_are_listed_newest_first_page_by_page(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = [str((await keep(app, uuid7())).id) for _ in range(5)]
    found: list[str] = []
    after: str | None = ""

    while after is not None:
        query = {"limit": "2", **({"after": after} if after else {})}
        page = (await client.get("/api/builds", params=query, headers=ann)).json()
        found += [build["id"] for build in page["data"]]
        assert page["has_more"] == (page["next"] is not None)
        after = page["next"]

    assert found == made[::-1]


async def test_the_builds_of_one_job_are_listed(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = uuid7()
    await keep(app, uuid7())
    both = {str((await keep(app, job, platform=name)).id) for name in ("ios", "android")}

    page = (await client.get("/api/builds", params={"job": str(job)}, headers=ann)).json()

    assert {build["id"] for build in page["data"]} == both
    assert not page["has_more"]


@pytest.mark.parametrize(("user", "org"), [("bert", ""), ("bert", "ann"), ("ann", "other")])
async def test_somebody_elses_build_does_not_exist(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, user: str, org: str
) -> None:
    made = await keep(app, uuid7(), user, org=org)

    there = await client.get(f"/api/builds/{made.id}", headers=ann)
    nowhere = await client.get(f"/api/builds/{uuid4()}", headers=ann)
    page = (await client.get("/api/builds", headers=ann)).json()

    assert there.status_code == nowhere.status_code == 404
    assert there.json()["code"] == nowhere.json()["code"]
    assert page["data"] == []


@pytest.mark.parametrize(
    ("query", "status"), [("after=nonsense", 400), ("limit=0", 422), ("job=nobody", 422)]
)
async def test_a_bad_query_is_said(
    client: httpx2.AsyncClient, ann: Headers, query: str, status: int
) -> None:
    answer = await client.get(f"/api/builds?{query}", headers=ann)

    assert answer.status_code == status


async def test_nobody_reads_builds_without_the_scope(
    client: httpx2.AsyncClient, as_user: As
) -> None:
    answers = await asyncio.gather(
        client.get("/api/builds", headers=as_user("ann", "jobs:write")), client.get("/api/builds")
    )

    assert [answer.status_code for answer in answers] == [403, 401]


async def test_only_the_newest_attempt_writes_a_build(app: Starlette) -> None:
    first = await keep(app, uuid7())
    async with app.state.resources.db.session() as session:
        later = await begin_build(session, replace(first, attempt=2))
        stale = await change_build(session, first, finished=False)
        older = await begin_build(session, first)

    assert later is not None
    assert (later.id, later.attempt) == (first.id, 2)
    assert stale is None
    assert older is None
