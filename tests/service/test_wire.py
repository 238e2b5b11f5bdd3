"""What a running product says over the wire is what its documents say it says."""

import asyncio
import signal
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette

from service.auth import mint_token
from service.server import Server, server_of
from service.settings import ServiceSettings
from tests.service.conftest import SECRET, Headers, serving, url
from tests.service.ear import ear, stream_until
from tests.service.work import Json, at_work, sql, submit
from tests.wire import check_frame

ME = {"channel": "me"}
FINAL = {"job.succeeded", "job.failed", "job.cancelled", "job.expired"}


@pytest.fixture
def service_settings(service_settings: ServiceSettings) -> ServiceSettings:
    return service_settings.model_copy(update={"heartbeat_seconds": 0.5})


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


async def test_the_end_of_a_session_is_told_as_described(server: Server) -> None:
    token = mint_token(SECRET, user="ann", lifetime=timedelta(seconds=2.5))

    async with ear(url(server), {"Authorization": f"Bearer {token}"}, ME) as heard:
        notice = await heard.until("expiring")
        await heard.until("bye", code=4201)

    assert 0 <= notice["seconds"] <= 60


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


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("nothing", "bad_request"),
        ("[1]", "bad_request"),
        ("{}", "bad_request"),
        ('{"t": "sub"}', "bad_request"),
        ('{"t": "sub", "i": {}, "channel": "me"}', "bad_request"),
        ('{"t": "dance", "i": "a"}', "unknown_type"),
        ('{"t": "sub", "i": 1, "channel": "job:nothing"}', "not_found"),
        ('{"t": "sub", "i": 1, "channel": "org:ann"}', "forbidden"),
        ('{"t": "sub", "i": 1, "channel": "me", "since": "?"}', "bad_cursor"),
        ('{"t": "auth", "i": 1, "ticket": "forged"}', "unauthenticated"),
        ('{"t": "cancel", "i": 1, "job": "nothing"}', "not_found"),
    ],
)
async def test_refusals_are_as_described(
    server: Server, ann: Headers, said: str, code: str
) -> None:
    async with ear(url(server), ann) as heard:
        await heard.shout(said)
        refusal = await heard.until("err")

    assert refusal["error"]["code"] == code


async def test_signs_of_life_and_leaving_are_as_described(server: Server, ann: Headers) -> None:
    async with ear(url(server), ann, ME) as heard:
        await heard.say(t="ping", i=1)
        await heard.say(t="ping")
        await heard.say(t="pong")
        await heard.say(t="unsub", i=2, channel="me")
        await heard.until("unsubbed", i=2, code="unsub")
        await heard.until("ping")
        await heard.say(t="bye")
        await heard.until("bye", code=1000)

    assert [frame.get("i") for frame in heard.frames if frame["t"] == "pong"] == [1, None]


async def test_bad_frames_end_with_a_bye_as_described(server: Server, ann: Headers) -> None:
    async with ear(url(server), ann) as heard:
        for _ in range(5):
            await heard.shout("[")
        await heard.until("bye", code=4000)
        await heard.connection.wait_closed()

    assert heard.connection.close_code == 4000


async def test_a_shutdown_is_announced_as_described(
    service_settings: ServiceSettings, ann: Headers
) -> None:
    server = server_of(service_settings)

    async with serving(server), ear(url(server), ann, ME) as heard:
        await heard.until("subbed")
        server.handle_exit(signal.SIGTERM, None)
        bye = await heard.until("bye")
        await heard.connection.wait_closed()

    assert bye["code"] == heard.connection.close_code == 1012
    assert bye["retry_ms"] > 0


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        ({"t": "gap", "channel": "me", "reason": "epoch", "more": 1}, "Additional properties"),
        ({"t": "gap", "channel": "me"}, "required"),
        ({"t": "gap", "channel": "me", "reason": None}, "None is not one of"),
        ({"t": "pong", "i": None}, "None"),
        ({"t": "ev", "e": [{"type": "job.queued"}]}, r"\$\.e\[0\]"),
        ({"t": "welcome", "user": 1}, "1 is not of type|required"),
    ],
)
def test_what_is_not_described_is_noticed(frame: Json, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        check_frame(frame)
