"""Long polls over a real server: for browsers behind what holds streams back."""

import asyncio
from typing import Any

import httpx2
import orjson
import pytest

from realtime.message import Message
from service.dev.redis_server import RedisServer
from tests.realtime.world import JOB, ME, Server, World, open_world, serving
from tests.wire import check


async def poll(server: Server, *channels: str, user: str = "42", **more: Any) -> httpx2.Response:
    """Ask once; ``more`` are query parameters. A good answer is held to its model."""
    query = [("channel", channel) for channel in channels] + list(more.items())
    url = f"http://{server.address}/api/events/poll"
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.get(url, params=query, headers={"x-user": user})
    if answer.status_code == httpx2.codes.OK:
        check(answer.json(), "PollAnswer", made_up=True)
    return answer


async def say(world: World, number: int) -> None:
    """Let the job's attempt tell a progress, remembered and published."""
    value = orjson.dumps({"fraction": number / 100, "message": ""})
    body = orjson.dumps({"data": {"fraction": number / 100, "message": "", "attempt": 1}})
    message = Message("job.progress", body, key="progress")
    await world.realtime.ephemeral.latest(JOB, 1, "progress", value, [(JOB, message)])


async def test_the_first_answer_has_the_state_and_the_next_what_came_after(
    world: World, server: Server
) -> None:
    world.source.record(ME)
    first = (await poll(server, "me", wait=0)).json()
    await world.tell(ME)
    second = (await poll(server, "me", cursor=first["cursor"])).json()

    assert [one["offset"] for one in first["snapshots"]] == [1]
    assert (first["events"], first["gaps"], first["cursor"]) == ([], [], "e1.1")
    assert [event["offset"] for event in second["events"]] == [2]
    assert (second["snapshots"], second["cursor"]) == ([], "e1.2")


async def test_a_poll_waits_for_the_next_change(world: World, server: Server) -> None:
    waiting = asyncio.create_task(poll(server, "me", cursor="e1.0"))
    await world.until_heard(ME)
    await world.tell(ME)

    answer = (await waiting).json()

    assert [event["offset"] for event in answer["events"]] == [1]


async def test_a_poll_that_hears_nothing_answers_with_the_same_place(
    world: World, server: Server
) -> None:
    answer = await poll(server, "me", cursor="e1.0", wait="0.05")

    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.json() == {
        "cursor": "e1.0",
        "gaps": [],
        "snapshots": [],
        "events": [],
        "unsubbed": [],
        "degraded": False,
        "retry_ms": 0,
    }


async def test_a_useless_cursor_is_a_gap_and_a_snapshot(world: World, server: Server) -> None:
    world.source.record(ME)

    answer = (await poll(server, "me", cursor="e0.7")).json()

    assert answer["gaps"] == [{"channel": "user:42", "reason": "epoch"}]
    assert [one["offset"] for one in answer["snapshots"]] == [1]


async def test_progress_told_between_two_polls_is_in_the_next_answer(
    world: World, server: Server
) -> None:
    world.source.record(JOB)
    first = (await poll(server, "job:j1", wait=0)).json()
    await say(world, 40)

    second = (await poll(server, "job:j1", cursor=first["cursor"])).json()
    third = (await poll(server, "job:j1", cursor=second["cursor"], wait="0.05")).json()

    assert second["snapshots"][0]["ephemeral"]["progress"]["fraction"] == 0.4
    assert (third["snapshots"], third["events"]) == ([], [])


async def test_progress_heard_while_polling_is_not_told_again(world: World, server: Server) -> None:
    world.source.record(JOB)
    first = (await poll(server, "job:j1", wait=0)).json()
    waiting = asyncio.create_task(poll(server, "job:j1", cursor=first["cursor"]))
    await world.until_heard(JOB)
    while not world.realtime.connections:
        await world.redis.ping()
    await say(world, 40)

    second = (await waiting).json()
    third = (await poll(server, "job:j1", cursor=second["cursor"], wait="0.05")).json()

    told = second["snapshots"] or second["events"]
    assert orjson.dumps(told).count(b"0.4") == 1
    assert (third["snapshots"], third["events"]) == ([], [])


async def test_a_finished_job_is_told_once_and_then_there_is_nothing(
    world: World, server: Server
) -> None:
    world.source.record(JOB)
    first = (await poll(server, "job:j1", wait=0)).json()
    await world.tell(JOB, "job.succeeded", final=True)

    second = (await poll(server, "job:j1", cursor=first["cursor"])).json()
    third = await poll(server, "job:j1", cursor=second["cursor"])

    assert [event["type"] for event in second["events"]] == ["job.succeeded"]
    assert second["unsubbed"] == [{"channel": "job:j1", "code": "done"}]
    assert (third.status_code, third.content) == (204, b"")


async def test_several_channels_share_a_cursor(world: World, server: Server) -> None:
    world.source.record(ME)
    world.source.record(JOB)
    first = (await poll(server, "me", "job:j1", wait=0)).json()
    await world.tell(JOB)
    second = (await poll(server, "me", "job:j1", cursor=first["cursor"])).json()

    assert [place.partition("~")[0] for place in second["cursor"].split(",")] == ["e1.1", "e1.2"]
    assert [event["channel"] for event in second["events"]] == ["job:j1"]


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "soon", ""])
async def test_a_strange_wait_is_refused(world: World, server: Server, wait: str) -> None:
    assert (await poll(server, "me", wait=wait)).status_code == 400


@pytest.mark.parametrize("cursor", ["x", "e1.0,e1.0", "e1.-1", "e1.0~" + "9" * 5000])
async def test_a_cursor_nobody_gave_out_is_refused_or_read(
    world: World, server: Server, cursor: str
) -> None:
    answer = await poll(server, "me", cursor=cursor, wait=0)

    assert answer.status_code in {200, 400}


async def test_what_a_stranger_may_not_hear_does_not_exist(world: World, server: Server) -> None:
    assert (await poll(server, "job:never", wait=0)).status_code == 404
    assert (await poll(server, "org:acme", wait=0)).status_code == 403


async def test_a_stopping_server_answers_those_who_wait(redis_server: RedisServer) -> None:
    async with open_world(redis_server.url) as world:
        async with serving(world) as server:
            waiting = asyncio.create_task(poll(server, "me", cursor="e1.0"))
            await world.until_heard(ME)
        answer = (await waiting).json()

    assert 500 <= answer["retry_ms"] <= 5000
    assert answer["cursor"] == "e1.0"


async def test_a_browser_that_goes_away_stops_waiting(world: World, server: Server) -> None:
    waiting = asyncio.create_task(poll(server, "me", cursor="e1.0"))
    await world.until_heard(ME)

    waiting.cancel()

    while len(world.realtime.connections):
        await world.redis.ping()
    assert not waiting.done() or waiting.cancelled()


async def test_a_chain_of_polls_misses_and_doubles_nothing(world: World, server: Server) -> None:
    async def tell_all() -> None:
        for _ in range(200):
            await world.tell(ME)

    telling = asyncio.create_task(tell_all())
    seen: list[int] = []
    cursor = "e1.0"
    while len(seen) < 200:
        answer = (await poll(server, "me", cursor=cursor)).json()
        seen += [event["offset"] for event in answer["events"]]
        cursor = answer["cursor"]
    await telling

    assert seen == list(range(1, 201))


async def test_who_asks_while_the_server_stops_gets_a_place_to_go_on_from(
    world: World, server: Server
) -> None:
    world.source.record(ME)
    world.hub.let_go()

    answer = (await poll(server, "me")).json()

    assert answer["cursor"] == "e1.1"
    assert [one["offset"] for one in answer["snapshots"]] == [1]
    assert answer["retry_ms"] > 0


async def test_a_poll_does_not_wait_for_a_busy_job_to_fall_silent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.poll.COLLECT_SECONDS", 0.01)  # a fast machine tells 500 in 50 ms
    told = 0

    async def chatter() -> None:
        nonlocal told
        while True:
            await world.tell(ME)
            told += 1
            await witness.next_batch()

    async with serving(world) as server, world.hub.waiter(1) as witness:
        await witness.join(ME, snapshot=False)
        waiting = asyncio.create_task(poll(server, "me", cursor="e1.0"))
        await world.until_heard(ME)
        chatting = asyncio.create_task(chatter())
        answer = (await waiting).json()
        chatting.cancel()

    assert 0 < len(answer["events"]) < 500
