"""A job's output and log lines over HTTP, ranges included."""

from uuid import UUID

import httpx2
import orjson
import pytest
from starlette.applications import Starlette

from realtime.channels import Channel
from service.errors import Problem
from service.routes.story import wanted_range
from tests.service.conftest import Headers

TEXT = "héllo wörld"


@pytest.fixture
async def path(app: Starlette, client: httpx2.AsyncClient, ann: Headers) -> str:
    """Give the path of a job that has streamed some text and logged a line."""
    job = (await client.post("/api/jobs", json={"kind": "echo"}, headers=ann)).json()
    channel = Channel.job(UUID(job["id"]))
    ephemeral = app.state.resources.ephemeral
    await ephemeral.text(channel, 1, 0, TEXT, [])
    await ephemeral.lines(channel, 1, 0, [orjson.dumps({"attempt": 1, "message": "a line"})], [])
    return job["links"]["self"]


async def test_the_output_so_far_is_text(
    client: httpx2.AsyncClient, ann: Headers, path: str
) -> None:
    answer = await client.get(path + "/output", headers=ann)

    assert (answer.status_code, answer.text) == (200, TEXT)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["jobcast-attempt"] == "1"
    assert answer.headers["jobcast-position"] == str(len(TEXT.encode()))


async def test_a_part_of_the_output_can_be_asked_for(
    client: httpx2.AsyncClient, ann: Headers, path: str
) -> None:
    answer = await client.get(path + "/output", headers={**ann, "Range": "bytes=7-9"})
    beyond = await client.get(path + "/output", headers={**ann, "Range": "bytes=99-"})

    assert (answer.status_code, answer.content) == (206, TEXT.encode()[7:10])
    assert answer.headers["content-range"] == "bytes 7-9/13"
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */13")


async def test_log_lines_are_listed(client: httpx2.AsyncClient, ann: Headers, path: str) -> None:
    lines = (await client.get(path + "/logs", headers=ann)).json()["data"]

    assert [line["message"] for line in lines] == ["a line"]


async def test_a_job_that_said_nothing_has_an_empty_output(
    client: httpx2.AsyncClient, ann: Headers
) -> None:
    job = (await client.post("/api/jobs", json={"kind": "echo"}, headers=ann)).json()

    answer = await client.get(job["links"]["self"] + "/output", headers=ann)

    assert (answer.status_code, answer.text) == (200, "")


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-4", range(5)),
        ("bytes=5-", range(5, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("bytes=9-99", range(9, 10)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=x-", None),
        ("", None),
    ],
)
def test_a_range_header_is_read(header: str, wanted: range | None) -> None:
    assert wanted_range(header, 10) == wanted


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_range_outside_the_text_is_416(header: str) -> None:
    with pytest.raises(Problem) as refusal:
        wanted_range(header, 10)

    assert refusal.value.status == 416
