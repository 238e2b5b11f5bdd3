"""Streams through the front door: submit-and-stream, a job's events, and what is asked of their caller."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from websockets import ClientConnection, InvalidStatus, Subprotocol, connect

from service.client import mint_token
from service.server import Server
from tests.service.conftest import SECRET, As, Headers, url

JOB = {"kind": "say", "args": {"text": "hello"}}
STREAM = {"Accept": "text/event-stream"}


async def events(answer: httpx2.Response) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


async def test_submit_and_stream_tells_the_jobs_life_up_to_its_end(
    browser: httpx2.AsyncClient, ann: Headers
) -> None:
    names = []

    async with browser.stream("POST", "/api/jobs", json=JOB, headers={**ann, **STREAM}) as answer:
        async for name, data in events(answer):
            names.append(name)
            if name == "snapshot":
                assert data["state"]["job"]["links"]["self"] == answer.headers["location"]
                await browser.delete(answer.headers["location"], headers=ann)

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert names[:2] == ["welcome", "job.queued"]
    assert names.count("job.cancelled") == 1


async def test_a_jobs_events_can_be_listened_to_and_resumed(
    browser: httpx2.AsyncClient, ann: Headers
) -> None:
    job = (await browser.post("/api/jobs", json=JOB, headers=ann)).json()
    await browser.delete(job["links"]["self"], headers=ann)
    resumed = {**ann, **STREAM, "Last-Event-ID": job["stream"]["cursor"]}

    async with browser.stream("GET", job["links"]["events"], headers=resumed) as answer:
        names = [name async for name, _ in events(answer)]

    assert names.count("job.cancelled") == 1


async def test_nothing_is_missed_between_the_submission_and_its_stream(
    browser: httpx2.AsyncClient, ann: Headers
) -> None:
    job = (await browser.post("/api/jobs", json=JOB, headers=ann)).json()
    await browser.delete(job["links"]["self"], headers=ann)
    place = {"ticket": job["stream"]["ticket"], "cursor": job["stream"]["cursor"]}

    where = httpx2.URL(job["stream"]["url"]).copy_merge_params(place)

    async with browser.stream("GET", where) as answer:
        names = [name async for name, _ in events(answer)]

    assert answer.status_code == 200
    assert "gap" not in names
    assert names.count("job.cancelled") == 1


async def test_a_ticket_opens_one_stream_only(browser: httpx2.AsyncClient, ann: Headers) -> None:
    job = (await browser.post("/api/jobs", json=JOB, headers=ann)).json()
    await browser.delete(job["links"]["self"], headers=ann)
    params = {"channel": f"job:{job['id']}", "ticket": job["stream"]["ticket"], "snapshot": "1"}

    answers = await asyncio.gather(*(browser.get("/api/events", params=params) for _ in range(8)))

    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]


async def test_a_jobs_ticket_opens_no_other_channel(
    browser: httpx2.AsyncClient, ann: Headers
) -> None:
    job = (await browser.post("/api/jobs", json=JOB, headers=ann)).json()

    answer = await browser.get(
        "/api/events", params={"channel": "me", "ticket": job["stream"]["ticket"]}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize("cursor", ["x", "-1", "9e99", "a:b", "a.-1", "A" * 1000, "é"])
async def test_a_foreign_cursor_is_400(
    browser: httpx2.AsyncClient, ann: Headers, cursor: str
) -> None:
    job = (await browser.post("/api/jobs", json=JOB, headers=ann)).json()
    headers = httpx2.Headers({**ann, **STREAM})
    headers.update({b"Last-Event-ID": cursor.encode()})

    answer = await browser.get(job["links"]["events"], headers=headers)

    assert answer.status_code == 400


async def test_streams_are_refused_like_every_other_route(
    browser: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    job = (await browser.post("/api/jobs", json=JOB, headers=ann)).json()
    params = {"channel": f"job:{job['id']}"}
    bob = as_user("bob")

    assert (await browser.get("/api/events", params=params)).status_code == 401
    assert (await browser.get("/api/events", params=params, headers=bob)).status_code == 404
    assert (await browser.get(job["links"]["events"], headers={**bob, **STREAM})).status_code == 404
    nameless = await browser.get("/api/events", headers=ann)
    assert (nameless.status_code, nameless.headers["content-type"]) == (
        400,
        "application/problem+json",
    )


async def test_a_caller_who_may_only_write_cannot_stream_and_submits_nothing(
    browser: httpx2.AsyncClient, ann: Headers, as_user: As
) -> None:
    writer = as_user("ann", "jobs:write")

    answer = await browser.post("/api/jobs", json=JOB, headers={**writer, **STREAM})

    assert answer.status_code == 403
    assert (await browser.get("/api/jobs", headers=ann)).json()["data"] == []


async def test_a_cookie_borne_stream_of_a_foreign_page_is_403(browser: httpx2.AsyncClient) -> None:
    await browser.post("/api/session", json={"token": mint_token(SECRET, user="ann")})

    answer = await browser.get(
        "/api/events", params={"channel": "me"}, headers={"Origin": "https://evil.example"}
    )

    assert answer.status_code == 403


async def test_a_browser_listens_and_stops_a_job_over_a_websocket(
    browser: httpx2.AsyncClient, server: Server, ann: Headers, as_user: As
) -> None:
    job = (await browser.post("/api/jobs", json=JOB, headers=ann)).json()
    ticket = (await browser.post("/api/tickets", headers=ann)).json()
    offered = [Subprotocol("jobcast.v1"), Subprotocol(f"ticket.{ticket['ticket']}")]

    async with connect(ticket["ws_url"], subprotocols=offered) as socket:
        await socket.send(json.dumps({"t": "hello", "subs": [{"channel": f"job:{job['id']}"}]}))
        heard = await frames_until(socket, "subbed")
        await socket.send(json.dumps({"t": "cancel", "i": 1, "job": "nothing"}))
        await socket.send(json.dumps({"t": "cancel", "i": 2, "job": job["id"]}))
        heard += await frames_until(socket, "err", "ok", "unsubbed")

    frames = {(frame["t"], frame.get("i")) for frame in heard}
    assert {("err", 1), ("ok", 2)} <= frames
    events = [event for frame in heard if frame["t"] == "ev" for event in frame["e"]]
    assert [event["type"] for event in events] == ["job.cancelled"]


async def frames_until(socket: ClientConnection, *wanted: str) -> list[Any]:
    """Read until a frame of each wanted name has come."""
    heard: list[Any] = []
    while not set(wanted) <= {frame["t"] for frame in heard}:
        frame = json.loads(await socket.recv())
        heard += frame if isinstance(frame, list) else [frame]
    return heard


async def test_a_websocket_without_a_ticket_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(
            url(server).replace("http", "ws") + "/api/ws", subprotocols=[Subprotocol("jobcast.v1")]
        )

    assert refusal.value.response.status_code == 403
