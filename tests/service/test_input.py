"""Handing input to a waiting job over HTTP: whoever is first, and only what was asked for."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from tests.service.conftest import As, Headers
from tests.service.work import Json, at_work, ended, until

YES = {"approved": True, "amount": 2}


@pytest.fixture
async def waiting(app: Starlette, client: httpx2.AsyncClient, ann: Headers) -> AsyncIterator[Json]:
    """Give a job that runs and waits for input."""
    async with at_work(app):
        job = (await client.post("/api/jobs", json={"kind": "ask"}, headers=ann)).json()
        yield await asking(app, client, ann, job)


async def asking(
    app: Starlette, client: httpx2.AsyncClient, who: Headers, job: Json, number: int = 1
) -> Json:
    async def look() -> Json:
        return (await client.get(job["links"]["self"], headers=who)).json()

    return await until(
        app, look, lambda found: found["awaiting"] and found["awaiting"]["number"] == number
    )


async def hand_in(
    client: httpx2.AsyncClient, who: Headers, job: Json, data: Any
) -> httpx2.Response:
    headers = {**who, "Content-Type": "application/json"}
    content = json.dumps(data)
    return await client.post(f"/api/jobs/{job['id']}/input", content=content, headers=headers)


async def test_a_job_says_what_it_waits_for_and_goes_on_with_it(
    client: httpx2.AsyncClient, ann: Headers, waiting: Json
) -> None:
    answer = await hand_in(client, ann, waiting, YES)
    over = await ended(client, ann, waiting)

    assert waiting["awaiting"]["schema"]["required"] == ["approved"]
    assert (answer.status_code, answer.json()["awaiting"]) == (202, None)
    assert (over["state"], over["result"]) == ("succeeded", [YES])


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        ({}, "/approved"),
        ({"approved": "perhaps"}, "/approved"),
        ({"approved": True, "amount": "two"}, "/amount"),
        ([], ""),
        (None, ""),
        ("yes", ""),
        (1, ""),
    ],
)
async def test_input_that_does_not_fit_is_422_and_the_job_goes_on_waiting(
    client: httpx2.AsyncClient, ann: Headers, waiting: Json, data: Any, pointer: str
) -> None:
    answer = await hand_in(client, ann, waiting, data)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    after = (await client.get(waiting["links"]["self"], headers=ann)).json()
    assert after["awaiting"] == waiting["awaiting"]


async def test_what_only_the_model_refuses_is_asked_for_again(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, waiting: Json
) -> None:
    answer = await hand_in(client, ann, waiting, {"approved": True, "amount": 3})
    again = await asking(app, client, ann, waiting, 2)

    assert answer.status_code == 202
    assert "even" in again["awaiting"]["problem"]


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"approved": NaN}', "application/json", 400),
        (b"[" * 40 + b"]" * 40, "application/json", 400),
        (b'{"approved": "\\u0000"}', "application/json", 422),
        (b"approved=1", "application/x-www-form-urlencoded", 415),
        (b'"' + b"x" * 2_000_000 + b'"', "application/json", 413),
    ],
)
async def test_input_is_strict_json(
    client: httpx2.AsyncClient,
    ann: Headers,
    waiting: Json,
    content: bytes,
    media_type: str,
    status: int,
) -> None:
    headers = {**ann, "Content-Type": media_type}

    answer = await client.post(f"/api/jobs/{waiting['id']}/input", content=content, headers=headers)

    assert answer.status_code == status


async def test_of_two_at_once_one_is_first(
    client: httpx2.AsyncClient, ann: Headers, waiting: Json
) -> None:
    answers = await asyncio.gather(
        *(hand_in(client, ann, waiting, {"approved": True, "amount": 2 * n}) for n in range(10))
    )
    over = await ended(client, ann, waiting)

    assert sorted(answer.status_code for answer in answers) == [202, *[409] * 9]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"wrong_state"}
    [first] = [n for n, answer in enumerate(answers) if answer.status_code == 202]
    assert over["result"] == [{"approved": True, "amount": 2 * first}]


async def test_a_job_that_waits_for_nothing_takes_no_input(
    client: httpx2.AsyncClient, ann: Headers, waiting: Json
) -> None:
    late = {"kind": "echo", "delay": 3600}
    scheduled = (await client.post("/api/jobs", json=late, headers=ann)).json()
    await hand_in(client, ann, waiting, YES)
    await ended(client, ann, waiting)

    answers = [await hand_in(client, ann, job, YES) for job in (scheduled, waiting)]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "wrong_state")] * 2


async def test_other_peoples_jobs_do_not_exist(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, waiting: Json
) -> None:
    reader = as_user("rita", "jobs:read jobs:write org:read", org="ann")

    for who in (as_user("bob"), reader):
        assert (await hand_in(client, who, waiting, YES)).status_code == 404
    for job in ({"id": "nothing"}, {"id": "0199a7c0-0000-7000-8000-000000000001"}):
        assert (await hand_in(client, ann, job, YES)).status_code == 404
    assert (await hand_in(client, as_user("ann", "jobs:read"), waiting, YES)).status_code == 403
    assert (await hand_in(client, {}, waiting, YES)).status_code == 401
