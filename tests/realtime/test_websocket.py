"""Sockets over a real server."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from websockets.exceptions import ConnectionClosed

from realtime.caller import Caller
from realtime.websocket import SUBPROTOCOL
from service.dev.redis_server import RedisServer
from tests.realtime.browser import greeted, socket
from tests.realtime.world import JOB, ME, Server, World, caller, open_world, serving


class Taken(Exception):
    """Plays an error of the product, with its code."""

    code = "wrong_state"


async def test_hello_is_answered_with_welcome_and_a_snapshot_of_each_channel(
    world: World, server: Server
) -> None:
    world.source.record(ME)

    async with socket(server) as opened:
        await opened.say(t="hello", subs=[{"channel": "me"}])
        welcome, subbed = await opened.hear(), await opened.hear()

    assert opened.connection.subprotocol == SUBPROTOCOL
    assert (welcome["t"], welcome["user"]) == ("welcome", "42")
    assert subbed["t"] == "subbed"
    assert subbed["snapshot"]["state"] == {"jobs": 1}
    assert (subbed["channel"], subbed["epoch"], subbed["offset"]) == ("user:42", "e1", 1)


async def test_an_event_arrives_as_it_was_published(world: World, server: Server) -> None:
    async with greeted(server, {"channel": "me"}) as opened:
        await opened.until("subbed")
        message = await world.tell(ME, "job.queued")
        frame = await opened.until("ev")

    assert frame["e"] == [message.decoded()]


async def test_a_socket_resumes_with_what_it_missed(world: World, server: Server) -> None:
    for _ in range(3):
        world.source.record(ME)

    async with greeted(server, {"channel": "me", "since": "e1.1"}) as opened:
        subbed = await opened.until("subbed")

    assert subbed["recovered"] is True
    assert [event["offset"] for event in subbed["events"]] == [2, 3]
    assert "snapshot" not in subbed


async def test_a_useless_cursor_is_answered_with_a_snapshot(world: World, server: Server) -> None:
    world.source.record(ME)

    async with greeted(server, {"channel": "me", "since": "e0.1"}) as opened:
        subbed = await opened.until("subbed")

    assert (subbed["recovered"], subbed["gap"]) == (False, "epoch")
    assert subbed["snapshot"]["offset"] == 1


async def test_a_gap_in_mid_stream_is_followed_by_a_snapshot(world: World, server: Server) -> None:
    world.source.record(ME)
    world.source.record(ME)
    async with greeted(server, {"channel": "me"}) as opened:
        await opened.until("subbed")

        world.source.restore_backup("e2")
        gap = await opened.until("gap")
        snapshot = await opened.hear()

    assert gap == {"t": "gap", "channel": "user:42", "reason": "epoch"}
    assert (snapshot["t"], snapshot["epoch"], snapshot["offset"]) == ("snapshot", "e2", 1)


async def test_sub_and_unsub_carry_their_number(world: World, server: Server) -> None:
    world.source.record(JOB)
    async with greeted(server) as opened:
        await opened.say(t="sub", i=7, channel="job:j1", snapshot=False)
        subbed = await opened.hear()
        await opened.say(t="unsub", i="x", channel="job:j1")
        unsubbed = await opened.hear()

    assert (subbed["i"], subbed["offset"]) == (7, 1)
    assert "snapshot" not in subbed
    assert unsubbed == {"t": "unsubbed", "i": "x", "channel": "job:j1", "code": "unsub"}


async def test_a_finished_job_is_unsubbed_as_done(world: World, server: Server) -> None:
    world.source.record(JOB)
    async with greeted(server, {"channel": "job:j1"}) as opened:
        await opened.until("subbed")
        await world.tell(JOB, "job.succeeded", final=True)
        event, done = await opened.until("ev"), await opened.hear()

    assert event["e"][0]["type"] == "job.succeeded"
    assert done == {"t": "unsubbed", "channel": "job:j1", "code": "done"}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"t": "nonsense"}, "unknown_type"),
        ({"t": "sub", "channel": "job:never"}, "not_found"),
        ({"t": "sub", "channel": "user:7"}, "not_found"),
        ({"t": "sub", "channel": "org:acme"}, "forbidden"),
        ({"t": "sub", "channel": "\x00"}, "not_found"),
        ({"t": "sub", "channel": 7}, "bad_request"),
        ({"t": "sub"}, "bad_request"),
        ({"t": "sub", "channel": "me", "since": "9e99"}, "bad_cursor"),
        ({"t": "sub", "channel": "me", "since": "-1"}, "bad_cursor"),
        ({"t": "sub", "channel": "me", "since": 7}, "bad_request"),
        ({"t": "ack", "channel": "me", "offset": "x"}, "bad_request"),
        ({"t": "hello", "subs": [{"channel": []}]}, "bad_request"),
        ({"t": "auth", "ticket": "tk_junk"}, "unauthenticated"),
        ({"t": 7}, "bad_request"),
        ({"t": "ping", "i": {}}, "bad_request"),
        ({"t": "cancel", "job": "j1"}, "unknown_type"),
        ({}, "bad_request"),
    ],
)
async def test_what_makes_no_sense_is_an_err_frame_and_the_socket_goes_on(
    server: Server, frame: dict[str, Any], code: str
) -> None:
    async with greeted(server) as opened:
        await opened.say(**frame)
        refused = await opened.hear()
        await opened.say(t="ping", i=2)
        pong = await opened.hear()

    assert (refused["t"], refused["error"]["code"]) == ("err", code)
    assert pong == {"t": "pong", "i": 2}


async def test_frames_may_come_as_an_array(server: Server) -> None:
    async with greeted(server) as opened:
        await opened.connection.send(orjson.dumps([{"t": "ping", "i": n} for n in (1, 2)]).decode())

        assert [(await opened.hear())["i"] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize("junk", ["", "{", "7", '"x"', "[[]]", "[" * 9000, b"{}", "\ud7ff\x00"])
async def test_what_is_no_json_object_is_answered_and_in_the_end_closes(
    server: Server, junk: str | bytes
) -> None:
    async with greeted(server) as opened:
        await opened.connection.send(junk)
        answer = await opened.hear()
        for _ in range(4):
            await opened.connection.send(junk)

        assert answer["error"]["code"] == "bad_request"
        assert await opened.closed() == 4000


async def test_a_frame_too_large_closes_the_socket(server: Server) -> None:
    async with greeted(server) as opened:
        await opened.connection.send("x" * 17_000)

        assert await opened.closed() == 1009


async def test_more_channels_than_allowed_are_refused(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, max_channels_per_socket=1) as world,
        serving(world) as server,
        greeted(server, {"channel": "me"}) as opened,
    ):
        await opened.until("subbed")
        world.source.record(JOB)
        await opened.say(t="sub", i=1, channel="job:j1")
        refused = await opened.until("err")

    assert refused["error"]["code"] == "limit_channels"


async def test_nothing_but_hello_comes_first(server: Server) -> None:
    async with socket(server) as opened:
        await opened.say(t="sub", i=1, channel="me")

        assert (await opened.hear())["error"]["code"] == "bad_request"


async def test_bye_is_answered_with_a_normal_close(server: Server) -> None:
    async with greeted(server) as opened:
        await opened.say(t="bye")

        assert await opened.closed() == 1000


async def test_the_server_shows_that_it_lives(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, heartbeat_seconds=0.05) as world,
        serving(world) as server,
        greeted(server) as opened,
    ):
        assert await opened.hear() == {"t": "ping"}


async def test_a_session_that_ends_ends_the_socket_unless_renewed(
    world: World, server: Server
) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    ticket = world.realtime.tickets.issue(caller(expires_at=soon))
    renewed = world.realtime.tickets.issue(caller())
    async with (
        greeted(server, user=None, protocols=(SUBPROTOCOL, f"ticket.{ticket}")) as opened,
    ):
        expiring = await opened.hear()
        await opened.say(t="auth", i=1, ticket=renewed)
        ok = await opened.hear()
        ticket = world.realtime.tickets.issue(caller(expires_at=soon))
        await opened.say(t="auth", i=2, ticket=ticket)

        assert expiring == {"t": "expiring", "seconds": 0}
        assert ok == {"t": "ok", "i": 1}
        assert await opened.closed() == 4201


async def test_somebody_else_s_ticket_does_not_renew(world: World, server: Server) -> None:
    ticket = world.realtime.tickets.issue(caller("7"))
    async with greeted(server) as opened:
        await opened.say(t="auth", ticket=ticket)

        assert await opened.closed() == 4003


async def test_commands_are_obeyed_for_the_caller(world: World, server: Server) -> None:
    async def cancel(who: Caller, frame: dict[str, Any]) -> dict[str, Any]:
        if frame["job"] == "taken":
            raise Taken("It is finished.")
        return {"by": who.user, "job": frame["job"]}

    world.realtime.commands["cancel"] = cancel  # type: ignore[index]  # the test's own mapping
    async with greeted(server) as opened:
        await opened.say(t="cancel", i=1, job="j1")
        ok = await opened.hear()
        await opened.say(t="cancel", i=2, job="taken")
        refused = await opened.hear()
        await opened.say(t="cancel", i=3)
        broken = await opened.hear()

    assert ok == {"t": "ok", "i": 1, "by": "42", "job": "j1"}
    assert refused["error"]["code"] == "wrong_state"
    assert refused["error"]["message"] == "It is finished."
    assert broken["error"]["code"] == "internal"


async def test_an_unreadable_source_is_an_err_frame(world: World, server: Server) -> None:
    async with greeted(server) as opened:
        world.source.down = True
        await opened.say(t="sub", i=1, channel="me")
        refused = await opened.until("err")

    assert refused["error"]["code"] == "unavailable"
    assert refused["error"]["retryable"] is True


async def test_a_redis_outage_is_told_as_degraded(
    server: Server, redis_server: RedisServer
) -> None:
    async with greeted(server, {"channel": "me"}) as opened:
        redis_server.kill()
        away = await opened.until("status")
        await redis_server.restart()
        back = await opened.until("status")

    assert (away["degraded"], back["degraded"]) == (True, False)


async def test_a_reader_that_stalls_is_given_up(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, stall_seconds=0.2) as world,
        serving(world) as server,
        greeted(server, {"channel": "me"}, max_queue=1) as opened,
    ):
        opened.connection.transport.pause_reading()
        while len(world.realtime.connections):
            await world.tell(ME, "x" * 30_000)

        assert not any(feed.subscriptions for feed in world.hub._feeds.values())
        opened.connection.transport.resume_reading()
        with pytest.raises(ConnectionClosed):
            await opened.until("never")


async def test_hello_comes_once(world: World, server: Server) -> None:
    async with greeted(server) as opened:
        await opened.say(t="hello", i=7, subs=[{"channel": "me"}])
        refused = await opened.hear()
        await opened.say(t="sub", i=8, channel="me")
        subbed = await opened.hear()

    assert (refused["t"], refused["i"], refused["error"]["code"]) == ("err", 7, "bad_request")
    assert (subbed["t"], subbed["i"]) == ("subbed", 8)


async def test_a_session_s_end_is_not_told_before_the_welcome(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.connections.TICK_SECONDS", 0.01)
    async with open_world(redis_server.url) as world, serving(world) as server:
        soon = datetime.now(UTC) + timedelta(seconds=30)
        ticket = world.realtime.tickets.issue(caller(expires_at=soon))
        protocols = (SUBPROTOCOL, f"ticket.{ticket}")
        async with socket(server, user=None, protocols=protocols) as opened:
            looked = [connection.due_at for connection in world.realtime.connections._open]
            for _ in range(5):
                await (await opened.connection.ping())
            await opened.say(t="hello")
            heard = [(await opened.hear())["t"] for _ in range(2)]

    assert looked[0] < asyncio.get_running_loop().time()
    assert heard == ["welcome", "expiring"]


async def test_nothing_follows_the_end_of_a_job_to_who_was_told_it_is_done(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, position_check_seconds=1000) as world,
        serving(world) as server,
        greeted(server, {"channel": "job:j1"}, {"channel": "me"}) as opened,
    ):
        world.source.exists(JOB)
        await opened.say(t="sub", channel="job:j1")
        while (await opened.until("subbed"))["channel"] != "job:j1":
            pass
        end = world.source.record(JOB, "job.failed", final=True)
        again = world.source.record(JOB, "job.queued")

        await world.realtime.publisher.publish([(JOB, again), (JOB, end)])
        await opened.until("unsubbed")
        await world.tell(ME)
        following = await opened.until("ev")

    assert [event["channel"] for event in following["e"]] == ["user:42"]


async def test_a_socket_is_told_nothing_of_itself_before_the_welcome(
    world: World, server: Server
) -> None:
    async with world.hub.listen(ME), socket(server) as opened:
        await (await opened.connection.ping())
        world.source.down = True
        while not world.hub.degraded:
            await world.redis.ping()
        await opened.say(t="hello")
        first = await opened.hear()

    assert (first["t"], first["degraded"]) == ("welcome", True)


async def test_a_full_socket_is_refused_without_asking_anybody(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, max_channels_per_socket=1) as world,
        serving(world) as server,
        greeted(server, {"channel": "me"}) as opened,
    ):
        await opened.until("subbed")
        world.source.down = True
        await opened.say(t="sub", i=1, channel="job:j1")
        refused = await opened.until("err")
        world.source.down = False
        await opened.say(t="sub", i=2, channel="me")
        again = await opened.until("subbed")

    assert refused["error"]["code"] == "limit_channels"
    assert again["i"] == 2
