"""Timelines over HTTP: listed, read and deleted by their owner, for a day; for others they do not exist."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.ids import uuid7
from jobs.kept.timelines import TimelineRow, keep_timeline
from jobs.resources import Resources
from tests.jobs.conftest import working
from tests.service.conftest import As, Headers

RESULT: dict[str, Any] = {
    "title": "Botany",
    "timezone": "Europe/Berlin",
    "terms": [{"name": "Fall 2026", "season": "fall", "year": 2026, "page": 1}],
    "courses": [{"code": "BIO 210", "title": "Botany", "credits": 4.0, "page": 2}],
    "events": [{"date": "2026-10-05", "title": "Midterm", "type": "exam", "page": 3}],
    "warnings": ["careful"],
}


async def make_timeline(
    resources: Resources, org: str, user: str, lifetime: timedelta = timedelta(hours=24)
) -> UUID:
    ident, now = uuid7(), datetime.now(UTC)
    result = {**RESULT, "timeline_id": str(ident)}
    row = TimelineRow(ident, org, user, "Botany", [[["a"]]], result, now, now + lifetime)
    async with resources.db.session() as session:
        await keep_timeline(session, row)
    return ident


@pytest.fixture
def resources(app: Starlette) -> Resources:
    found: Resources = app.state.resources
    return found


async def test_a_timeline_is_read_with_all_that_was_found(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers
) -> None:
    ident = await make_timeline(resources, "ann", "ann")

    read = (await client.get(f"/api/timelines/{ident}", headers=ann)).json()

    assert (read["id"], read["title"], read["timezone"]) == (str(ident), "Botany", "Europe/Berlin")
    assert read["terms"] == RESULT["terms"]
    assert (read["courses"][0]["credits"], read["courses"][0]["page"]) == (4.0, 2)
    assert (read["events"][0]["date"], read["events"][0]["page"]) == ("2026-10-05", 3)
    assert read["warnings"] == ["careful"]
    lived = datetime.fromisoformat(read["expires_at"]) - datetime.fromisoformat(read["created_at"])
    assert lived == timedelta(hours=24)


async def test_timelines_are_listed_newest_first_page_by_page(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = [str(await make_timeline(resources, "ann", "ann")) for _ in range(3)]

    first = await client.get("/api/timelines?limit=2", headers=ann)
    rest = await client.get(f"/api/timelines?limit=2&after={first.json()['next']}", headers=ann)

    assert [t["id"] for t in first.json()["data"] + rest.json()["data"]] == made[::-1]
    assert (first.json()["has_more"], rest.json()["has_more"]) == (True, False)
    assert 'rel="next"' in first.headers["link"]
    shown = first.json()["data"][0]
    assert (shown["title"], shown["courses"], shown["events"]) == ("Botany", 1, 1)


async def test_others_timelines_and_expired_ones_do_not_exist(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    mine = await make_timeline(resources, "ann", "ann")
    old = await make_timeline(resources, "ann", "ann", lifetime=timedelta(0))
    scopes = "jobs:read jobs:write org:read admin"
    strangers = [as_user("bob", scopes), as_user("bob", scopes, org="ann"), as_user("ann", org="x")]

    for who, ident in [*((s, mine) for s in strangers), (ann, old)]:
        assert (await client.get(f"/api/timelines/{ident}", headers=who)).status_code == 404
        assert (await client.delete(f"/api/timelines/{ident}", headers=who)).status_code == 404
    for stranger in strangers:
        assert (await client.get("/api/timelines", headers=stranger)).json()["data"] == []
    listed = (await client.get("/api/timelines", headers=ann)).json()["data"]
    assert [t["id"] for t in listed] == [str(mine)]


async def test_a_deleted_timeline_is_gone(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers
) -> None:
    here = f"/api/timelines/{await make_timeline(resources, 'ann', 'ann')}"

    assert (await client.delete(here, headers=ann)).status_code == 204

    assert (await client.get(here, headers=ann)).status_code == 404
    assert (await client.delete(here, headers=ann)).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "after=nonsense", "other=1"])
async def test_a_wrong_query_is_refused(
    client: httpx2.AsyncClient, ann: Headers, query: str
) -> None:
    answer = await client.get(f"/api/timelines?{query}", headers=ann)

    assert answer.status_code in {400, 422}


@pytest.fixture
async def worker(resources: Resources) -> AsyncIterator[None]:
    async with working(resources.settings):
        yield


async def test_what_a_job_read_is_there_under_its_id_and_told_in_the_inbox(
    client: httpx2.AsyncClient, ann: Headers, worker: None
) -> None:
    text = "BIO 210: Botany (4 credits)\nFall 2026\nQuiz on Sep 4"
    job = {"kind": "course_timeline_parsing", "args": {"text": text}}
    wait = {**ann, "Prefer": "wait=20"}

    ended = (await client.post("/api/jobs", json=job, headers=wait)).json()
    refused = (
        await client.post("/api/jobs", json={**job, "args": {"text": " "}}, headers=wait)
    ).json()

    read = (await client.get(f"/api/timelines/{ended['id']}", headers=ann)).json()
    assert read["events"] == ended["result"]["events"]
    assert refused["error"]["code"] == "empty_file"
    inbox = (await client.get("/api/inbox", headers=ann)).json()["data"]
    assert [entry["name"] for entry in inbox] == ["job.failed", "course_timeline_parsing_completed"]
