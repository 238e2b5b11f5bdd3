"""The same submission sent again: by Idempotency-Key it makes one job, by unique key one at a time."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from jobs.upkeep import prune
from service.app import create_app
from tests.service.conftest import As, Headers, client_of, watched
from tests.service.test_streams import STREAM, events
from tests.service.work import at_work, ended, resources_of, sql

JOB = {"kind": "echo", "args": {"value": 1}, "tags": ["a"], "priority": 3}
HOW_MANY = "SELECT count(*) FROM jobs"


def keyed(who: Headers, key: str = "k", **more: str) -> Headers:
    return {**who, "Idempotency-Key": key, **more}


async def test_the_same_request_again_gives_the_first_job(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    first = await client.post("/api/jobs", json=JOB, headers=keyed(ann))
    again = await client.post("/api/jobs", json=JOB, headers=keyed(ann))

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert await sql(app, HOW_MANY) == 1


async def test_what_counts_is_the_meaning_of_the_json(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    headers = keyed(ann, **{"Content-Type": "application/json"})
    first = await client.post("/api/jobs", content=json.dumps(JOB), headers=headers)
    turned = json.dumps(dict(reversed(JOB.items())), indent=3)

    again = await client.post("/api/jobs", content=turned, headers=headers)

    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])


@pytest.mark.parametrize(
    "changed", [{"args": {"value": 2}}, {"tags": ["b"]}, {"priority": 4}, {"kind": "say"}]
)
async def test_another_body_is_a_mismatch(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, changed: dict[str, Any]
) -> None:
    await client.post("/api/jobs", json=JOB, headers=keyed(ann))
    other = {**JOB, **changed}
    if other["kind"] == "say":
        other["args"] = {"text": "x"}

    answer = await client.post("/api/jobs", json=other, headers=keyed(ann))

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert await sql(app, HOW_MANY) == 1


async def test_a_replay_tells_how_the_job_ended_meanwhile(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    first = (await client.post("/api/jobs", json=JOB, headers=keyed(ann))).json()
    async with at_work(app):
        await ended(client, ann, first)

    plain = await client.post("/api/jobs", json=JOB, headers=keyed(ann))
    waited = await client.post("/api/jobs", json=JOB, headers=keyed(ann, Prefer="wait=5"))
    streamed = await client.post("/api/jobs", json=JOB, headers=keyed(ann, **STREAM))

    assert (plain.status_code, plain.json()["state"]) == (202, "succeeded")
    assert (waited.status_code, waited.json()["result"]) == (200, {"value": 1})
    assert [name async for name, _ in events(streamed)][:2] == ["welcome", "job.succeeded"]
    for answer in (plain, waited, streamed):
        assert answer.headers["idempotent-replayed"] == "true"
        assert answer.headers["location"] == first["links"]["self"]


async def test_while_the_first_is_being_answered_the_second_is_told_to_come_again(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    begun = watched(app)
    waiting = asyncio.create_task(
        client.post("/api/jobs", json=JOB, headers=keyed(ann, Prefer="wait=20"))
    )
    job_id = await begun.get()

    second = await client.post("/api/jobs", json=JOB, headers=keyed(ann))
    await client.delete(f"/api/jobs/{job_id}", headers=ann)
    first = await waiting
    third = await client.post("/api/jobs", json=JOB, headers=keyed(ann))

    assert (second.status_code, second.json()["code"]) == (409, "idempotency_in_progress")
    assert int(second.headers["retry-after"]) > 0
    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert (third.status_code, third.json()["id"]) == (202, str(job_id))


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("k", 202),
        ("k" * 255, 202),
        ("a key: with / all? kinds&of=signs", 202),
        ("é", 202),
        ("k" * 256, 400),
        ("", 400),
        ("a\tb", 400),
        ("a\x7fb", 400),
        ("a\x01b", 400),
    ],
)
async def test_a_key_is_1_to_255_printable_characters(
    client: httpx2.AsyncClient, ann: Headers, key: str, status: int
) -> None:
    headers = {name.encode(): value.encode() for name, value in ann.items()}
    headers[b"Idempotency-Key"] = key.encode("latin-1")

    answer = await client.post("/api/jobs", json=JOB, headers=headers)

    assert answer.status_code == status
    if status == 400:
        assert answer.json()["code"] == "invalid_idempotency_key"


async def test_keys_belong_to_one_user_of_one_org(
    client: httpx2.AsyncClient, as_user: As, ann: Headers
) -> None:
    callers = [ann, as_user("bob"), as_user("ann", org="acme"), as_user("bob", org="acme")]

    answers = [await client.post("/api/jobs", json=JOB, headers=keyed(who)) for who in callers]

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 4


async def test_a_key_is_kept_for_a_day(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    first = (await client.post("/api/jobs", json=JOB, headers=keyed(ann))).json()
    age = "UPDATE idempotency_keys SET created_at = created_at - $1::interval"
    resources = resources_of(app)

    await resources.db.fetch(age, timedelta(hours=23, minutes=59))
    await prune(resources.db, resources.settings)
    within = (await client.post("/api/jobs", json=JOB, headers=keyed(ann))).json()
    await resources.db.fetch(age, timedelta(minutes=1))
    await prune(resources.db, resources.settings)
    after = (await client.post("/api/jobs", json=JOB, headers=keyed(ann))).json()

    assert within["id"] == first["id"] != after["id"]


async def test_a_hundred_at_once_make_one_job(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    second = create_app(app.state.settings)
    async with second.router.lifespan_context(second), client_of(second) as other:
        doors = [client, other] * 50

        answers = await asyncio.gather(
            *(door.post("/api/jobs", json=JOB, headers=keyed(ann)) for door in doors)
        )

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 202}) == 1
    assert await sql(app, HOW_MANY) == 1


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        ({"kind": "nothing"}, 422),
        ({"kind": "say", "args": {"text": 7}}, 422),
        ({"kind": "echo", "args": {"value": "x" * 300_000}}, 413),
        ({"kind": "echo", "after": ["0199a7c0-0000-7000-8000-000000000001"]}, 422),
    ],
)
@pytest.mark.parametrize("batch", [False, True])
async def test_a_refused_submission_does_not_use_its_key_up(
    client: httpx2.AsyncClient, ann: Headers, refused: dict[str, Any], status: int, batch: bool
) -> None:
    def sent(job: dict[str, Any]) -> dict[str, Any]:
        return {"jobs": [job]} if batch else job

    path = "/api/jobs/batch" if batch else "/api/jobs"

    first = await client.post(path, json=sent(refused), headers=keyed(ann))
    second = await client.post(path, json=sent(JOB), headers=keyed(ann))

    assert (first.status_code, second.status_code) == (status, 202)
    assert "idempotent-replayed" not in second.headers


async def test_a_batch_is_made_once_too(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    body = {"jobs": [{"kind": "echo", "args": {"value": n}} for n in range(5)]}

    first = await client.post("/api/jobs/batch", json=body, headers=keyed(ann))
    again = await client.post("/api/jobs/batch", json=body, headers=keyed(ann))
    other = await client.post("/api/jobs/batch", json={"jobs": [JOB]}, headers=keyed(ann))
    single = await client.post("/api/jobs", json=JOB, headers=keyed(ann))

    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert again.json() == first.json()
    assert other.json()["code"] == single.json()["code"] == "idempotency_mismatch"
    assert await sql(app, HOW_MANY) == 5


async def test_many_equal_batches_at_once_make_one(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    body = {"jobs": [JOB, JOB]}
    second = create_app(app.state.settings)
    async with second.router.lifespan_context(second), client_of(second) as other:
        doors = [client, other] * 10

        answers = await asyncio.gather(
            *(door.post("/api/jobs/batch", json=body, headers=keyed(ann)) for door in doors)
        )

    assert {answer.status_code for answer in answers} <= {202, 409}
    assert await sql(app, HOW_MANY) == 2


async def test_a_key_whose_job_was_deleted_makes_no_second_one_and_says_why(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    await client.post("/api/jobs", json=JOB, headers=keyed(ann))
    await sql(app, "DELETE FROM jobs")

    answer = await client.post("/api/jobs", json=JOB, headers=keyed(ann))

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert "deleted" in answer.json()["detail"]


async def test_while_a_unique_job_is_unfinished_it_is_the_answer(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    first = (await client.post("/api/jobs", json={**JOB, "unique_key": "u"}, headers=ann)).json()
    other = {"kind": "echo", "args": {"value": 9}, "unique_key": "u"}

    second = await client.post("/api/jobs", json=other, headers=ann)

    job = second.json()
    assert (second.status_code, job["id"], job["deduplicated"]) == (200, first["id"], True)
    assert second.headers["location"] == first["links"]["self"]
    assert job["args"] == {"value": 1}
    await client.delete(first["links"]["self"], headers=ann)
    place = {"Last-Event-ID": job["stream"]["cursor"], **STREAM}
    rest = await client.get(first["links"]["events"], headers={**ann, **place})
    assert [name async for name, _ in events(rest)][:2] == ["welcome", "job.cancelled"]


async def test_the_end_of_a_unique_job_can_be_waited_for_by_both(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    unique = {**JOB, "unique_key": "u"}
    begun = watched(app)
    prefer = {**ann, "Prefer": "wait=20"}
    both = [asyncio.create_task(client.post("/api/jobs", json=unique, headers=prefer))]
    job_id = await begun.get()
    both.append(asyncio.create_task(client.post("/api/jobs", json=unique, headers=prefer)))
    await begun.get()

    await client.delete(f"/api/jobs/{job_id}", headers=ann)
    first, second = await asyncio.gather(*both)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["id"] == second.json()["id"] == str(job_id)
    assert (first.json()["deduplicated"], second.json()["deduplicated"]) == (None, True)
    assert second.json()["state"] == "cancelled"


async def test_a_finished_unique_job_makes_room_for_a_new_one_and_stays_out(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    unique = {**JOB, "unique_key": "u"}
    old = (await client.post("/api/jobs", json=unique, headers=ann)).json()
    await client.delete(old["links"]["self"], headers=ann)

    new = await client.post("/api/jobs", json=unique, headers=ann)
    refused = await client.post(old["links"]["retry"], headers=ann)
    await client.delete(new.json()["links"]["self"], headers=ann)
    retried = await client.post(old["links"]["retry"], headers=ann)

    assert (new.status_code, new.json()["id"] != old["id"]) == (202, True)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert "unique" in refused.json()["detail"]
    assert retried.status_code == 202


async def test_unique_keys_are_apart_by_kind_user_and_org(
    client: httpx2.AsyncClient, as_user: As, ann: Headers
) -> None:
    unique = {**JOB, "unique_key": "u"}
    say = {"kind": "say", "args": {"text": "x"}, "unique_key": "u"}

    answers = [
        await client.post("/api/jobs", json=unique, headers=ann),
        await client.post("/api/jobs", json=say, headers=ann),
        await client.post("/api/jobs", json=unique, headers=as_user("bob")),
        await client.post("/api/jobs", json=unique, headers=as_user("ann", org="acme")),
    ]

    assert [answer.status_code for answer in answers] == [202] * 4


async def test_fifty_unique_ones_at_once_make_one_job(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    unique = {**JOB, "unique_key": "u"}
    second = create_app(app.state.settings)
    async with second.router.lifespan_context(second), client_of(second) as other:
        doors = [client, other] * 25

        answers = await asyncio.gather(
            *(door.post("/api/jobs", json=unique, headers=ann) for door in doors)
        )

    assert sorted(answer.status_code for answer in answers) == [*[200] * 49, 202]
    assert await sql(app, HOW_MANY) == 1


async def test_the_idempotency_key_goes_before_the_unique_key(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    unique = {**JOB, "unique_key": "u"}
    old = (await client.post("/api/jobs", json=unique, headers=keyed(ann))).json()
    await client.delete(old["links"]["self"], headers=ann)
    await client.post("/api/jobs", json=unique, headers=ann)

    replayed = await client.post("/api/jobs", json=unique, headers=keyed(ann))

    assert (replayed.status_code, replayed.json()["id"]) == (202, old["id"])
