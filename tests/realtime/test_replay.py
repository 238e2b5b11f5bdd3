"""What a reader is told from the Source and the short memory instead of live."""

import asyncio

import orjson
import pytest

from realtime.cursor import Cursor
from realtime.delivery import Done, Event, Gap, Joined, State
from realtime.message import Message
from service.dev.redis_server import RedisServer
from tests.realtime.world import JOB, ME, World, collect, offsets, open_world


@pytest.mark.parametrize(
    ("cursor", "reason"),
    [(Cursor("e0", 1), "epoch"), (Cursor("e1", 99), "ahead"), (Cursor("e1", 2**63 - 1), "ahead")],
)
async def test_a_useless_cursor_is_a_gap_and_a_snapshot(
    world: World, cursor: Cursor, reason: str
) -> None:
    world.source.record(ME)

    async with world.hub.listen(ME, cursor) as subscriber:
        joined = (await collect(subscriber, 1))[0]

    assert isinstance(joined, Joined)
    gap, state = joined.first
    assert gap == Gap(ME, reason)  # type: ignore[arg-type]  # parametrised
    assert isinstance(state, State)
    assert not joined.recovered


async def test_too_far_behind_is_a_gap_and_a_snapshot(redis_server: RedisServer) -> None:
    async with open_world(redis_server.url, replay_limit=5) as world:
        for _ in range(6):
            world.source.record(ME)

        async with world.hub.waiter(2) as subscriber:
            behind = await subscriber.join(ME, Cursor("e1", 0))
            near = await subscriber.join(ME, Cursor("e1", 1))

    assert behind.first[0] == Gap(ME, "evicted")
    assert offsets([near]) == [2, 3, 4, 5, 6]


async def test_a_snapshot_of_a_job_holds_what_is_ephemeral(world: World) -> None:
    world.source.record(JOB)
    ephemeral = world.realtime.ephemeral
    await ephemeral.latest(JOB, 1, "progress", b'{"fraction":0.5}')
    await ephemeral.text(JOB, 1, 0, "so far")
    await ephemeral.lines(JOB, 1, 0, [b'{"message":"%d"}' % n for n in range(60)])

    async with world.hub.listen(JOB) as subscriber:
        joined = (await collect(subscriber, 1))[0]

    assert isinstance(joined, Joined)
    state = joined.first[0]
    assert isinstance(state, State)
    shown = Message("", state.body).decoded()["ephemeral"]
    assert shown["progress"] == {"fraction": 0.5}
    assert shown["output"] == {"attempt": 1, "position": 6, "text": "so far"}
    assert [line["message"] for line in shown["logs"]] == [str(n) for n in range(10, 60)]


async def test_a_resumed_job_listener_is_shown_the_output_it_missed(world: World) -> None:
    world.source.record(JOB)
    await world.realtime.ephemeral.text(JOB, 1, 0, "missed")

    async with world.hub.listen(JOB, "e1.0") as subscriber:
        joined = (await collect(subscriber, 1))[0]

    assert isinstance(joined, Joined)
    event, state = joined.first
    assert isinstance(event, Event)
    assert isinstance(state, State)
    assert b"missed" in state.body
    assert joined.recovered


async def test_output_is_heard_in_order_and_without_a_hole_by_a_late_joiner(world: World) -> None:
    world.source.record(JOB)
    ephemeral = world.realtime.ephemeral

    async def speak() -> None:
        for n in range(200):
            body = b'{"position":%d}' % (n + 1)
            message = Message("job.output", body, key="output")
            await ephemeral.text(JOB, 1, n, "x", [(JOB, message)])

    speaking = asyncio.create_task(speak())
    while not (await ephemeral.read([JOB])):
        pass
    async with world.hub.listen(JOB) as subscriber:
        joined = (await collect(subscriber, 1))[0]
        assert isinstance(joined, Joined)
        state = joined.first[0]
        assert isinstance(state, State)
        have = Message("", state.body).decoded()["ephemeral"]["output"]["position"]
        async with asyncio.timeout(10):
            while have < 200:
                for delivery in await subscriber.next_batch():
                    assert isinstance(delivery, Event)
                    position = delivery.message.decoded()["position"]
                    assert position <= have + 1
                    have = max(have, position)
    await speaking


async def test_who_comes_back_after_the_end_hears_the_last_words_before_it(world: World) -> None:
    world.source.record(JOB)
    await world.realtime.ephemeral.text(JOB, 1, 0, "all of it")
    ending = world.source.record(JOB, "job.succeeded", final=True)

    async with world.hub.listen(JOB, "e1.1") as subscriber:
        joined, done = await collect(subscriber, 2)

    assert isinstance(joined, Joined)
    said, event = joined.first
    assert isinstance(said, State)
    assert orjson.loads(said.body) == {
        "channel": "job:j1",
        "epoch": "e1",
        "offset": 1,
        "ephemeral": {
            "progress": None,
            "output": {"attempt": 1, "position": 9, "text": "all of it"},
            "logs": [],
        },
    }
    assert (event, done) == (Event(JOB, ending), Done(JOB))
