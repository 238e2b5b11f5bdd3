"""Event streams over a real server."""

from typing import Any

import httpx2
import pytest

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.message import Message
from realtime.sse import EventStream
from service.dev.redis_server import RedisServer
from tests.realtime.browser import get, stream
from tests.realtime.world import JOB, ME, Server, World, caller, open_world, serving


async def test_a_stream_begins_with_welcome_then_snapshots_then_events(
    world: World, server: Server
) -> None:
    world.source.record(ME)
    world.source.record(JOB)

    async with stream(server, "me", "job:j1", snapshot=1) as opened:
        welcome = await opened.next()
        mine, job = await opened.next(), await opened.next()
        await world.tell(ME, "job.queued")
        event = await opened.next()

    assert opened.response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert opened.response.headers["cache-control"] == "no-store, no-transform"
    assert opened.response.headers["x-accel-buffering"] == "no"
    assert 1000 <= opened.retries[0] <= 5000
    assert welcome.event == "welcome"
    assert welcome.data["channels"] == ["user:42", "job:j1"]
    assert mine.data == {"channel": "user:42", "epoch": "e1", "offset": 1, "state": {"jobs": 1}}
    assert job.data["ephemeral"] == {"progress": None, "output": None, "logs": []}
    assert job.id == "e1.1,e1.1"
    assert (event.event, event.id, event.data["offset"]) == ("job.queued", "e1.2,e1.1", 2)


async def test_a_stream_resumes_after_its_last_event_id(world: World, server: Server) -> None:
    for _ in range(3):
        world.source.record(ME)

    async with stream(
        server, "me", snapshot=1, cursor="e1.0", headers={"Last-Event-ID": "e1.1"}
    ) as opened:
        first, second, third = await opened.next(), await opened.next(), await opened.next()

    assert (first.event, first.id) == ("welcome", "e1.1")
    assert [second.id, third.id] == ["e1.2", "e1.3"]


async def test_a_stream_without_cursor_or_snapshot_begins_now(world: World, server: Server) -> None:
    world.source.record(ME)

    async with stream(server, "me") as opened:
        welcome = await opened.next()
        await world.tell(ME)
        event = await opened.next()

    assert (welcome.id, event.id) == ("e1.1", "e1.2")


@pytest.mark.parametrize("cursor", ["e0.1", "e1.99"])
async def test_a_useless_cursor_is_a_gap_and_a_snapshot(
    world: World, server: Server, cursor: str
) -> None:
    world.source.record(ME)

    async with stream(server, "me", cursor=cursor) as opened:
        names = [(await opened.next()).event for _ in range(3)]

    assert names == ["welcome", "gap", "snapshot"]


async def test_ephemeral_events_carry_no_id(world: World, server: Server) -> None:
    world.source.record(JOB)
    async with stream(server, "job:j1") as opened:
        await opened.next()
        message = Message("job.progress", b'{"data":{"fraction":0.5}}', key="progress")
        await world.realtime.ephemeral.latest(JOB, 1, "progress", b"{}", [(JOB, message)])
        event = await opened.until("job.progress")

    assert event.id == ""


async def test_a_stream_ends_with_the_job_and_is_not_opened_again(
    world: World, server: Server
) -> None:
    world.source.record(JOB)
    async with stream(server, "job:j1", snapshot=1) as opened:
        await opened.until("snapshot")
        await world.tell(JOB, "job.succeeded", final=True)
        last = await opened.until("job.succeeded")
        rest = await opened.rest()

    again = await get(server, f"channel=job:j1&snapshot=1&cursor={last.id}", x_user="42")

    assert rest == ["unsubbed"]
    assert again.status_code == 204
    assert again.content == b""


async def test_a_finished_job_is_shown_to_who_has_not_seen_its_end(
    world: World, server: Server
) -> None:
    world.source.record(JOB)
    world.source.record(JOB, "job.failed", final=True)

    async with stream(server, "job:j1", snapshot=1) as fresh:
        shown = await fresh.rest()
    async with stream(server, "job:j1", cursor="e1.1") as resumed:
        told = await resumed.rest()

    assert shown == ["welcome", "snapshot", "unsubbed"]
    assert told == ["welcome", "job.failed", "unsubbed"]


async def test_a_quiet_stream_shows_that_it_lives(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, heartbeat_seconds=0.05) as world,
        serving(world) as server,
        stream(server, "me") as opened,
    ):
        await opened.next()
        while not opened.comments:
            line = await anext(opened.lines)
            opened.comments += [line] if line.startswith(":") else []

    assert opened.comments == [": hb"]


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("channel=me", {}, 401),
        ("channel=me&ticket=tk_junk", {}, 401),
        ("channel=me&ticket=" + "x" * 9000, {}, 401),
        ("channel=user:7", {"x_user": "42"}, 404),
        ("channel=job:never", {"x_user": "42"}, 404),
        ("channel=job:" + "x" * 500, {"x_user": "42"}, 404),
        ("channel=%00", {"x_user": "42"}, 404),
        ("channel=job:%00", {"x_user": "42"}, 404),
        ("channel=job:%ED%A0%80", {"x_user": "42"}, 404),
        ("channel=nonsense", {"x_user": "42"}, 404),
        ("channel=org:acme", {"x_user": "42"}, 403),
        ("", {"x_user": "42"}, 400),
        ("&".join(f"channel=job:{n}" for n in range(9)), {"x_user": "42"}, 400),
        ("channel=me&channel=user:42", {"x_user": "42"}, 400),
        ("channel=me&cursor=-1", {"x_user": "42"}, 400),
        ("channel=me&cursor=e1.9e99", {"x_user": "42"}, 400),
        ("channel=me&cursor=e1.1,e1.2", {"x_user": "42"}, 400),
        ("channel=me", {"x_user": "42", "last_event_id": "x" * 10_000}, 400),
        ("channel=me", {"cookie": "user=42", "origin": "https://evil.example"}, 403),
        ("channel=me", {"cookie": "user=42", "origin": "null"}, 403),
        ("channel=me", {"cookie": "user=42", "sec_fetch_site": "cross-site"}, 403),
    ],
)
async def test_what_may_not_be_streamed_is_a_clear_4xx(
    server: Server, query: str, headers: dict[str, str], status: int
) -> None:
    response = await get(server, query, **headers)

    assert response.status_code == status


async def test_a_head_request_does_not_hang(server: Server) -> None:
    async with httpx2.AsyncClient(timeout=5) as client:
        url = f"http://{server.address}/api/events?channel=me"
        response = await client.head(url, headers={"x-user": "42"})

    assert response.status_code == 405


@pytest.mark.parametrize("origin", [None, "own"])
async def test_a_session_of_the_same_origin_may_stream(server: Server, origin: str | None) -> None:
    headers = {"cookie": "user=42", "sec-fetch-site": "same-origin", "x-user": ""}
    if origin:
        headers["origin"] = f"http://{server.address}"

    async with stream(server, "me", headers=headers) as opened:
        assert opened.response.status_code == 200


async def test_an_allowed_origin_may_stream_with_a_session(redis_server: RedisServer) -> None:
    allowed: dict[str, Any] = {"allowed_origins": "https://app.example, https://b.example"}
    async with open_world(redis_server.url, **allowed) as world, serving(world) as server:
        headers = {"cookie": "user=42", "origin": "https://app.example", "x-user": ""}

        async with stream(server, "me", headers=headers) as opened:
            assert opened.response.status_code == 200


async def test_a_ticket_opens_one_stream(world: World, server: Server) -> None:
    ticket = world.realtime.tickets.issue(caller("7"))

    async with stream(server, "me", user="", ticket=ticket) as opened:
        welcome = await opened.next()
    again = await get(server, f"channel=me&ticket={ticket}")

    assert welcome.data["user"] == "7"
    assert again.status_code == 401


async def test_a_narrow_ticket_opens_nothing_else(world: World, server: Server) -> None:
    world.source.record(JOB)
    tickets = [world.realtime.tickets.issue(caller(), channels=["job:j1"]) for _ in range(2)]

    refused = await get(server, f"channel=me&ticket={tickets[0]}")
    async with stream(server, "job:j1", user="", ticket=tickets[1]) as opened:
        status = opened.response.status_code

    assert (refused.status_code, status) == (404, 200)


async def test_a_user_s_streams_are_counted_and_given_back(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, max_connections_per_user=1) as world,
        serving(world) as server,
    ):
        async with stream(server, "me") as first:
            await first.next()
            refused = await get(server, "channel=me", x_user="42")
            async with stream(server, "me", user="7") as other:
                assert other.response.status_code == 200
        while len(world.realtime.connections):
            await world.redis.ping()
        async with stream(server, "me") as again:
            assert again.response.status_code == 200

    assert refused.status_code == 429
    assert "retry-after" in refused.headers


async def test_a_gone_browser_frees_its_subscriptions(world: World, server: Server) -> None:
    async with stream(server, "me") as opened:
        await opened.next()

    while len(world.realtime.connections):
        await world.redis.ping()
    assert not any(feed.subscriptions for feed in world.hub._feeds.values())


async def test_a_stream_can_be_any_route_s_answer(world: World, server: Server) -> None:
    world.source.record(JOB, "job.queued")
    answer = EventStream(
        world.realtime,
        caller(),
        [JOB],
        since=[Cursor("e1", 0)],
        snapshot=False,
        headers={"location": "/api/jobs/j1"},
    )
    sent: list[Any] = []
    gone: Any = {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if b"job.queued" in message.get("body", b""):
            await world.tell(JOB, "job.succeeded", final=True)

    async def receive() -> Any:
        while not sent or sent[-1].get("more_body", True):
            await world.redis.ping()
        return gone

    await answer({"type": "http"}, receive, send)

    body = b"".join(message.get("body", b"") for message in sent)
    assert (b"location", b"/api/jobs/j1") in sent[0]["headers"]
    assert body.index(b"event: job.queued") < body.index(b"event: job.succeeded")
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_an_unreadable_source_is_raised_before_the_first_byte(world: World) -> None:
    world.source.down = True
    answer = EventStream(world.realtime, caller(), [Channel.job("j1")])
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    with pytest.raises(ConnectionError):
        await answer({"type": "http"}, receive, send)

    assert sent == []


async def test_a_notification_of_any_name_is_one_event_and_nothing_else(
    world: World, server: Server
) -> None:
    async with stream(server, "me") as opened:
        await opened.until("welcome")
        await world.tell(ME, "notification.brief done\nid: e1.99\n\nevent: bye")
        told = await opened.next()

    assert told.event == "notification.brief done id: e1.99 event: bye"
    assert told.id == "e1.1"
