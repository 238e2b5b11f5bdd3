"""A job with its children and theirs: listed, and told of on one timeline."""

from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs import records
from service.server import Server
from tests.service.conftest import As, Headers, url
from tests.service.ear import ear
from tests.service.work import Json, at_work, ended, submit

GRANDCHILDREN = {"child": "parent", "each": [{"each": [{"value": 1}]}, {"each": [{"value": 2}]}]}
NOBODY = "0199a7c0-0000-7000-8000-000000000001"


@pytest.fixture
async def eldest(app: Starlette, client: httpx2.AsyncClient, ann: Headers) -> Json:
    """Give a job that has succeeded, with two children, and one of each of these."""
    async with at_work(app):
        job = await submit(client, ann, "parent", args=GRANDCHILDREN)
        return await ended(client, ann, job)


async def told(client: httpx2.AsyncClient, who: Headers, job: Json, **query: Any) -> list[Json]:
    answer = await client.get(f"/api/jobs/{job['id']}/events", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def listed(client: httpx2.AsyncClient, who: Headers, **query: Any) -> list[Json]:
    answer = await client.get("/api/jobs", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_a_timeline_tells_of_children_and_theirs_in_one_order(
    client: httpx2.AsyncClient, ann: Headers, eldest: Json
) -> None:
    alone = await told(client, ann, eldest)
    family = await told(client, ann, eldest, children=1)

    parents = {event["subject"]: event["data"].get("parent_id") for event in family}
    children = [subject for subject, parent in parents.items() if parent == eldest["id"]]
    assert len(parents) == 5
    assert parents[f"job:{eldest['id']}"] is None
    assert len(children) == 2
    assert [event for event in family if event["subject"] == f"job:{eldest['id']}"] == alone
    assert [event["time"] for event in family] == sorted(event["time"] for event in family)
    assert (family[0]["type"], family[-1]["type"]) == ("job.queued", "job.succeeded")
    assert await told(client, ann, eldest, children=0) == alone


async def test_descendants_are_listed(
    client: httpx2.AsyncClient, ann: Headers, eldest: Json
) -> None:
    children = await listed(client, ann, parent=eldest["id"])
    all_of_them = await listed(client, ann, ancestor=eldest["id"])
    first_page = await listed(client, ann, ancestor=eldest["id"], limit=3)

    assert [job["kind"] for job in children] == ["parent", "parent"]
    assert sorted(job["kind"] for job in all_of_them) == ["echo", "echo", "parent", "parent"]
    assert first_page == all_of_them[:3]
    assert await listed(client, ann, ancestor=all_of_them[0]["id"], kind="parent") == []
    assert await listed(client, ann, ancestor=NOBODY) == []


async def test_of_a_family_that_is_too_large_the_nearest_are_told_of(
    client: httpx2.AsyncClient, ann: Headers, eldest: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST_RELATIVES", 2)

    near = await listed(client, ann, ancestor=eldest["id"])
    family = await told(client, ann, eldest, children=1)

    assert [job["parent_id"] for job in near] == [eldest["id"]] * 2
    assert {event["subject"].removeprefix("job:") for event in family} == {
        eldest["id"],
        *(job["id"] for job in near),
    }


async def test_other_peoples_families_do_not_exist(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, eldest: Json
) -> None:
    reader = as_user("rita", "jobs:read org:read", org="ann")
    path = f"/api/jobs/{eldest['id']}/events?children=1"

    refused = await client.get(path, headers=as_user("bob"))

    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert await listed(client, as_user("bob"), ancestor=eldest["id"]) == []
    assert await told(client, reader, eldest, children=1) == await told(
        client, ann, eldest, children=1
    )
    assert len(await listed(client, reader, ancestor=eldest["id"])) == 4


@pytest.mark.parametrize("query", ["children=perhaps", "child=1", "children=%00"])
async def test_a_question_that_cannot_be_meant_is_422(
    client: httpx2.AsyncClient, ann: Headers, query: str
) -> None:
    job = await submit(client, ann, "echo")

    answer = await client.get(f"/api/jobs/{job['id']}/events?{query}", headers=ann)

    assert answer.status_code == 422


async def test_events_say_whose_child_a_job_is_and_what_it_asks(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    family = {"child": "ask", "each": [{"wait_seconds": 60}]}
    async with ear(url(server), ann, {"channel": "me"}) as heard, at_work(server.app):
        job = await submit(browser, ann, "parent", args=family)
        asked = await heard.until_event("job.input_requested")
        child = asked["subject"].removeprefix("job:")
        await browser.post(f"/api/jobs/{child}/input", json={"approved": True}, headers=ann)
        received = await heard.until_event("job.input_received")
        await ended(browser, ann, job)

    assert asked["data"]["parent_id"] == received["data"]["parent_id"] == job["id"]
    assert asked["data"]["awaiting"].keys() == {"number", "prompt", "until"}
    assert (asked["data"]["awaiting"]["number"], asked["data"]["awaiting"]["prompt"]) == (
        1,
        "Request 1?",
    )
    assert "awaiting" not in received["data"]
