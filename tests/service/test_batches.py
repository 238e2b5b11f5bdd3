"""Batches over HTTP: all or none, counters that are always right, one completion per round."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from service.server import Server
from service.settings import ServiceSettings
from tests.jobs.conftest import working
from tests.service.conftest import As, Headers, url
from tests.service.test_streams import events
from tests.service.work import Json, at_work, ended, resources_of, sql, until

BATCH = "/api/jobs/batch"
COUNTED = """
SELECT coalesce(jsonb_object_agg(state, n), '{}') FROM
  (SELECT state, count(*) AS n FROM jobs WHERE batch_id = $1 GROUP BY state) AS counted
"""


def echoes(number: int, **more: Any) -> list[Json]:
    return [{"kind": "echo", "args": {"value": n}, **more} for n in range(number)]


async def made(client: httpx2.AsyncClient, who: Headers, **body: Any) -> Json:
    answer = await client.post(BATCH, json=body, headers=who)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def read(client: httpx2.AsyncClient, who: Headers, batch: Json) -> Json:
    return (await client.get(f"/api/batches/{batch['id']}", headers=who)).json()


async def completed(app: Starlette, client: httpx2.AsyncClient, who: Headers, batch: Json) -> Json:
    return await until(app, lambda: read(client, who, batch), lambda b: b["completed_at"])


def present(batch: Json) -> Json:
    return {state: n for state, n in batch["counts"].items() if n}


async def test_a_batch_keeps_its_jobs_order(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    answer = await client.post(BATCH, json={"jobs": echoes(300), "tags": ["nightly"]}, headers=ann)

    batch = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/batches/{batch['id']}")
    assert batch["batch_id"] == batch["id"]
    assert (batch["total"], present(batch), batch["tags"]) == (300, {"queued": 300}, ["nightly"])
    assert batch["progress"] == {"fraction": 0.0, "message": ""}
    values = {
        str(row["id"]): row["args"]["value"]
        for row in await resources_of(app).db.fetch("SELECT id, args FROM jobs")
    }
    assert [values[job["id"]] for job in batch["jobs"]] == list(range(300))


@pytest.mark.parametrize(
    ("bad", "pointer"),
    [
        ({"kind": "nothing"}, "/jobs/700/kind"),
        ({"kind": "say", "args": {"text": 7}}, "/jobs/700/args/text"),
        ({"kind": "say", "args": {}}, "/jobs/700/args/text"),
        ({"kind": "echo", "priority": "high"}, "/jobs/700/priority"),
        ({"kind": "echo", "colour": "red"}, "/jobs/700/colour"),
        ({"args": {}}, "/jobs/700/kind"),
    ],
)
async def test_one_bad_job_of_a_thousand_keeps_all_out(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, bad: Json, pointer: str
) -> None:
    jobs = echoes(1_000)
    jobs[700] = bad

    answer = await client.post(BATCH, json={"jobs": jobs}, headers=ann)

    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert await sql(app, "SELECT count(*) FROM jobs") == 0
    assert await sql(app, "SELECT count(*) FROM batches") == 0


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"jobs": []}, 422, "/jobs"),
        ({}, 422, "/jobs"),
        ({"jobs": echoes(1_001)}, 422, "/jobs"),
        ({"jobs": echoes(1), "on_complete": {"kind": "nothing"}}, 422, "/on_complete/kind"),
        (
            {"jobs": echoes(1), "on_complete": {"kind": "say", "args": {"text": 1}}},
            422,
            "/on_complete/args/text",
        ),
        (
            {
                "jobs": echoes(1),
                "batch_id": "0199a7c0-0000-7000-8000-000000000001",
                "on_complete": {"kind": "echo"},
            },
            422,
            "",
        ),
    ],
)
async def test_a_batch_that_makes_no_sense_is_refused(
    app: Starlette,
    client: httpx2.AsyncClient,
    ann: Headers,
    body: Json,
    status: int,
    pointer: str,
) -> None:
    answer = await client.post(BATCH, json=body, headers=ann)

    assert answer.status_code == status
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert await sql(app, "SELECT count(*) FROM batches") == 0


async def test_a_batch_may_be_16_mib(client: httpx2.AsyncClient, ann: Headers) -> None:
    body = json.dumps({"jobs": echoes(60, metadata={"pad": "m"})}).encode()
    large = json.dumps({"kind": "echo", "args": {"value": "x" * 250_000}})
    fits = json.dumps({"jobs": [json.loads(large)] * 60}).encode()
    headers = {**ann, "Content-Type": "application/json"}

    small = await client.post(BATCH, content=body, headers=headers)
    taken = await client.post(BATCH, content=fits, headers=headers)
    refused = await client.post(BATCH, content=fits + b" " * 2_000_000, headers=headers)

    assert len(fits) > 14 * 1024 * 1024
    assert [small.status_code, taken.status_code, refused.status_code] == [202, 202, 413]


async def test_more_jobs_can_be_added_and_an_open_batch_waits_for_them(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    batch = await made(client, ann, jobs=echoes(2), open=True)
    async with at_work(app):
        await until(app, lambda: read(client, ann, batch), lambda b: b["counts"]["succeeded"] == 2)
        before = await read(client, ann, batch)
        more = await made(client, ann, jobs=echoes(3), batch_id=batch["id"])
        after = await completed(app, client, ann, batch)

    assert (before["completed_at"], before["open"]) == (None, True)
    assert (more["id"], more["total"], len(more["jobs"])) == (batch["id"], 5, 3)
    assert (after["open"], after["round"], present(after)) == (False, 1, {"succeeded": 5})


async def test_a_completed_batch_that_gets_more_completes_once_more(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    async with at_work(app):
        batch = await made(client, ann, jobs=echoes(1))
        first = await completed(app, client, ann, batch)
        await made(client, ann, jobs=echoes(1), batch_id=batch["id"])
        second = await until(
            app, lambda: read(client, ann, batch), lambda b: b["completed_at"] and b["round"] == 2
        )

    assert (first["round"], second["total"]) == (1, 2)


async def test_other_peoples_batches_do_not_exist(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    batch = await made(client, ann, jobs=echoes(1))
    reader = as_user("rita", "jobs:read jobs:write org:read", org="ann")

    for who in (as_user("bob"), reader):
        added = await client.post(
            BATCH, json={"jobs": echoes(1), "batch_id": batch["id"]}, headers=who
        )
        steered = [
            await client.post(f"/api/batches/{batch['id']}/{verb}", headers=who)
            for verb in ("cancel", "retry")
        ]
        assert [a.status_code for a in (added, *steered)] == [404] * 3

    path = f"/api/batches/{batch['id']}"
    assert (await client.get(path, headers=as_user("bob"))).status_code == 404
    assert (await client.get(path, headers=reader)).status_code == 200
    assert (await read(client, ann, batch))["total"] == 1


async def test_a_batch_holds_at_most_so_many_jobs(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    batch = await made(client, ann, jobs=echoes(1), open=True)
    await sql(app, "UPDATE batches SET total = 99998")

    full = await client.post(BATCH, json={"jobs": echoes(2), "batch_id": batch["id"]}, headers=ann)
    over = await client.post(BATCH, json={"jobs": echoes(1), "batch_id": batch["id"]}, headers=ann)

    assert (full.status_code, over.status_code) == (202, 413)
    assert await sql(app, "SELECT count(*) FROM jobs") == 3


async def test_a_job_of_a_batch_may_wait_for_others(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    first = (await client.post("/api/jobs", json=echoes(1, delay=3600)[0], headers=ann)).json()
    jobs = [*echoes(1), *echoes(1, after=[first["id"]])]
    batch = await made(client, ann, jobs=jobs)
    unknown = await client.post(BATCH, json={"jobs": echoes(2, after=[batch["id"]])}, headers=ann)

    assert [job["state"] for job in batch["jobs"]] == ["queued", "waiting"]
    await client.delete(first["links"]["self"], headers=ann)
    over = await until(app, lambda: read(client, ann, batch), lambda b: b["counts"]["failed"])
    assert present(over) == {"queued": 1, "failed": 1}
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_job")


async def test_jobs_with_a_unique_key_that_is_taken_are_the_ones_from_before(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    before = (await client.post("/api/jobs", json=echoes(1, unique_key="u")[0], headers=ann)).json()
    first = (await client.post("/api/jobs", json=echoes(1, delay=3600)[0], headers=ann)).json()
    jobs = [
        *echoes(1),
        *echoes(10, unique_key="u", after=[first["id"]]),
        *echoes(9, unique_key="v"),
    ]

    batch = await made(client, ann, jobs=jobs)

    ids = [job["id"] for job in batch["jobs"]]
    assert ids[1:11] == [before["id"]] * 10
    assert len(set(ids[11:])) == 1
    assert (batch["total"], present(batch)) == (2, {"queued": 2})


async def test_the_completion_job_runs_once_and_knows_the_counters(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    jobs = [*echoes(3), {"kind": "flaky", "args": {"how": "discard"}}]
    async with at_work(app):
        batch = await made(client, ann, jobs=jobs, on_complete={"kind": "echo"})
        await completed(app, client, ann, batch)
        page = (await client.get("/api/jobs?limit=1&kind=echo", headers=ann)).json()["data"]
        found = await resources_of(app).db.fetch(
            "SELECT id, metadata FROM jobs WHERE metadata ? 'batch'"
        )
        last = await ended(client, ann, {"id": str(found[0]["id"])})

    about = {"id": batch["id"], "round": 1, "total": 4, "succeeded": 3, "failed": 1}
    assert (len(found), last["state"], last["metadata"]) == (1, "succeeded", {"batch": about})
    assert last["batch_id"] is None
    assert page


async def test_counters_are_the_jobs_at_every_moment(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    jobs = [
        *echoes(40),
        *[{"kind": "flaky", "args": {"times": 1}}] * 10,
        *[{"kind": "flaky", "args": {"how": "discard"}}] * 5,
        *echoes(5, delay=3600),
    ]
    batch = await made(client, ann, jobs=jobs)
    looks = 0

    async def agree() -> bool:
        nonlocal looks
        async with (
            resources_of(app).db.pool.acquire() as c,
            c.transaction(isolation="repeatable_read"),
        ):
            row = await c.fetchval("SELECT to_jsonb(b) FROM batches b WHERE id = $1", batch["id"])
            counted = await c.fetchval(COUNTED, batch["id"])
        kept = {k: v for k, v in row.items() if k in batch["counts"] and v}
        assert kept == counted
        looks += 1
        return bool(row["succeeded"] + row["failed"] >= 50)

    async with at_work(app):
        while not await agree():
            pass
        await client.post(f"/api/batches/{batch['id']}/cancel", headers=ann)
        over = await completed(app, client, ann, batch)
    await agree()

    assert looks > 5
    assert sum(over["counts"].values()) == over["total"] == 60
    assert over["progress"]["fraction"] == 1.0


async def test_cancelling_a_batch_stops_what_is_not_over(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    jobs = [{"kind": "slow", "args": {"seconds": 60}}, *echoes(1), *echoes(2, delay=3600)]
    async with at_work(app):
        batch = await made(client, ann, jobs=jobs)
        await until(
            app,
            lambda: read(client, ann, batch),
            lambda b: b["counts"]["running"] == b["counts"]["succeeded"] == 1,
        )
        answer = await client.post(f"/api/batches/{batch['id']}/cancel", headers=ann)
        over = await completed(app, client, ann, batch)

    assert answer.status_code == 202
    assert present(over) == {"succeeded": 1, "cancelled": 3}


async def test_retrying_a_batch_runs_the_failed_again_and_opens_a_round(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    jobs = [*echoes(2), *[{"kind": "flaky", "args": {"how": "discard"}, "unique_key": "u"}]]
    async with at_work(app):
        batch = await made(client, ann, jobs=jobs, on_complete={"kind": "echo"})
        first = await completed(app, client, ann, batch)
        answer = await client.post(f"/api/batches/{batch['id']}/retry", headers=ann)
        second = await until(
            app, lambda: read(client, ann, batch), lambda b: b["completed_at"] and b["round"] == 2
        )
        completions = await sql(app, "SELECT count(*) FROM jobs WHERE metadata ? 'batch'")

    assert (answer.status_code, first["round"]) == (202, 1)
    assert (present(first), present(second)) == ({"succeeded": 2, "failed": 1}, {"succeeded": 3})
    assert completions == 2


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=url(server), timeout=20) as made:
        yield made


async def test_the_users_stream_tells_a_batch_in_order_and_can_be_resumed_over_it(
    service_settings: ServiceSettings, browser: httpx2.AsyncClient, ann: Headers
) -> None:
    opened = asyncio.Event()

    async def listen(**where: str) -> list[Json]:
        """Listen to all that is mine up to the batch's end."""
        told = []
        params = {"channel": "me", **where}
        async with browser.stream("GET", "/api/events", params=params, headers=ann) as answer:
            async for name, data in events(answer):
                opened.set()
                told.append({"name": name, **data})
                if name == "batch.completed":
                    break
        return told

    live = asyncio.create_task(listen(snapshot="1"))
    await opened.wait()
    async with working(service_settings):
        batch = await made(browser, ann, jobs=echoes(30))
        told = await live
        durable = [event for event in told if "offset" in event and "type" in event]
        before = f"{durable[0]['epoch']}.{durable[0]['offset'] - 1}"
        again = await listen(cursor=before)

    offsets = [event["offset"] for event in durable]
    assert offsets == sorted(set(offsets))
    assert [event["name"] for event in durable].count("job.succeeded") == 30
    end = durable[-1]
    assert (end["subject"], end["data"]["counts"]["succeeded"]) == (f"batch:{batch['id']}", 30)
    assert "gap" not in [event["name"] for event in again]
    assert [event["id"] for event in again if event["name"] == end["name"]] == [end["id"]]
    assert [event["name"] for event in again].count("job.succeeded") == 30


async def test_progress_of_a_batch_is_told_while_it_runs(
    service_settings: ServiceSettings, browser: httpx2.AsyncClient, ann: Headers
) -> None:
    jobs = [*echoes(3), {"kind": "slow", "args": {"seconds": 60}}]

    async with (
        working(service_settings),
        browser.stream("GET", "/api/events?channel=me&snapshot=1", headers=ann) as answer,
    ):
        seen = events(answer)
        while (await anext(seen))[0] != "snapshot":
            pass
        batch = await made(browser, ann, jobs=jobs)
        while True:
            name, data = await anext(seen)
            if name == "batch.progress" and data["data"]["counts"]["succeeded"] == 3:
                break
        await browser.post(f"/api/batches/{batch['id']}/cancel", headers=ann)

    assert data["data"]["progress"] == {"fraction": 0.75}
    assert "offset" not in data
