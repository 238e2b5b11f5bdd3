"""An org's channel: every member's changes, each in order, numbered by how many the reader was told of."""

import asyncio
import random
from typing import Any

import orjson
import pytest

from realtime.channels import Channel
from realtime.delivery import Event, Gap, Joined, State
from service.dev.redis_server import RedisServer
from tests.realtime.browser import greeted
from tests.realtime.world import Server, World, collect, open_world

ORG = Channel.whole_org("acme")


def told(deliveries: list[Any]) -> list[tuple[str, int, int]]:
    """Return (user, offset, offset in the body) of every event."""
    found = []
    for one in deliveries:
        for event in one.first if isinstance(one, Joined) else [one]:
            if isinstance(event, Event):
                body = orjson.loads(event.message.body)
                found.append((body["user"], event.message.offset, body["offset"]))
    return found


async def test_members_changes_are_numbered_by_their_sum(world: World) -> None:
    world.source.record(ORG, part="ann")
    async with world.hub.listen(ORG) as subscriber:
        for user in ("ann", "bob", "ann"):
            await world.tell(ORG, part=user)

        joined, *events = await collect(subscriber, 4)

    assert isinstance(joined, Joined)
    assert joined.cursor.offset == 1
    assert told(events) == [("ann", 2, 2), ("bob", 3, 3), ("ann", 4, 4)]


async def test_one_member_s_swapped_changes_are_put_in_order(world: World) -> None:
    async with world.hub.listen(ORG) as subscriber:
        await collect(subscriber, 1)
        first, second = (world.source.record(ORG, part="ann") for _ in range(2))
        other = world.source.record(ORG, part="bob")

        publish = world.realtime.publisher.publish
        await publish([(ORG, second), (ORG, other), (ORG, first), (ORG, first)])
        events = await collect(subscriber, 3)

    assert told(events) == [("bob", 1, 1), ("ann", 2, 2), ("ann", 3, 3)]


async def test_a_change_nobody_published_is_read_by_its_member(world: World) -> None:
    async with world.hub.listen(ORG) as subscriber:
        await world.tell(ORG, part="ann")
        await collect(subscriber, 2)
        world.source.record(ORG, part="bob")
        world.source.record(ORG, part="ann")

        events = await collect(subscriber, 2)
        await world.tell(ORG, part="bob")
        events += await collect(subscriber, 1)

    assert told(events) == [("bob", 2, 2), ("ann", 3, 3), ("bob", 4, 4)]


async def test_who_missed_nothing_resumes_and_who_missed_something_gets_the_state(
    world: World,
) -> None:
    world.source.record(ORG, part="ann")
    async with world.hub.listen(ORG, "e1.1") as subscriber:
        same = (await collect(subscriber, 1))[0]
    world.source.record(ORG, part="bob")
    async with world.hub.listen(ORG, "e1.1") as subscriber:
        behind = (await collect(subscriber, 1))[0]

    assert isinstance(same, Joined)
    assert isinstance(behind, Joined)
    assert (same.recovered, same.first) == (True, [])
    assert not behind.recovered
    assert [type(one) for one in behind.first] == [Gap, State]


async def test_a_slow_reader_of_an_org_gets_the_state_instead_of_doubles(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, max_outbox_events=10) as world,
        world.hub.listen(ORG) as slow,
        world.hub.listen(ORG) as quick,
    ):
        for number in range(50):
            await world.tell(ORG, part=f"user{number % 3}")
            await collect(quick, 1)

        async with asyncio.timeout(5):
            heard: list[Any] = []
            while not any(isinstance(one, State) for one in heard):
                heard += await slow.next_batch()
        await world.tell(ORG, part="user1")
        last = (await collect(slow, 1))[0]

    assert isinstance(last, Event)
    assert last.message.offset == 51


@pytest.mark.parametrize("seed", range(3))
async def test_every_member_s_changes_come_once_and_in_order_whatever_the_links_do(
    world: World, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    seen: dict[str, list[int]] = {}
    async with world.hub.listen(ORG) as subscriber:
        for number in range(300):
            user = f"user{chance.randrange(5)}"
            message = world.source.record(ORG, part=user)
            if chance.random() < 0.9:
                await world.realtime.publisher.publish([(ORG, message)])
            if number % 60 == 30:
                await world.kill_links()
        offsets = [0]
        async with asyncio.timeout(10):
            while offsets[-1] < 300:
                for user, offset, _ in told(await subscriber.next_batch()):
                    offsets.append(offset)
                    seen.setdefault(user, []).append(offset)

    assert offsets == list(range(301))


async def test_an_org_is_heard_by_who_may_read_all_its_jobs(world: World, server: Server) -> None:
    async with greeted(server, {"channel": "org:acme"}) as opened:
        refused = await opened.hear()

    assert (refused["t"], refused["error"]["code"]) == ("err", "forbidden")


async def test_who_joins_meanwhile_does_not_hide_that_another_missed_something(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, position_check_seconds=1000) as world,
        world.hub.listen(ORG) as early,
    ):
        await collect(early, 1)
        world.source.record(ORG, part="ann")
        async with world.hub.listen(ORG) as late:
            await collect(late, 1)

            for _ in range(2):
                await world.hub._compare(at_once=False)
            events = await collect(early, 1)

    assert told(events) == [("ann", 1, 1)]


async def test_changes_that_are_read_as_one_end_at_the_sum_all_the_same(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, position_check_seconds=1000) as world,
        world.hub.listen(ORG) as subscriber,
    ):
        await collect(subscriber, 1)
        world.source.folding = True
        for user in ("ann", "ann", "bob"):
            world.source.record(ORG, part=user)

        await world.hub._compare(at_once=True)
        events = await collect(subscriber, 2)

    assert told(events) == [("ann", 2, 2), ("bob", 3, 3)]
