"""Short memories: what a late joiner still gets to see."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from realtime import keys
from realtime.channels import Channel
from realtime.ephemeral import Ephemeral, Kept, Memory
from realtime.message import Message
from realtime.settings import RealtimeSettings
from service.dev.redis_server import RedisServer

JOB = Channel.job("j1")


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator["Redis"]:
    async with Redis.from_url(redis_server.url, socket_timeout=5) as client:
        yield client


@pytest.fixture
def ephemeral(redis: "Redis") -> Ephemeral:
    return Ephemeral(redis, RealtimeSettings(max_output_bytes=100, max_log_lines=3))


async def memory_of(ephemeral: Ephemeral, channel: Channel = JOB) -> Memory:
    return (await ephemeral.read([channel])).get(channel, Memory())


async def test_the_newest_value_of_a_key_is_remembered(ephemeral: Ephemeral) -> None:
    await ephemeral.latest(JOB, 1, "progress", b"0.1")
    await ephemeral.latest(JOB, 1, "progress", b"0.2")

    assert (await memory_of(ephemeral)).latest == {"progress": b"0.2"}


async def test_text_is_appended_and_its_position_counts_bytes(ephemeral: Ephemeral) -> None:
    await ephemeral.text(JOB, 1, 0, "naïve ")
    await ephemeral.text(JOB, 1, 7, "🎈")

    memory = await memory_of(ephemeral)

    assert (memory.text, memory.position) == ("naïve 🎈", 11)


async def test_text_sent_twice_is_kept_once(ephemeral: Ephemeral) -> None:
    first = await ephemeral.text(JOB, 1, 0, "abc")
    again = await ephemeral.text(JOB, 1, 0, "abc")
    longer = await ephemeral.text(JOB, 1, 0, "abcdef")

    assert [kept.fate for kept in (first, again, longer)] == ["kept", "known", "kept"]
    assert (await memory_of(ephemeral)).text == "abcdef"


async def test_after_a_hole_the_text_is_known_from_there(ephemeral: Ephemeral) -> None:
    await ephemeral.text(JOB, 1, 0, "abc")
    await ephemeral.text(JOB, 1, 10, "xyz")

    memory = await memory_of(ephemeral)

    assert (memory.text, memory.position) == ("xyz", 13)


async def test_a_wiped_redis_remembers_from_where_the_text_goes_on(
    ephemeral: Ephemeral, redis: "Redis"
) -> None:
    await ephemeral.text(JOB, 1, 0, "abc")
    await redis.flushall()
    await ephemeral.text(JOB, 1, 3, "def")

    memory = await memory_of(ephemeral)

    assert (memory.text, memory.position, memory.attempt) == ("def", 6, 1)


async def test_a_retry_replaces_output_and_progress_but_keeps_log_lines(
    ephemeral: Ephemeral,
) -> None:
    await ephemeral.latest(JOB, 1, "progress", b"0.9")
    await ephemeral.text(JOB, 1, 0, "first try")
    await ephemeral.lines(JOB, 1, 0, [b'"one"'])
    await ephemeral.text(JOB, 2, 0, "again")

    memory = await memory_of(ephemeral)

    assert memory == Memory(2, {}, "again", 5, [b'"one"'])


async def test_an_older_attempt_is_refused_in_every_lane(ephemeral: Ephemeral) -> None:
    await ephemeral.latest(JOB, 2, "progress", b"0.1")

    refused = [
        await ephemeral.latest(JOB, 1, "progress", b"0.9"),
        await ephemeral.text(JOB, 1, 0, "zombie"),
        await ephemeral.lines(JOB, 1, 0, [b'"zombie"']),
    ]

    assert {kept.fate for kept in refused} == {"old"}
    assert await memory_of(ephemeral) == Memory(2, {"progress": b"0.1"}, lines=[])


async def test_only_the_newest_lines_are_kept(ephemeral: Ephemeral) -> None:
    await ephemeral.lines(JOB, 1, 0, [b"1", b"2"])
    await ephemeral.lines(JOB, 1, 2, [b"3", b"4"])

    assert (await memory_of(ephemeral)).lines == [b"2", b"3", b"4"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=20))
async def test_long_text_keeps_its_tail_whole(ephemeral: Ephemeral, parts: list[str]) -> None:
    await ephemeral.forget(JOB)
    start = 0
    for part in parts:
        await ephemeral.text(JOB, 1, start, part)
        start += len(part.encode())

    memory = await memory_of(ephemeral)

    assert memory.position == start
    assert "".join(parts).endswith(memory.text)
    assert len(memory.text.encode()) <= 125
    assert len(memory.text.encode()) >= min(start, 97)


async def test_a_reader_never_waits_for_what_is_told(ephemeral: Ephemeral, redis: "Redis") -> None:
    pubsub = redis.pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(keys.events(JOB))
    await pubsub.get_message(timeout=5)
    message = Message("job.output", b'{"text":"a"}', key="output")

    await ephemeral.text(JOB, 1, 0, "a", [(JOB, message)])

    heard = await pubsub.get_message(timeout=5)
    assert heard is not None
    assert Message.unpack(heard["data"]) == message
    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py


async def test_what_is_refused_is_not_told(ephemeral: Ephemeral, redis: "Redis") -> None:
    pubsub = redis.pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(keys.events(JOB))
    await pubsub.get_message(timeout=5)
    await ephemeral.latest(JOB, 2, "progress", b"1")

    await ephemeral.latest(
        JOB, 1, "progress", b"2", [(JOB, Message("zombie", b"", key="progress"))]
    )
    await ephemeral.latest(JOB, 2, "progress", b"3", [(JOB, Message("mine", b"", key="progress"))])

    heard = await pubsub.get_message(timeout=5)
    assert heard is not None
    assert Message.unpack(heard["data"]).type == "mine"
    await pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py


async def test_every_key_has_a_lifetime(ephemeral: Ephemeral, redis: "Redis") -> None:
    await ephemeral.latest(JOB, 1, "progress", b"1")
    await ephemeral.text(JOB, 1, 0, "a")
    await ephemeral.lines(JOB, 1, 0, [b"1"])

    lifetimes = [await redis.ttl(key) for key in keys.memory(JOB)]

    assert all(0 < seconds <= 24 * 3600 for seconds in lifetimes)
    assert len(await redis.keys("*")) == 3


async def test_many_channels_are_read_at_once(ephemeral: Ephemeral) -> None:
    other = Channel.job("j2")
    await ephemeral.latest(JOB, 1, "progress", b"1")

    found = await ephemeral.read([other, JOB])

    assert list(found) == [JOB]


async def test_what_is_forgotten_is_gone(ephemeral: Ephemeral, redis: "Redis") -> None:
    await ephemeral.text(JOB, 1, 0, "a")

    await ephemeral.forget(JOB)

    assert await redis.keys("*") == []


async def test_a_dead_redis_neither_remembers_nor_raises(
    ephemeral: Ephemeral, redis_server: RedisServer
) -> None:
    redis_server.kill()

    assert await ephemeral.latest(JOB, 1, "progress", b"1") == Kept("unreached")
    assert await ephemeral.newest([JOB], "progress") == {}
    assert not await ephemeral.forget(JOB)
    assert await ephemeral.read([JOB]) == {}
