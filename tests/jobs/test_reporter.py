"""What an attempt says, through a Redis that forgets, hangs, or answers too late to be heard."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest

from jobs import store
from jobs.reporter import Reporter
from jobs.resources import Resources
from jobs.store import JobRow
from realtime import keys
from realtime.channels import Channel
from realtime.ephemeral import UNREACHED, Ephemeral, How, Kept, Memory, Told
from realtime.message import Message
from service.dev.redis_server import RedisServer
from tests.jobs.conftest import submit


@pytest.fixture
async def row(resources: Resources) -> JobRow:
    """Give a job as its first attempt finds it."""
    job = await submit(resources, "echo")
    found = await store.find(resources.db, store.ANYBODY, job.id)
    assert found is not None
    return replace(found, attempt=1)


@asynccontextmanager
async def speaking(
    resources: Resources, row: JobRow, ephemeral: Ephemeral | None = None, **changed: Any
) -> AsyncIterator[Reporter]:
    """Open a reporter with small bounds where the test asks for them."""
    settings = resources.settings.model_copy(update=changed)
    reporter = Reporter(row, ephemeral or resources.ephemeral, settings)
    yield reporter
    await reporter.close()


async def memory(resources: Resources, row: JobRow) -> Memory:
    channel = Channel.job(row.id)
    return (await resources.ephemeral.read([channel])).get(channel, Memory())


async def remembered(resources: Resources, row: JobRow, position: int, lines: int) -> None:
    """Wait until so much is remembered: each look is a round trip, so nothing spins."""
    async with asyncio.timeout(10):
        while True:
            found = await memory(resources, row)
            if found.position >= position and len(found.lines) >= lines:
                return


async def test_what_redis_forgot_is_said_again(resources: Resources, row: JobRow) -> None:
    async with speaking(resources, row) as reporter:
        await reporter.output("naïve ")
        await reporter.log("one", {})
        await remembered(resources, row, 7, 1)
        await resources.redis.flushall()
        await reporter.output("🎈 flies")
        await reporter.log("two", {})

    found = await memory(resources, row)
    assert (found.attempt, found.text, found.position) == (1, "naïve 🎈 flies", 17)
    assert [orjson.loads(line)["message"] for line in found.lines] == ["one", "two"]
    assert [orjson.loads(line)["line"] for line in found.lines] == [1, 2]


async def test_what_is_said_again_to_a_wiped_redis_is_not_shown_again(
    resources: Resources, row: JobRow
) -> None:
    async with listening(resources, row) as heard:
        async with speaking(resources, row) as reporter:
            await reporter.output("abc")
            await reporter.log("one", {})
            await remembered(resources, row, 3, 1)
            await resources.redis.flushall()
            await reporter.output("de")
            await reporter.log("two", {})
        told = await heard()

    assert [(e["data"]["position"], e["data"]["text"]) for e in told if "text" in e["data"]] == [
        (3, "abc"),
        (5, "de"),
    ]
    assert [e["data"]["line"] for e in told if "line" in e["data"]] == [1, 2]


async def test_a_wiped_redis_knows_as_much_as_the_attempt_still_holds(
    resources: Resources, row: JobRow
) -> None:
    async with speaking(resources, row, held_output_bytes=5, held_log_lines=2) as reporter:
        await reporter.output("abcdefgh")
        for number in range(3):
            await reporter.log(str(number), {})
        await remembered(resources, row, 8, 2)
        await resources.redis.flushall()
        await reporter.output("ij")
        await reporter.log("3", {})

    found = await memory(resources, row)
    assert (found.text, found.position) == ("fghij", 10)
    assert [orjson.loads(line)["line"] for line in found.lines] == [3, 4]


async def test_a_reply_that_got_lost_leaves_no_duplicate(resources: Resources, row: JobRow) -> None:
    deaf = Deaf(resources.redis, resources.settings)
    async with listening(resources, row) as heard:
        async with speaking(resources, row, deaf) as reporter:
            await reporter.output("once ")
            await reporter.log("a line", {})
            await reporter.progress(0.5, "")
            await remembered(resources, row, 5, 1)
            await reporter.output("and for all")
            await reporter.log("another", {})
        told = await heard()

    found = await memory(resources, row)
    assert deaf.lost == 3
    assert (found.text, len(found.lines)) == ("once and for all", 2)
    assert "".join(e["data"].get("text", "") for e in told) == "once and for all"
    assert [e["data"]["line"] for e in told if "line" in e["data"]] == [1, 2]


async def test_an_outage_leaves_no_hole(
    resources: Resources, row: JobRow, redis_server: RedisServer
) -> None:
    async with speaking(resources, row, quiet_report_seconds=0.05) as reporter:
        await reporter.output("before, ")
        await remembered(resources, row, 8, 0)
        redis_server.kill()
        await reporter.output("meanwhile, ")
        await redis_server.restart()
        await remembered(resources, row, 19, 0)
        await reporter.output("after")

    assert (await memory(resources, row)).text == "before, meanwhile, after"


async def test_pieces_never_cut_a_character(resources: Resources, row: JobRow) -> None:
    text = "aé🎈" * 2000
    async with listening(resources, row) as heard:
        async with speaking(
            resources, row, max_unsaid_bytes=1024, max_event_bytes=2000
        ) as reporter:
            await reporter.output(text)
        told = await heard()

    assert "".join(e["data"]["text"] for e in told) == text
    positions = [e["data"]["position"] for e in told]
    sizes = [len(e["data"]["text"].encode()) for e in told]
    assert positions == [sum(sizes[: n + 1]) for n in range(len(sizes))]
    assert max(sizes) <= 1000
    assert (await memory(resources, row)).text == text


async def test_an_attempt_that_is_over_falls_silent(resources: Resources, row: JobRow) -> None:
    async with speaking(resources, row) as old, speaking(resources, replace(row, attempt=2)) as new:
        await new.output("new")
        await remembered(resources, row, 3, 0)
        async with listening(resources, row) as heard:
            await old.output("old")
            await old.progress(0.9, "")
            await old.log("zombie", {})
            await old.close()
            told = await heard()

    assert told == []
    assert await memory(resources, row) == Memory(2, {}, "new", 3, [])


async def test_a_line_too_large_for_an_event_loses_its_fields(
    resources: Resources, row: JobRow
) -> None:
    async with speaking(resources, row) as reporter:
        await reporter.log("large", {"blob": "x" * 100_000})

    [line] = (await memory(resources, row)).lines
    assert orjson.loads(line).keys() == {"time", "attempt", "line", "message", "truncated"}


class Deaf(Ephemeral):
    """Does what it is told, and does not hear the first three answers."""

    lost = 0

    async def _remember(
        self, channel: Channel, attempt: int, how: How, value: Sequence[Any], publish: Told
    ) -> Kept:
        kept = await super()._remember(channel, attempt, how, value, publish)
        if self.lost < 3:
            self.lost += 1
            return UNREACHED
        return kept


@asynccontextmanager
async def listening(resources: Resources, row: JobRow) -> AsyncIterator[Any]:
    """Hear the job's channel; what is yielded returns the envelopes told so far."""
    channel = Channel.job(row.id)
    async with resources.redis.pubsub() as pubsub:
        await pubsub.subscribe(keys.events(channel))
        await pubsub.get_message(timeout=5)

        async def heard() -> list[dict[str, Any]]:
            await resources.redis.publish(keys.events(channel), "end")
            told: list[dict[str, Any]] = []
            async with asyncio.timeout(10):
                while True:
                    packed = await pubsub.get_message(timeout=5)
                    if packed and packed["data"] == b"end":
                        return told
                    if packed:
                        told.append(Message.unpack(packed["data"]).decoded())

        yield heard
