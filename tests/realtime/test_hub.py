"""Hearing: nothing durable is missed, doubled or reordered, whatever happens to Redis."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from realtime import keys
from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.delivery import Delivery, Done, Event, Joined
from realtime.errors import TooManyChannels, UnknownChannel
from realtime.link import Link
from realtime.message import Message
from realtime.source import Changes
from service.dev.redis_server import RedisServer
from tests.realtime.world import JOB, ME, World, collect, offsets, offsets_until, open_world


async def test_a_committed_change_reaches_its_listener_long_before_any_check(
    redis_server: RedisServer,
) -> None:
    async with open_world(redis_server.url, position_check_seconds=1000) as world:
        async with world.hub.listen(ME, "e1.0") as subscriber:
            message = await world.tell(ME)

            joined, event = await collect(subscriber, 2)

        assert isinstance(joined, Joined)
        assert event == Event(ME, message)
        assert world.source.checks == 1


async def test_what_is_published_while_the_source_is_read_is_not_missed(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, position_check_seconds=1000) as world,
        world.hub.waiter(1) as reader,
        world.hub.waiter(1) as witness,
    ):
        await witness.join(ME, snapshot=False)
        read_early = await world.source.changes(ME, 0, 10)

        async def too_early(channel: Channel, since: int, limit: int, parts: Any = None) -> Changes:
            await world.tell(ME)
            await offsets_until(witness, 1)
            return read_early

        world.source.changes = too_early  # type: ignore[method-assign]  # a stale truth
        await reader.join(ME, Cursor("e1", 0))

        assert await offsets_until(reader, 1) == [1]


async def test_joining_in_the_midst_of_changes_misses_nothing(world: World) -> None:
    async def tell_all() -> None:
        for _ in range(300):
            await world.tell(ME)

    telling = asyncio.create_task(tell_all())
    await world.tell(ME)
    async with world.hub.waiter(1) as subscriber:
        await subscriber.join(ME, Cursor("e1", 0))
        seen = await offsets_until(subscriber, 301)
        await telling

    assert seen == list(range(1, 302))


async def test_many_readers_join_at_different_places(world: World) -> None:
    async def read(since: int) -> list[int]:
        async with world.hub.waiter(1) as subscriber:
            await subscriber.join(ME, Cursor("e1", since))
            return await offsets_until(subscriber, 200)

    for _ in range(50):
        world.source.record(ME)
    readers = [asyncio.create_task(read(since)) for since in range(0, 50, 5)]
    for _ in range(150):
        await world.tell(ME)

    for since, reader in zip(range(0, 50, 5), readers, strict=True):
        assert await reader == list(range(since + 1, 201))


async def test_a_snapshot_is_followed_by_what_came_after_it(world: World) -> None:
    world.source.record(ME)

    async with world.hub.listen(ME) as subscriber:
        await world.tell(ME)
        joined, event = await collect(subscriber, 2)

    assert offsets([joined, event]) == [1, 2]
    assert isinstance(joined, Joined)
    assert not joined.recovered


async def test_joining_from_now_on_shows_nothing_of_before(world: World) -> None:
    world.source.record(ME)

    async with world.hub.waiter(1) as subscriber:
        joined = await subscriber.join(ME, snapshot=False)
        await world.tell(ME)
        seen = await offsets_until(subscriber, 2)

    assert joined.cursor == Cursor("e1", 1)
    assert seen == [2]


async def test_a_change_nobody_published_is_found_by_the_position_check(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        world.source.record(ME)

        seen = await offsets_until(subscriber, 1)

    assert seen == [1]


async def test_whatever_goes_wrong_in_a_position_check_there_is_a_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = asyncio.Event()

    def refuse(_: Link, names: Iterable[bytes]) -> None:
        wrong.set()
        raise RuntimeError("unable to perform operation; the handler is closed")

    async with world.hub.listen(ME, "e1.0") as subscriber:
        with monkeypatch.context() as patched:
            patched.setattr(Link, "unsubscribe", refuse)
            await wrong.wait()
        world.source.record(ME)

        seen = await offsets_until(subscriber, 1)

    assert seen == [1]


async def test_a_missing_message_is_noticed_by_the_next_and_read(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, position_check_seconds=1000) as world,
        world.hub.listen(ME, "e1.0") as subscriber,
    ):
        world.source.record(ME)
        await world.tell(ME)

        seen = await offsets_until(subscriber, 2)

    assert seen == [1, 2]


async def test_a_message_that_comes_twice_is_told_once(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        message = await world.tell(ME)
        await world.realtime.publisher.publish([(ME, message)])
        await world.tell(ME)

        seen = await offsets_until(subscriber, 2)

    assert seen == [1, 2]


async def test_a_finished_job_is_done_after_its_final_event(world: World) -> None:
    world.source.record(JOB)
    async with world.hub.listen(JOB, "e1.1") as subscriber:
        message = await world.tell(JOB, "job.succeeded", final=True)

        heard = await collect(subscriber, 3)

        assert heard[1:] == [Event(JOB, message), Done(JOB)]
        assert not subscriber.subscriptions


async def test_waiting_ends_with_the_final_event(world: World) -> None:
    world.source.record(JOB)
    async with world.hub.listen(JOB, "e1.1") as subscriber:
        await world.tell(JOB, "job.succeeded", final=True)

        await subscriber.final(5)


@pytest.mark.parametrize("since", [None, "e1.0", "e1.1"])
async def test_waiting_for_what_is_over_ends_at_once(world: World, since: str | None) -> None:
    world.source.record(JOB, "job.failed", final=True)

    async with world.hub.listen(JOB, since) as subscriber:
        await subscriber.final(5)


async def test_waiting_too_long_is_a_time_out(world: World) -> None:
    world.source.record(JOB)
    async with world.hub.listen(JOB) as subscriber:
        with pytest.raises(TimeoutError):
            await subscriber.final(0.05)


async def test_a_job_that_is_gone_is_not_listened_to(world: World) -> None:
    with pytest.raises(UnknownChannel):
        async with world.hub.listen(Channel.job("never")):
            pass


async def test_a_job_that_goes_while_listened_to_is_done(world: World) -> None:
    world.source.record(JOB)
    async with world.hub.listen(JOB, "e1.1") as subscriber:
        await collect(subscriber, 1)
        world.source.remove(JOB)
        await world.realtime.publisher.publish([(JOB, Message("job.started", b"{}", 9, "e1"))])

        gone = (await collect(subscriber, 1))[0]

    assert gone == Done(JOB, "gone")


async def test_a_channel_nobody_listens_to_any_more_is_unsubscribed(world: World) -> None:
    name = keys.events(ME)
    async with world.hub.listen(ME):
        await world.until_heard(ME)
        during = dict(await world.redis.pubsub_numsub(name))[name.encode()]

    async with asyncio.timeout(5):
        while dict(await world.redis.pubsub_numsub(name))[name.encode()]:
            pass
    assert during == 1


async def test_two_listeners_of_a_channel_share_one_subscription(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as one, world.hub.listen(ME, "e1.0") as other:
        await world.tell(ME)
        seen = [await offsets_until(one, 1), await offsets_until(other, 1)]
        clients = await world.redis.client_list(_type="pubsub")

    assert seen == [[1], [1]]
    assert len(clients) == 1


async def test_more_channels_than_allowed_are_refused_and_joining_again_is_not(
    world: World,
) -> None:
    async with world.hub.waiter(1) as subscriber:
        await subscriber.join(ME)
        await subscriber.join(ME)
        world.source.record(JOB)

        with pytest.raises(TooManyChannels):
            await subscriber.join(JOB)


async def test_what_is_no_message_is_left_alone(world: World) -> None:
    async with world.hub.listen(ME, "e1.0") as subscriber:
        for junk in (b"", b"junk", b"d x y\n{}", b"\xff\xfe", b"e \n"):
            await world.redis.publish(keys.events(ME), junk)
        await world.tell(ME)

        seen = await offsets_until(subscriber, 1)

    assert seen == [1]


async def test_a_closed_hub_leaves_no_task_and_no_connection(redis_server: RedisServer) -> None:
    before = asyncio.all_tasks()

    async with open_world(redis_server.url) as world, world.hub.listen(ME):
        pass

    assert asyncio.all_tasks() == before


class Broken:
    """Plays the writer of a connection that cannot be written to."""

    free = True

    def __init__(self) -> None:
        self.aborted = False

    def event(self, channel: Channel, message: Message) -> None:
        raise RuntimeError("the handler is closed")

    def write(self, delivery: Delivery) -> None: ...

    def kick(self) -> None: ...

    def abort(self) -> None:
        self.aborted = True


async def test_a_reader_that_cannot_be_written_to_is_cut_off_and_the_others_hear(
    redis_server: RedisServer,
) -> None:
    async with (
        open_world(redis_server.url, position_check_seconds=1000) as world,
        world.hub.listen(ME) as broken,
        world.hub.listen(ME) as other,
    ):
        await collect(other, 1)
        broken.writer = pen = Broken()

        messages = [await world.tell(ME) for _ in range(2)]
        heard = await collect(other, 2)

        assert heard == [Event(ME, message) for message in messages]
        assert pen.aborted
        assert not world.hub.degraded
