"""Queues and figures over HTTP: what waits, pausing and resuming, who sees what."""

from datetime import UTC, datetime

import httpx2
import pytest
from starlette.applications import Starlette

from jobs import store
from jobs.ids import uuid7
from tests.service.conftest import As, Headers
from tests.service.work import Json, at_work, ended, resources_of, until

ECHO = {"kind": "echo", "args": {"value": 1}}
SLOW = {"kind": "slow", "args": {"seconds": 60}}
FAILING = {"kind": "flaky", "args": {"how": "discard"}}


@pytest.fixture
def admin(as_user: As) -> Headers:
    return as_user("root", "jobs:read jobs:write admin", org="operators")


async def queue(client: httpx2.AsyncClient, who: Headers) -> Json:
    """Return the default queue as somebody sees it."""
    listed = (await client.get("/api/queues", headers=who)).json()["data"]
    return next(one for one in listed if one["name"] == "default")


async def submitted(client: httpx2.AsyncClient, who: Headers, job: Json) -> Json:
    answer = await client.post("/api/jobs", json=job, headers=who)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_an_idle_queue_is_listed_too(client: httpx2.AsyncClient, ann: Headers) -> None:
    found = (await client.get("/api/queues", headers=ann)).json()

    [one] = [q for q in found["data"] if q["name"] == "default"]
    assert (one["queued"], one["held"], one["running"], one["oldest_seconds"]) == (0, 0, 0, 0.0)
    assert (one["paused_at"], one["shares"], found["jobs_per_second"]) == (None, [], None)


async def test_what_waits_and_runs_is_counted_by_kind_and_org(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As, admin: Headers
) -> None:
    bob = as_user("bob")
    async with at_work(app, worker_concurrency=1):
        await submitted(client, ann, SLOW)
        await until(app, lambda: queue(client, ann), lambda q: q["running"] == 1)
        for who in (ann, ann, bob):
            await submitted(client, who, ECHO)
        await submitted(client, ann, {**ECHO, "delay": 3600})
        mine, all_of_it = await queue(client, ann), await queue(client, admin)

    shares = {(s["org"], s["kind"]): (s["queued"], s["running"]) for s in all_of_it["shares"]}
    assert shares == {("ann", "slow"): (0, 1), ("ann", "echo"): (2, 0), ("bob", "echo"): (1, 0)}
    assert (all_of_it["queued"], all_of_it["running"]) == (3, 1)
    assert {s["org"] for s in mine["shares"]} == {"ann"}
    assert (mine["queued"], mine["running"]) == (2, 1)
    assert mine["oldest_seconds"] > 0


async def test_jobs_held_by_a_limit_are_counted_as_held(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    keyed = {**SLOW, "concurrency_key": "one at a time"}
    async with at_work(app):
        for _ in range(3):
            await submitted(client, ann, keyed)
        found = await until(app, lambda: queue(client, ann), lambda q: q["held"] == 2)

    assert (found["queued"], found["running"]) == (2, 1)


async def test_only_operators_pause_and_only_what_exists(
    client: httpx2.AsyncClient, ann: Headers, admin: Headers
) -> None:
    for verb in ("pause", "resume"):
        refused = await client.post(f"/api/queues/default/{verb}", headers=ann)
        unknown = await client.post(f"/api/queues/nothing/{verb}", headers=admin)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
        assert unknown.status_code == 404


async def test_pausing_twice_keeps_who_did_it_first_and_resuming_twice_is_harmless(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, admin: Headers
) -> None:
    other = as_user("olga", "admin")

    first = (await client.post("/api/queues/default/pause", headers=admin)).json()
    again = (await client.post("/api/queues/default/pause", headers=other)).json()
    seen = await queue(client, ann)
    resumed = [await client.post("/api/queues/default/resume", headers=other) for _ in range(2)]

    assert (first["paused_by"], again) == ("root", first)
    assert (seen["paused_at"], seen["paused_by"]) == (first["paused_at"], None)
    assert [answer.json()["paused_at"] for answer in resumed] == [None, None]


async def test_a_paused_queue_takes_jobs_tells_so_and_starts_none_until_it_is_resumed(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, admin: Headers
) -> None:
    async with at_work(app, relay_seconds=60):  # no sweep: resuming alone must get them going
        before = await submitted(client, ann, ECHO)
        await ended(client, ann, before)
        await client.post("/api/queues/default/pause", headers=admin)

        jobs = [await submitted(client, ann, ECHO) for _ in range(3)]
        shown = (await client.get(jobs[0]["links"]["self"], headers=ann)).json()
        await until(
            app, lambda: resources_of(app).line.position("ann", shown["id"]), lambda at: at is None
        )  # a worker took them off the queue, and started none
        states = [
            (await client.get(job["links"]["self"], headers=ann)).json()["state"] for job in jobs
        ]
        await client.post("/api/queues/default/resume", headers=admin)
        over = [await ended(client, ann, job) for job in jobs]

    assert (before["paused"], [job["paused"] for job in jobs]) == (None, [True] * 3)
    assert (shown["paused"], shown["eta_seconds"]) == (True, None)
    assert states == ["queued"] * 3
    assert [job["state"] for job in over] == ["succeeded"] * 3
    assert over[0]["paused"] is None


async def test_what_runs_goes_on_while_its_queue_is_paused(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, admin: Headers
) -> None:
    async with at_work(app):
        job = await submitted(client, ann, {"kind": "slow", "args": {"seconds": 0.5}})
        await until(app, lambda: queue(client, ann), lambda q: q["running"] == 1)
        await client.post("/api/queues/default/pause", headers=admin)
        over = await ended(client, ann, job)

    assert over["state"] == "succeeded"


async def test_figures_are_of_what_one_may_see(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, as_user: As, admin: Headers
) -> None:
    mate = as_user("mia", org="ann")
    reader = as_user("rita", "jobs:read org:read", org="ann")
    async with at_work(app):
        for who in (ann, ann, mate):
            await ended(client, who, await submitted(client, who, ECHO))
        await ended(client, ann, await submitted(client, ann, FAILING))
        await submitted(client, ann, {**ECHO, "delay": 3600})

    async def counted(who: Headers) -> tuple[Json, int, int]:
        figures = (await client.get("/api/stats", headers=who)).json()
        kinds = {(k["kind"], k["state"]): k["jobs"] for k in figures["kinds"]}
        series = figures["throughput"]
        return kinds, sum(s["succeeded"] for s in series), sum(s["others"] for s in series)

    mine = {("echo", "succeeded"): 2, ("echo", "scheduled"): 1, ("flaky", "failed"): 1}
    assert await counted(ann) == (mine, 2, 1)
    assert await counted(reader) == ({**mine, ("echo", "succeeded"): 3}, 3, 1)
    assert await counted(admin) == await counted(reader)
    assert await counted(as_user("bob")) == ({}, 0, 0)
    figures = (await client.get("/api/stats", headers=ann)).json()["kinds"]
    [done] = [k for k in figures if k["state"] == "succeeded"]
    [later] = [k for k in figures if k["state"] == "scheduled"]
    assert 0 <= done["average_seconds"] <= done["p95_seconds"]
    assert later["average_seconds"] is None


async def test_operators_see_each_worker_and_what_it_runs(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, admin: Headers
) -> None:
    async def workers() -> Json:
        return (await client.get("/api/workers", headers=admin)).json()["data"]

    async with at_work(app, worker_concurrency=7, lease_seconds=1.0):
        await submitted(client, ann, SLOW)
        [worker] = await until(
            app, workers, lambda found: found[0]["kinds"] == {"slow": 1} and found[0]["running"]
        )
        refused = await client.get("/api/workers", headers=ann)

    assert (worker["state"], worker["slots"], worker["running"]) == ("working", 7, 1)
    assert worker["memory_bytes"] > 0
    assert worker["started_at"] <= worker["seen_at"]
    assert refused.status_code == 403
    assert await workers() == []


async def test_a_worker_that_stops_is_draining_and_one_that_is_silent_is_lost(
    app: Starlette, client: httpx2.AsyncClient, admin: Headers
) -> None:
    db = resources_of(app).db
    told = {"a:1": (9, {"draining": True, "lease_seconds": 10}), "b:2": (-1, {"lease_seconds": 10})}
    for name, (left, info) in told.items():
        await store.register(db, uuid7(), name, left, info)

    found = (await client.get("/api/workers", headers=admin)).json()["data"]

    assert [(w["name"], w["state"], w["slots"]) for w in found] == [
        ("a:1", "draining", None),
        ("b:2", "lost", None),
    ]
    ages = [datetime.now(UTC) - datetime.fromisoformat(w["seen_at"]) for w in found]
    assert [round(age.total_seconds()) for age in ages] == [1, 11]


async def test_series_are_read_over_http_by_window(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    async with at_work(app):
        await ended(client, ann, await submitted(client, ann, ECHO))
    found = (await client.get("/api/stats/series", params={"window": "1h"}, headers=ann)).json()
    wrong = await client.get("/api/stats/series", params={"window": "1y"}, headers=ann)

    assert (found["window"], found["step_seconds"], len(found["finished"])) == ("1h", 60.0, 60)
    assert sum(point["succeeded"] for point in found["finished"]) == 1
    assert [kind["kind"] for kind in found["kinds"]] == ["echo"]
    assert wrong.status_code == 422
