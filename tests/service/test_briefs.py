"""Briefs over HTTP: listed, opened and deleted by their reader; for others they do not exist."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.resources import Resources
from tests.jobs.briefing.readers import add_brief, read_entry
from tests.service.conftest import As, Headers

TODAY = date(2026, 11, 29)
MADE = datetime(2026, 11, 29, 7, tzinfo=UTC)
DAY = timedelta(days=1)


async def make_brief(resources: Resources, org: str, user: str, days_ago: int = 0) -> UUID:
    back = days_ago * DAY
    return await add_brief(resources.db, user, TODAY - back, MADE - back, org=org)


@pytest.fixture
def resources(app: Starlette) -> Resources:
    found: Resources = app.state.resources
    return found


async def test_a_brief_is_read_whole_and_counts_as_opened_from_the_first_time_on(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers
) -> None:
    ident = await make_brief(resources, "ann", "ann")

    listed = (await client.get("/api/briefs", headers=ann)).json()["data"]
    first = (await client.get(f"/api/briefs/{ident}", headers=ann)).json()
    second = (await client.get(f"/api/briefs/{ident}", headers=ann)).json()

    assert [brief["opened_at"] for brief in listed] == [None]
    assert "body" not in listed[0]
    assert (first["id"], first["day"], first["timezone"]) == (str(ident), "2026-11-29", "UTC")
    assert (first["title"], first["body"], first["model"]) == ("A day", "Long.", "")
    assert first["usage"]["rounds"] == 0
    assert first["opened_at"] == second["opened_at"] is not None


async def test_reading_its_inbox_entry_counts_too(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers
) -> None:
    ident = await make_brief(resources, "ann", "ann")
    await read_entry(resources.db, "ann", ident, MADE + DAY)

    [brief] = (await client.get("/api/briefs", headers=ann)).json()["data"]

    assert brief["opened_at"] == "2026-11-30T07:00:00Z"


async def test_briefs_are_listed_newest_first_page_by_page(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = [str(await make_brief(resources, "ann", "ann", days_ago=n)) for n in range(3)]

    first = await client.get("/api/briefs?limit=2", headers=ann)
    rest = await client.get(f"/api/briefs?limit=2&after={first.json()['next']}", headers=ann)

    assert [b["id"] for b in first.json()["data"] + rest.json()["data"]] == made
    assert (first.json()["has_more"], rest.json()["has_more"]) == (True, False)
    assert 'rel="next"' in first.headers["link"]


async def test_others_briefs_do_not_exist_and_stay_unopened(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    ident = await make_brief(resources, "ann", "ann")
    scopes = "jobs:read jobs:write org:read admin"
    strangers = [as_user("bob", scopes), as_user("bob", scopes, org="ann"), as_user("ann", org="x")]

    for who in strangers:
        assert (await client.get(f"/api/briefs/{ident}", headers=who)).status_code == 404
        assert (await client.delete(f"/api/briefs/{ident}", headers=who)).status_code == 404
        assert (await client.get("/api/briefs", headers=who)).json()["data"] == []

    [brief] = (await client.get("/api/briefs", headers=ann)).json()["data"]
    assert (brief["id"], brief["opened_at"]) == (str(ident), None)


async def test_a_deleted_brief_is_gone(
    resources: Resources, client: httpx2.AsyncClient, ann: Headers
) -> None:
    here = f"/api/briefs/{await make_brief(resources, 'ann', 'ann')}"

    assert (await client.delete(here, headers=ann)).status_code == 204

    assert (await client.get(here, headers=ann)).status_code == 404
    assert (await client.delete(here, headers=ann)).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "after=nonsense", "other=1"])
async def test_a_wrong_query_is_refused(
    client: httpx2.AsyncClient, ann: Headers, query: str
) -> None:
    answer = await client.get(f"/api/briefs?{query}", headers=ann)

    assert answer.status_code in {400, 422}
