"""What can be asked of a job and of the list of jobs, and that the answers show it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from tests.service.conftest import As, Headers
from tests.service.work import Json, at_work, ended, sql, until

ECHO = {"kind": "echo", "args": {"value": 1}}
FIELDS = {
    "id", "kind", "state", "args", "result", "error", "progress", "attempt", "max_attempts", "attempts",
    "priority", "queue", "user", "org", "tags", "metadata", "parent_id", "batch_id", "unique_key",
    "run_at", "created_at", "started_at", "finished_at", "expires_at", "cancel_requested_at", "worker",
    "version", "links", "position", "eta_seconds",
}  # fmt: skip


async def submitted(client: httpx2.AsyncClient, who: Headers, **more: Any) -> Json:
    answer = await client.post("/api/jobs", json={**ECHO, **more}, headers=who)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def found(client: httpx2.AsyncClient, who: Headers, **query: Any) -> list[str]:
    answer = await client.get("/api/jobs", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return [job["id"] for job in answer.json()["data"]]


async def test_a_job_shows_every_field(client: httpx2.AsyncClient, ann: Headers) -> None:
    made = await submitted(client, ann, unique_key="u", expires_in=60, concurrency_key="c")

    job = (await client.get(made["links"]["self"], headers=ann)).json()

    assert job.keys() >= FIELDS
    assert (job["unique_key"], job["concurrency_key"], job["position"]) == ("u", "c", 1)
    lifetime = datetime.fromisoformat(job["expires_at"]) - datetime.fromisoformat(job["created_at"])
    assert lifetime == timedelta(seconds=60)
    assert set(job["links"]) == {"self", "events", "cancel", "retry"}


async def test_a_queued_job_tells_in_how_long_it_starts(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    slow = {"kind": "slow", "args": {"seconds": 60}}
    async with at_work(app, worker_concurrency=1, lease_seconds=5.0):
        await ended(client, ann, await submitted(client, ann))
        await submitted(client, ann, **slow)
        second, third = [await submitted(client, ann) for _ in range(2)]

        async def look() -> Json:
            return (await client.get(third["links"]["self"], headers=ann)).json()

        last = await until(app, look, lambda job: job["eta_seconds"] is not None)
        first = (await client.get(second["links"]["self"], headers=ann)).json()

    assert (first["position"], last["position"]) == (1, 2)
    assert 0 <= first["eta_seconds"] <= last["eta_seconds"]


async def test_a_list_is_of_one_batch_or_one_parents_children(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    other = await submitted(client, ann)
    body = {"jobs": [ECHO, ECHO]}
    batch = (await client.post("/api/jobs/batch", json=body, headers=ann)).json()
    await sql(app, "UPDATE jobs SET parent_id = $1 WHERE batch_id = $2", other["id"], batch["id"])

    newest_first = [job["id"] for job in batch["jobs"]]
    newest_first.sort(reverse=True)

    assert await found(client, ann, batch=batch["id"]) == newest_first
    assert await found(client, ann, parent=other["id"]) == newest_first
    assert await found(client, ann, parent=batch["id"]) == []


async def test_one_user_of_the_org_is_picked_by_who_may_see_all(
    client: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    mate, reader = as_user("mia", org="ann"), as_user("rita", "jobs:read org:read", org="ann")
    mine, theirs = await submitted(client, ann), await submitted(client, mate)

    assert await found(client, reader) == [theirs["id"], mine["id"]]
    assert await found(client, reader, user="mia") == [theirs["id"]]
    assert await found(client, ann, user="mia") == []
    assert await found(client, ann, user="ann") == [mine["id"]]


async def test_q_looks_for_text_and_its_signs_stand_for_themselves(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    hundred = await submitted(client, ann, tags=["100%"])
    under = await submitted(client, ann, unique_key="a_b")
    back = await submitted(client, ann, tags=["c:\\dir"])
    plain = await submitted(client, ann, tags=["axb"])

    assert await found(client, ann, q="%") == [hundred["id"]]
    assert await found(client, ann, q="0%") == [hundred["id"]]
    assert await found(client, ann, q="a_b") == [under["id"]]
    assert await found(client, ann, q="\\") == [back["id"]]
    assert await found(client, ann, q="AXB") == [plain["id"]]
    assert await found(client, ann, q=plain["id"][-8:]) == [plain["id"]]
    assert len(await found(client, ann, q="ech")) == 4
    assert await found(client, ann, q="' OR true --") == []
    assert len(await found(client, ann, q="")) == 4


async def test_q_finds_what_went_wrong(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    async with at_work(app):
        bad = await submitted(client, ann, kind="flaky", args={"how": "discard"})
        await ended(client, ann, bad)

    assert await found(client, ann, q="NEVER again") == [bad["id"]]


async def test_until_and_since_hold_for_ids_of_another_time(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    early, late = await submitted(client, ann), await submitted(client, ann)
    await sql(
        app, "UPDATE jobs SET created_at = created_at - interval '1 day' WHERE id = $1", early["id"]
    )
    bound = (datetime.now(UTC) - timedelta(hours=12)).isoformat()

    assert await found(client, ann, since=bound) == [late["id"]]
    assert await found(client, ann, until=datetime.now(UTC).isoformat()) == [
        late["id"],
        early["id"],
    ]
    assert await found(client, ann, until="9999-12-31T23:59:59Z") == [late["id"], early["id"]]
    assert await found(client, ann, until="0001-01-01T00:00:00Z") == []


async def test_every_state_can_be_asked_for(client: httpx2.AsyncClient, ann: Headers) -> None:
    queued = await submitted(client, ann)
    scheduled = await submitted(client, ann, delay=60)
    waiting = await submitted(client, ann, after=[scheduled["id"]])
    cancelled = await submitted(client, ann)
    await client.delete(cancelled["links"]["self"], headers=ann)

    for job, state in [
        (queued, "queued"),
        (scheduled, "scheduled"),
        (waiting, "waiting"),
        (cancelled, "cancelled"),
    ]:
        assert await found(client, ann, state=state) == [job["id"]]
    for state in ("running", "retrying", "succeeded", "failed", "expired"):
        assert await found(client, ann, state=state) == []
    assert await found(client, ann, state="cancelled,queued") == [cancelled["id"], queued["id"]]


async def test_the_next_page_keeps_the_filters(client: httpx2.AsyncClient, ann: Headers) -> None:
    jobs = [await submitted(client, ann, tags=["a b&c"]) for _ in range(3)]
    await submitted(client, ann)
    path: str | None = "/api/jobs"
    query: Any = {"tag": "a b&c", "q": "ECHO", "state": ["queued", "running"], "limit": 1}
    seen: list[str] = []

    while path:
        answer = await client.get(path, params=query, headers=ann)
        seen += [job["id"] for job in answer.json()["data"]]
        path, query = answer.links.get("next", {}).get("url"), None

    assert seen == [job["id"] for job in reversed(jobs)]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"after": ["0199a7c0-0000-7000-8000-000000000001"]}, "/after"),
        ({"after": ["7"]}, "/after/0"),
        ({"after_policy": "perhaps"}, "/after_policy"),
        ({"run_at": "2026-01-01T00:00:00Z", "delay": 5}, ""),
        ({"run_at": "2026-01-01T00:00:00"}, "/run_at"),
        ({"delay": -1}, ""),
        ({"delay": "PT-5S"}, "/delay"),
        ({"expires_in": 0}, "/expires_in"),
        ({"notify": "yes"}, "/notify"),
        ({"unique_key": ""}, "/unique_key"),
        ({"concurrency_key": "k" * 256}, "/concurrency_key"),
        ({"timeout": 90_000}, "/timeout"),
    ],
)
async def test_a_submission_that_makes_no_sense_is_422_with_a_pointer(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, wrong: Json, pointer: str
) -> None:
    answer = await client.post("/api/jobs", json={**ECHO, **wrong}, headers=ann)

    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert await sql(app, "SELECT count(*) FROM jobs") == 0


@pytest.mark.parametrize(
    "address",
    ["nowhere", "ftp://example.com/", "http://127.0.0.1/", "https://user:pw@example.com/"],
)
async def test_a_webhook_that_cannot_be_is_422(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, address: str
) -> None:
    answer = await client.post("/api/jobs", json={**ECHO, "webhook": address}, headers=ann)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_webhook")
    assert await sql(app, "SELECT count(*) FROM jobs") == 0


async def test_delay_and_run_at_say_when_and_a_time_that_is_past_means_now(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    delayed = await submitted(client, ann, delay="PT90S")
    dated = await submitted(client, ann, run_at="2020-01-01T00:00:00+02:00")

    wait = datetime.fromisoformat(delayed["run_at"]) - datetime.fromisoformat(delayed["created_at"])
    assert (delayed["state"], wait) == ("scheduled", timedelta(seconds=90))
    assert dated["state"] == "queued"


async def test_a_job_that_nobody_started_in_time_expires(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = await submitted(client, ann, delay=3600, expires_in=0.2)
    async with at_work(app):
        over = await ended(client, ann, job)

    assert (over["state"], over["error"]["code"]) == ("expired", "expired")


async def test_notify_puts_the_ending_into_the_inbox(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = await submitted(client, ann, notify=True)
    quiet = await submitted(client, ann)
    async with at_work(app):
        await ended(client, ann, job)
        await ended(client, ann, quiet)

    inbox = (await client.get("/api/inbox", headers=ann)).json()
    assert [(entry["job_id"], entry["name"]) for entry in inbox["data"]] == [
        (job["id"], "job.succeeded")
    ]
    assert inbox["unread"] == 1
