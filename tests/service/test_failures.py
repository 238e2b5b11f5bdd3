"""Failed jobs by why they failed: grouped, counted, found again by the list and by bulk actions."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.failures import FailureList, FailureResource
from jobs.store import Owner
from jobs.store.failures import failures_sql
from tests.service.conftest import As, Headers
from tests.service.work import Json, resources_of, sql

ROOT = Path(__file__).parents[2]
FILL = """
INSERT INTO jobs (id, org_id, user_id, kind, state, score, args, max_attempts, timeout_seconds,
  finished_at, change_seq, history, error)
SELECT ('0199a7c0-0000-7000-8000-' || lpad(to_hex($1 + n), 12, '0'))::uuid, $2, $2, $3, 'failed', n, '{}',
  3, 60, now(), $1 + n, '[]',
  jsonb_build_object('code', $5::text, 'message', replace($6::text, '{n}', n::text))
FROM generate_series(1, $4::int) n
"""
MANY = """
INSERT INTO jobs (id, org_id, user_id, kind, state, score, args, max_attempts, timeout_seconds,
  finished_at, change_seq, history, error)
SELECT ('0199a7c0-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'o' || n % 7, 'u' || n % 50, 'echo',
  CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'succeeded' END, n, '{}', 3, 60, now(), n, '[]',
  jsonb_build_object('code', 'c' || n % 3, 'message', 'no')
FROM generate_series(1, 30000) n
"""


async def failed(app: Starlette, number: int, first: int, message: str, **of: Any) -> None:
    user, kind, code = of.get("user", "ann"), of.get("kind", "echo"), of.get("code", "error")
    await sql(app, FILL, first, user, kind, number, code, message)
    await sql(app, "INSERT INTO sequences VALUES ($1, $1, 1000000) ON CONFLICT DO NOTHING", user)


async def grouped(client: httpx2.AsyncClient, who: Headers, **query: Any) -> Json:
    answer = await client.get("/api/failures", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


def counts(found: Json) -> list[tuple[str, str, int]]:
    return sorted((group["kind"], group["code"], group["count"]) for group in found["data"])


async def test_jobs_that_failed_for_one_reason_are_one_group(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await failed(app, 7, 0, "Row {n} of https://example.com/{n}?x=1 is empty")
    await failed(app, 3, 100, "Row {n} is full")
    await failed(app, 2, 200, "Row {n} is full", kind="say")
    await failed(app, 1, 300, "Row {n} is full", code="timeout")

    found = await grouped(client, ann)

    wanted = [
        ("echo", "error", 3),
        ("echo", "error", 7),
        ("echo", "timeout", 1),
        ("say", "error", 2),
    ]
    assert (counts(found), found["looked_at"], found["complete"]) == (wanted, 13, True)
    [first] = [group for group in found["data"] if group["count"] == 7]
    assert first["message"] == "Row 7 of https://example.com/7?x=1 is empty"
    assert [int(job[-2:], 16) for job in first["job_ids"]] == [7, 6, 5, 4, 3]
    assert first["first_at"] <= first["last_at"]


async def test_a_groups_jobs_are_listed_by_its_name(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await failed(app, 3, 0, "Row {n} is full")
    await failed(app, 2, 100, "Row {n} is empty")

    for group in (await grouped(client, ann))["data"]:
        query = {"failure": group["failure"]}
        page = (await client.get("/api/jobs", params=query, headers=ann)).json()

        assert [job["id"] for job in page["data"]] == group["job_ids"]


async def test_a_whole_group_is_retried_and_no_other(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await failed(app, 3, 0, "Row {n} is full")
    await failed(app, 2, 100, "Row {n} is empty")
    group = next(g for g in (await grouped(client, ann))["data"] if g["count"] == 3)

    wanted = {"action": "retry", "filter": {"failure": group["failure"]}}
    told = (await client.post("/api/bulk", json=wanted, headers=ann)).json()
    while await resources_of(app).bulk.work():
        pass

    assert told["matched"] == 3
    assert counts(await grouped(client, ann)) == [("echo", "error", 2)]


async def test_failures_are_those_the_caller_may_see(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    await failed(app, 2, 0, "no")
    await failed(app, 5, 100, "no", user="bob")

    assert counts(await grouped(client, ann)) == [("echo", "error", 2)]
    assert counts(await grouped(client, as_user("rita", "jobs:read org:read", org="bob"))) == [
        ("echo", "error", 5)
    ]
    assert counts(await grouped(client, as_user("root", "jobs:read admin"))) == [
        ("echo", "error", 7)
    ]
    assert (await grouped(client, as_user("eve")))["data"] == []


async def test_only_so_many_groups_of_one_kind_are_listed(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await failed(app, 1, 0, "no", kind="say")
    await failed(app, 1, 100, "no")
    await failed(app, 1, 200, "never")

    some = await grouped(client, ann, limit=1)
    echoes = await grouped(client, ann, kind="echo")

    assert (len(some["data"]), some["complete"]) == (1, False)
    assert counts(echoes) == [("echo", "error", 1)] * 2


@pytest.mark.parametrize(
    "path", ["/api/failures?limit=0", "/api/failures?odd=1", "/api/jobs?failure=no"]
)
async def test_a_question_about_failures_that_makes_no_sense_is_refused(
    client: httpx2.AsyncClient, ann: Headers, path: str
) -> None:
    assert (await client.get(path, headers=ann)).status_code == 422


async def test_jobs_are_listed_by_their_ids(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await failed(app, 5, 0, "no")
    await failed(app, 1, 100, "no", user="bob")
    rows = await resources_of(app).db.fetch("SELECT id FROM jobs ORDER BY id DESC")
    asked = [str(row["id"]) for row in rows][:3]

    page = (await client.get("/api/jobs", params={"id": ",".join(asked)}, headers=ann)).json()

    assert [job["id"] for job in page["data"]] == asked[1:]


def test_the_guide_shows_what_the_answer_has() -> None:
    guide = (ROOT / "docs" / "batches.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```json\n(.*?)```", guide.partition("## Why jobs failed")[2], re.DOTALL)

    told = json.loads(shown)

    assert set(told) == set(FailureList.model_fields)
    assert set(told["data"][0]) == set(FailureResource.model_fields)


@pytest.mark.parametrize(
    ("owner", "index"),
    [
        (Owner("o1", "u1"), "jobs_unsuccessful"),
        (Owner("o1", None), "jobs_failed_of_org"),
        (Owner(None, None), "jobs_failed on"),
    ],
)
async def test_the_newest_failures_among_many_jobs_are_found_by_the_index_made_for_who_asks(
    app: Starlette, owner: Owner, index: str
) -> None:
    await sql(app, MANY)
    await sql(app, "ANALYZE jobs")
    values = [value for value in (owner.org, owner.user) if value is not None]

    rows = await resources_of(app).db.fetch(
        f"EXPLAIN {failures_sql(owner)}", None, 100, 50, *values
    )

    plan = "\n".join(row[0] for row in rows)
    assert index in plan
    assert "Seq Scan" not in plan
