"""Too much of anything over HTTP: a clear 4xx that says when to come again."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from service.app import create_app
from service.settings import ServiceSettings
from tests.service.conftest import As, Headers, client_of
from tests.service.work import Json, at_work, ended, resources_of

JOB = {"kind": "echo", "args": {"value": 1}}
Opened = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
def opened(service_settings: ServiceSettings) -> Opened:
    """Give what opens a front door with other settings."""

    @asynccontextmanager
    async def door(**changed: Any) -> AsyncIterator[httpx2.AsyncClient]:
        made = create_app(service_settings.model_copy(update=changed))
        async with made.router.lifespan_context(made), client_of(made) as client:
            yield client

    return door


def problem(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    ("setting", "name"), [("org_submit_rate", "org"), ("user_submit_rate", "user")]
)
async def test_a_rate_that_is_used_up_is_429_and_says_which_and_until_when(
    opened: Opened, ann: Headers, setting: str, name: str
) -> None:
    async with opened(**{setting: "3/m"}) as client:
        taken = [await client.post("/api/jobs", json=JOB, headers=ann) for _ in range(3)]
        refused = await client.post("/api/jobs", json=JOB, headers=ann)
        wait = int(refused.headers["retry-after"])

    assert [answer.status_code for answer in taken] == [202] * 3
    assert problem(refused) == (429, "rate_limited")
    assert 0 < wait <= 20
    assert refused.headers["ratelimit-policy"] == f'"{name}";q=3;w=60'
    assert refused.headers["ratelimit"] == f'"{name}";r=0;t={wait}'


async def test_a_batch_counts_as_its_jobs_and_a_refused_one_as_nothing(
    opened: Opened, ann: Headers
) -> None:
    async with opened(user_submit_rate="3/h") as client:
        bad = {"jobs": [JOB, JOB, {"kind": "nothing"}]}
        invalid = await client.post("/api/jobs/batch", json=bad, headers=ann)
        taken = await client.post("/api/jobs/batch", json={"jobs": [JOB] * 3}, headers=ann)
        refused = await client.post("/api/jobs", json=JOB, headers=ann)

    assert (invalid.status_code, taken.status_code) == (422, 202)
    assert problem(refused) == (429, "rate_limited")


async def test_rates_of_others_are_their_own(opened: Opened, ann: Headers, as_user: As) -> None:
    async with opened(org_submit_rate="1/h") as client:
        answers = [
            await client.post("/api/jobs", json=JOB, headers=who)
            for who in (ann, ann, as_user("bob"), as_user("mia", org="ann"))
        ]

    assert [answer.status_code for answer in answers] == [202, 429, 202, 429]


async def test_a_full_queue_is_429_and_what_is_scheduled_does_not_count(
    opened: Opened, ann: Headers
) -> None:
    later = {**JOB, "delay": 3600}
    async with opened(org_queue_depth=2) as client:
        taken = [await client.post("/api/jobs", json=job, headers=ann) for job in (JOB, JOB)]
        refused = await client.post("/api/jobs", json=JOB, headers=ann)
        batch = await client.post("/api/jobs/batch", json={"jobs": [later] * 3}, headers=ann)

    assert [answer.status_code for answer in taken] == [202, 202]
    assert problem(refused) == (429, "queue_full")
    assert "ratelimit" not in refused.headers
    assert problem(batch) == (429, "queue_full")


async def test_a_full_store_of_uploads_is_429(opened: Opened, ann: Headers) -> None:
    binary = {**ann, "Content-Type": "application/octet-stream"}
    async with opened(org_upload_bytes=1_000) as client:
        taken = await client.post("/api/uploads", content=b"x" * 1_000, headers=binary)
        refused = await client.post("/api/uploads", content=b"x", headers=binary)

    assert taken.status_code == 201
    assert problem(refused) == (429, "upload_quota")


async def test_when_too_many_wait_for_the_database_others_are_503(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources_of(app).acceptance._accepting, "_most_waiting", 0)

    answer = await client.post("/api/jobs", json=JOB, headers=ann)

    assert problem(answer) == (503, "unavailable")


def nested(depth: int) -> Json:
    value: Json = 1
    for _ in range(depth):
        value = [value]
    return value


async def test_json_may_be_32_deep(client: httpx2.AsyncClient, ann: Headers) -> None:
    deep, too_deep = ({"kind": "echo", "args": {"value": nested(n)}} for n in (30, 31))

    taken = await client.post("/api/jobs", json=deep, headers=ann)
    refused = await client.post("/api/jobs", json=too_deep, headers=ann)
    bottomless = await client.post(
        "/api/jobs",
        content=b"[" * 100_000,
        headers={**ann, "Content-Type": "application/json"},
    )

    assert taken.status_code == 202
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_json")
    assert (bottomless.status_code, bottomless.json()["code"]) == (400, "malformed_json")


@pytest.mark.parametrize(("size", "status"), [(262_000, 202), (263_000, 413), (1_100_000, 413)])
async def test_args_have_a_largest_size(
    client: httpx2.AsyncClient, ann: Headers, size: int, status: int
) -> None:
    job = {"kind": "echo", "args": {"value": "x" * size}}

    answer = await client.post("/api/jobs", json=job, headers=ann)

    assert answer.status_code == status
    if status == 413:
        assert answer.json()["code"] == "too_large"


async def test_a_result_that_is_too_large_fails_its_job(
    app: Starlette, client: httpx2.AsyncClient, ann: Headers
) -> None:
    large = {"kind": "misshapen", "args": {"what": "large"}}
    async with at_work(app):
        job = (await client.post("/api/jobs", json=large, headers=ann)).json()
        over = await ended(client, ann, job)

    assert (over["state"], over["result"]) == ("failed", None)
    assert "large" in over["error"]["code"] + over["error"]["message"]
