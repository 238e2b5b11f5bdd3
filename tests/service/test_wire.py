"""What a running product says over the wire is what its documents say it says."""

import asyncio
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from service.server import Server
from tests.service.conftest import Headers, url
from tests.service.ear import ear, stream_until
from tests.service.work import Json, at_work, sql, submit

ME = {"channel": "me"}
FINAL = {"job.succeeded", "job.failed", "job.cancelled", "job.expired"}


@pytest.mark.parametrize(
    ("kind", "args", "types"),
    [
        ("echo", {"value": {"deep": [1, None, "x"]}}, {"job.started", "job.succeeded"}),
        ("echo", {"value": "x" * 40_000}, {"job.succeeded"}),
        ("stream", {"words": 8, "fail_first": True}, {"job.log", "job.output", "job.retrying"}),
        ("slow", {"seconds": 0.3}, {"job.progress", "job.succeeded"}),
        ("chatterbox", {}, {"job.log", "job.output", "job.progress"}),
        ("flaky", {"how": "discard"}, {"job.failed"}),
        ("flaky", {"how": "retry"}, {"job.retrying", "job.succeeded"}),
        ("impatient", {}, {"job.retrying", "job.failed"}),
    ],
)
async def test_every_event_of_a_jobs_life_is_as_described(
    browser: httpx2.AsyncClient,
    server: Server,
    ann: Headers,
    kind: str,
    args: Json,
    types: set[str],
) -> None:
    async with ear(url(server), ann, ME) as heard:
        job = await submit(browser, ann, kind, args=args, notify=True)
        await heard.follow(f"job:{job['id']}")
        async with at_work(server.app):
            await heard.until("unsubbed", channel=f"job:{job['id']}", code="done")
            await heard.until_event("inbox.created")

    assert types <= heard.types
    finals = [event for event in heard.events if event["type"] in FINAL]
    assert {event["channel"] for event in finals} == {"user:ann", f"job:{job['id']}"}
    assert {event["data"].get("data_ref") for event in finals} <= {None, f"/api/jobs/{job['id']}"}


async def test_a_job_that_waits_and_is_cancelled_is_told_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        first = await submit(browser, ann, "slow", args={"seconds": 30})
        await submit(browser, ann, "echo", after=[first["id"]])
        await submit(browser, ann, "echo", delay=3600)
        await heard.until_event("job.started")
        await heard.say(t="cancel", i=1, job=first["id"])
        await heard.until("ok", i=1)
        await heard.until_event("job.cancelled")

    assert {"job.waiting", "job.scheduled", "job.queued", "job.cancelling"} <= heard.types


async def test_a_request_for_input_is_told_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        job = await submit(browser, ann, "ask", args={"requests": 1})
        await heard.until_event("job.input_requested")
        asked = await heard.follow(f"job:{job['id']}")
        await browser.post(f"/api/jobs/{job['id']}/input", json={"approved": True}, headers=ann)
        await heard.until_event("job.succeeded")

    assert asked["snapshot"]["state"]["job"]["awaiting"]["number"] == 1
    assert "job.input_received" in heard.types


async def test_notifications_and_their_reading_are_told_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        await submit(browser, ann, "tell", args={"texts": ["short", "x" * 40_000]})
        await heard.until_event("job.succeeded")
        await browser.post("/api/inbox/read", json={"all": True}, headers=ann)
        await heard.until_event("inbox.read")

    told = heard.of_type("notification.brief_completed")
    assert [event["data"].get("data_ref") for event in told] == [None, "/api/inbox"]


async def test_batches_are_told_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    jobs = [{"kind": "slow", "args": {"seconds": 0.2}}] * 3

    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        await browser.post("/api/jobs/batch", json={"jobs": jobs}, headers=ann)
        await heard.until_event("batch.completed")

    assert {"batch.created", "batch.completed"} <= heard.types


async def test_snapshots_are_as_described_whatever_the_jobs_went_through(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        for kind, args in [("echo", {}), ("flaky", {"how": "discard"}), ("stream", {"words": 3})]:
            job = await submit(browser, ann, kind, args=args)
            await heard.follow(f"job:{job['id']}")
            await heard.until("unsubbed", channel=f"job:{job['id']}")
        heard.events.clear()
        running = await submit(browser, ann, "stream", args={"words": 500})
        await heard.follow(f"job:{running['id']}")
        await heard.until_event("job.output")
        await heard.say(t="sub", i="again", channel=f"job:{running['id']}")
        whole = (await heard.until("subbed", i="again"))["snapshot"]
        mine = (await heard.follow("me"))["snapshot"]

    assert whole["ephemeral"]["output"]["text"]
    assert whole["ephemeral"]["logs"]
    states = [job["state"] for job in mine["state"]["jobs"]]
    assert states == ["running", "succeeded", "failed", "succeeded"]


async def test_a_resumed_job_gets_events_and_the_whole(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    job = await submit(browser, ann, "slow", args={"seconds": 30})

    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        await heard.until_event("job.started")
        since = f"{heard.events[-1]['epoch']}.1"
        resumed = await heard.follow(f"job:{job['id']}", since=since)

    assert resumed["recovered"] is True
    assert [event["type"] for event in resumed["events"]] == ["job.started"]
    assert resumed["snapshot"]["state"]["job"]["state"] == "running"


async def test_what_a_job_said_before_its_end_is_told_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    job = await submit(browser, ann, "stream", args={"words": 3})
    channel, place = f"job:{job['id']}", job["stream"]["cursor"]

    async with ear(url(server), ann, ME) as heard, at_work(server.app):
        await heard.until_event("job.succeeded")
        resumed = await heard.follow(channel, since=place)
        streamed = await stream_until(browser, ann, "unsubbed", channel=channel, cursor=place)

    assert [event["type"] for event in resumed["events"]] == ["job.succeeded"]
    assert "state" not in resumed["snapshot"]
    assert resumed["snapshot"]["ephemeral"]["output"]["text"] == "[1:0] [1:1] [1:2] "
    assert [name for name, _ in streamed][1:] == ["snapshot", "job.succeeded", "unsubbed"]


async def test_a_gap_is_as_described_on_a_socket_and_in_a_stream(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    await submit(browser, ann, "echo")

    async with ear(url(server), ann) as heard:
        subbed = await heard.follow("me", since="other.1")
    streamed = await stream_until(
        browser, ann, "snapshot", channel="me", cursor="other.1", snapshot="1"
    )

    assert (subbed["recovered"], subbed["gap"]) == (False, "epoch")
    assert subbed["snapshot"]["state"]["jobs"][0]["kind"] == "echo"
    assert [name for name, _ in streamed] == ["welcome", "gap", "snapshot"]


async def test_a_restored_database_is_told_in_mid_stream_as_described(
    app: Starlette, browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    job = await submit(browser, ann, "echo", delay=3600)

    async with ear(url(server), ann, ME) as heard:
        await heard.follow(f"job:{job['id']}")
        await sql(app, "UPDATE realm SET name = gen_random_uuid()::text")
        for channel in ("user:ann", f"job:{job['id']}"):
            await heard.once("gap", channel=channel, reason="epoch")
            await heard.once("snapshot", channel=channel)


async def test_a_stream_tells_the_same_events_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    job = await submit(browser, ann, "stream", args={"words": 5, "fail_first": True})

    async with asyncio.TaskGroup() as both:
        listening = both.create_task(
            stream_until(browser, ann, "unsubbed", channel=["me", f"job:{job['id']}"], snapshot="1")
        )
        both.create_task(work_until(server, listening))

    names = [name for name, _ in listening.result()]
    assert names[:3] == ["welcome", "snapshot", "snapshot"]
    assert {"job.started", "job.output", "job.log", "job.succeeded"} <= set(names)


async def work_until(server: Server, over: "asyncio.Task[Any]") -> None:
    async with at_work(server.app):
        await asyncio.wait([over])
