"""Jobs over HTTP: submit, wait, list, page, read, stop, retry."""

import asyncio
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.routes.submission import AcceptedJob
from tests.service.conftest import As, Headers, watched

JOB = {"kind": "say", "args": {"text": "hello"}}


async def submit(client: httpx2.AsyncClient, ann: Headers, **changed: Any) -> dict[str, Any]:
    answer = await client.post("/api/jobs", json={**JOB, **changed}, headers=ann)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_an_accepted_job_says_where_it_is_and_how_to_listen(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await client.post("/api/jobs", json=JOB, headers=ann)

    job = answer.json()
    assert answer.headers["location"] == f"/api/jobs/{job['id']}" == job["links"]["self"]
    assert (job["state"], job["user"], job["org"], job["version"]) == ("queued", "ann", "ann", 1)
    assert job["stream"]["url"] == f"/api/events?channel=job%3A{job['id']}"
    assert job["stream"]["ticket"].startswith("tk_")
    assert job["stream"]["cursor"].endswith(".1")


async def test_everything_that_can_be_asked_for_is_kept(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = await submit(
        client, ann, priority=5, delay="PT1H", max_attempts=7, timeout=30, tags=["a", "b"],
        metadata={"order": 42},
    )  # fmt: skip

    kept = (await client.get(job["links"]["self"], headers=ann)).json()
    assert (kept["state"], kept["priority"], kept["max_attempts"]) == ("scheduled", 5, 7)
    assert (kept["tags"], kept["metadata"]) == (["a", "b"], {"order": 42})
    assert kept["run_at"] > kept["created_at"]


async def test_a_queued_job_knows_its_place(client: httpx2.AsyncClient, ann: Headers) -> None:
    first, second = await submit(client, ann), await submit(client, ann)

    places = [
        (await client.get(j["links"]["self"], headers=ann)).json()["position"]
        for j in (first, second)
    ]

    assert places == [1, 2]


async def test_redis_down_is_no_error_for_a_submission(
    client: httpx2.AsyncClient, ann: Headers, redis_server: RedisServer
) -> None:
    redis_server.kill()

    job = await submit(client, ann)

    assert (await client.get(job["links"]["self"], headers=ann)).json()["state"] == "queued"


async def test_postgres_down_is_503_and_says_when_to_come_back(
    client: httpx2.AsyncClient, ann: Headers, postgres: PostgresServer
) -> None:
    job = await submit(client, ann)
    postgres.kill()

    for method, path in [
        ("POST", "/api/jobs"),
        ("GET", "/api/jobs"),
        ("GET", job["links"]["self"]),
    ]:
        answer = await client.request(method, path, json=JOB, headers=ann)

        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0


async def test_waiting_ends_with_the_job(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = await submit(client, ann)
    begun = watched(app)
    prefer = {**ann, "Prefer": "wait=20"}
    waiting = asyncio.create_task(client.get(job["links"]["self"], headers=prefer))
    await begun.get()

    await client.delete(job["links"]["self"], headers=ann)

    answer = await waiting
    assert (answer.json()["state"], answer.headers["preference-applied"]) == (
        "cancelled",
        "wait=20",
    )


async def test_a_submission_that_waits_answers_200_with_the_finished_job(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    begun = watched(app)
    prefer = {**ann, "Prefer": "respond-async, wait=20"}
    waiting = asyncio.create_task(client.post("/api/jobs", json=JOB, headers=prefer))
    job_id = await begun.get()

    await client.delete(f"/api/jobs/{job_id}", headers=ann)

    answer = await waiting
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert answer.headers["preference-applied"] == "wait=20"


@pytest.mark.parametrize(("asked", "applied"), [("wait=0", "wait=0"), ("wait=1", "wait=1")])
async def test_a_job_that_takes_longer_is_202(
    client: httpx2.AsyncClient, ann: Headers, asked: str, applied: str
) -> None:
    answer = await client.post("/api/jobs", json=JOB, headers={**ann, "Prefer": asked})

    assert (answer.status_code, answer.headers["preference-applied"]) == (202, applied)
    assert "stream" in answer.json()


@pytest.mark.parametrize(
    "asked", ["wait", "wait=", "wait=-1", "wait=soon", "wait=1e9", "return=minimal", ";;,"]
)
async def test_a_preference_that_is_none_is_ignored(
    client: httpx2.AsyncClient, ann: Headers, asked: str
) -> None:
    answer = await client.post("/api/jobs", json=JOB, headers={**ann, "Prefer": asked})

    assert (answer.status_code, "preference-applied" in answer.headers) == (202, False)


async def test_a_reader_is_told_when_nothing_changed(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = await submit(client, ann)
    first = await client.get(job["links"]["self"], headers=ann)
    known = {**ann, "If-None-Match": first.headers["etag"]}

    same = await client.get(job["links"]["self"], headers=known)
    await client.delete(job["links"]["self"], headers=ann)
    changed = await client.get(job["links"]["self"], headers=known)

    assert (same.status_code, same.content, same.headers["etag"]) == (
        304,
        b"",
        first.headers["etag"],
    )
    assert changed.status_code == 200


async def test_a_job_that_has_not_started_is_cancelled_at_once_and_again_is_harmless(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = await submit(client, ann)

    first = await client.delete(job["links"]["self"], headers=ann)
    again = await client.post(job["links"]["cancel"], headers=ann)

    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert (again.status_code, again.json()["version"]) == (200, first.json()["version"])


async def test_a_cancelled_job_can_be_retried_and_a_queued_one_not(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = await submit(client, ann)
    refused = await client.post(job["links"]["retry"], headers=ann)
    await client.delete(job["links"]["self"], headers=ann)

    retried = await client.post(job["links"]["retry"], headers=ann)

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert (retried.status_code, retried.json()["state"]) == (202, "queued")


async def test_the_timeline_tells_what_happened(client: httpx2.AsyncClient, ann: Headers) -> None:
    job = await submit(client, ann)
    await client.delete(job["links"]["self"], headers=ann)

    events = (await client.get(job["links"]["events"], headers=ann)).json()["data"]

    assert [event["type"] for event in events] == ["job.queued", "job.cancelled"]
    assert [event["seq"] for event in events] == [1, 2]


async def test_pages_follow_each_other_without_gap_or_repeat(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    made = [(await submit(client, ann))["id"] for _ in range(7)]
    seen: list[str] = []
    url: str | None = "/api/jobs?limit=3&state=queued"

    while url:
        answer = await client.get(url, headers=ann)
        seen += [job["id"] for job in answer.json()["data"]]
        assert answer.json()["has_more"] == ("next" in answer.links)
        url = answer.links.get("next", {}).get("url")

    assert seen == made[::-1]


async def test_lists_are_filtered(client: httpx2.AsyncClient, ann: Headers) -> None:
    one = await submit(client, ann, tags=["red"])
    two = await submit(client, ann, kind="echo", args={}, delay=60)
    await client.delete(one["links"]["self"], headers=ann)

    async def found(**query: Any) -> set[str]:
        page = await client.get("/api/jobs", params=query, headers=ann)
        return {job["id"] for job in page.json()["data"]}

    assert await found(tag="red") == {one["id"]} == await found(state="cancelled")
    assert await found(kind="echo") == {two["id"]} == await found(state="scheduled")
    assert await found(state="scheduled,cancelled") == {one["id"], two["id"]}
    assert await found(state=["scheduled", "cancelled"]) == {one["id"], two["id"]}
    assert await found(since=two["created_at"]) == {two["id"]}
    assert await found(until=two["created_at"]) == {one["id"]}
    assert await found(kind="' OR 1=1--") == set()


BAD_QUERIES = [
    "limit=0", "limit=201", "limit=-1", "limit=x", "limit=1e3", "limit=99999999999999999999",
    "state=nothing", "state=queued,nothing", "since=yesterday", "since=2026-01-01T00:00:00",
    "until=99999-01-01T00:00:00Z", "since=-300000-01-01T00:00:00Z", "kind=", "tag=", "tag=%00",
    "kind=%00", "%00=1", "batch=7", "parent=%27", "org=elsewhere", "sort=created_at;drop",
    "after=" + "a" * 201, "since=%ED%A0%80", "kind=" + "k" * 101,
]  # fmt: skip


@pytest.mark.parametrize("query", BAD_QUERIES)
async def test_a_query_that_makes_no_sense_is_422(
    client: httpx2.AsyncClient, ann: Headers, query: str
) -> None:
    answer = await client.get(f"/api/jobs?{query}", headers=ann)

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "cursor", ["x", "-1", "9e99", "%2e%2e", "AAAA", "é", "' OR 1=1--", "a" * 100]
)
async def test_a_foreign_cursor_is_400(
    client: httpx2.AsyncClient, ann: Headers, cursor: str
) -> None:
    answer = await client.get("/api/jobs", params={"after": cursor}, headers=ann)

    assert answer.status_code == 400


async def test_another_users_cursor_shows_only_ones_own(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    for _ in range(3):
        await submit(client, ann)
    cursor = (await client.get("/api/jobs?limit=1", headers=ann)).json()["next"]

    page = await client.get("/api/jobs", params={"after": cursor}, headers=as_user("bob"))

    assert page.json()["data"] == []


async def test_kinds_describe_themselves(client: httpx2.AsyncClient, ann: Headers) -> None:
    listed = (await client.get("/api/kinds", headers=ann)).json()["data"]
    one = (await client.get("/api/kinds/say", headers=ann)).json()

    assert one in listed
    assert {"course_timeline_parsing", "context_scraping"} <= {kind["kind"] for kind in listed}
    assert one["args"]["properties"]["text"]["type"] == "string"
    assert one["args"]["additionalProperties"] is False
    assert (one["timeout_seconds"], one["retry"]["max_attempts"]) == (300, 3)
    assert (await client.get("/api/kinds/nothing", headers=ann)).status_code == 404
    assert (one["notify"], one["cron"]) == (False, None)
    ticking = (await client.get("/api/kinds/token_refresh", headers=ann)).json()
    assert (ticking["notify"], ticking["cron"]) == (True, "*/10 * * * *")


@pytest.mark.parametrize("more", [{}, {"delay": 60, "tags": ["a"], "unique_key": "u"}])
async def test_the_answer_to_a_submission_has_the_shape_its_document_promises(
    client: httpx2.AsyncClient, ann: Headers, more: dict[str, Any]
) -> None:
    body = {"kind": "echo", "args": {"value": 1}, **more}

    first = (await client.post("/api/jobs", json=body, headers=ann)).text
    again = (await client.post("/api/jobs", json=body, headers=ann)).text

    for answer in (first, again):
        assert AcceptedJob.model_validate_json(answer).model_dump_json() == answer
