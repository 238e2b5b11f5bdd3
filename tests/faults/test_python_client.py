"""The Python client that is shipped, on a bad line, before a web process and a Redis that come and go."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from service.client import (
    AsyncJobcast,
    Ended,
    Happening,
    Logged,
    Printed,
    Progressed,
    StateChanged,
    mint_token,
)
from service.dev.ports import LOOPBACK
from tests.faults.proxy import Proxy, proxy
from tests.faults.site import SECRET, Site

JOBS = 5
WORDS = 40
TELLING = {"words": WORDS, "seconds": 2.0}
REDIS_IS_LEFT_ALONE_AFTER_SECONDS = 1.2  # what it forgets behind the last word is forgotten


@asynccontextmanager
async def client(address: str) -> AsyncIterator[AsyncJobcast]:
    async with AsyncJobcast(address, mint_token(SECRET, user="ann")) as jobcast:
        yield jobcast


def port_of(up: Site) -> int:
    port = urlsplit(up.base).port
    assert port is not None
    return port


@asynccontextmanager
async def bad_line(up: Site, dice: random.Random) -> AsyncIterator[AsyncJobcast]:
    """Return a client whose every connection is cut, again and again."""
    async with (
        proxy(port_of(up)) as way,
        client(f"http://{LOOPBACK}:{way.port}") as jobcast,
        meanwhile(cuts(way, dice)),
    ):
        yield jobcast


@asynccontextmanager
async def meanwhile(trouble: Awaitable[None]) -> AsyncIterator[None]:
    """Make trouble for the time of the block."""
    task = asyncio.ensure_future(trouble)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def cuts(way: Proxy, dice: random.Random) -> None:
    while True:
        await asyncio.sleep(dice.uniform(0.05, 0.6))
        way.cut()


async def empties(redis: "Redis", dice: random.Random) -> None:
    async with asyncio.timeout(REDIS_IS_LEFT_ALONE_AFTER_SECONDS):
        while True:
            await asyncio.sleep(dice.uniform(0.1, 0.8))
            await redis.flushall()


async def restarts(up: Site, dice: random.Random) -> None:
    port = port_of(up)
    while True:
        await asyncio.sleep(dice.uniform(0.2, 1.0))
        up.started[-1].signal(dice.choice([signal.SIGTERM, signal.SIGKILL]))
        await up.started[-1].ends()
        await up.web(port=port)


async def heard(jobcast: AsyncJobcast) -> list[Happening]:
    """Submit a job and return all that is told of it."""
    job = await jobcast.submit("telling", TELLING)
    return [happening async for happening in job.watch()]


async def all_is_told(jobcast: AsyncJobcast) -> None:
    """Watch some jobs, alone and as a batch; assert that everything is told, each thing once."""
    batch = await jobcast.batch([("telling", TELLING)] * JOBS)

    watching = asyncio.gather(*(heard(jobcast) for _ in range(JOBS)))
    told, counted = await asyncio.gather(watching, batch.wait(60))

    assert counted.counts["succeeded"] == JOBS
    for happenings in told:
        assert_whole(happenings)


def assert_whole(told: list[Happening]) -> None:
    assert [one.state for one in told if isinstance(one, Ended)] == ["succeeded"]
    assert isinstance(told[-1], Ended)
    states = [one.state for one in told if isinstance(one, StateChanged)]
    assert states == [name for name in ("queued", "running", "succeeded") if name in states]
    text = "".join(one.text for one in told if isinstance(one, Printed))
    assert text == "".join(f"word {n} " for n in range(WORDS))
    lines = [one.message for one in told if isinstance(one, Logged)]
    assert lines == [f"line {n}" for n in range(WORDS)]
    fractions = [one.fraction for one in told if isinstance(one, Progressed)]
    assert fractions == sorted(fractions)


@pytest.mark.parametrize("seed", range(2))
async def test_a_line_that_is_cut_again_and_again_hides_nothing(up: Site, seed: int) -> None:
    await up.web_here()
    await up.worker_here()

    async with bad_line(up, random.Random(seed)) as jobcast:  # noqa: S311 - told again
        await all_is_told(jobcast)


@pytest.mark.parametrize("seed", range(2))
async def test_neither_does_a_redis_that_is_emptied_meanwhile(
    up: Site, redis_url: str, seed: int
) -> None:
    await up.web_here()
    await up.worker_here()
    dice = random.Random(seed)  # noqa: S311 - told again

    async with (
        Redis.from_url(redis_url) as redis,
        bad_line(up, dice) as jobcast,
        meanwhile(empties(redis, dice)),
    ):
        await all_is_told(jobcast)


@pytest.mark.parametrize("seed", range(2))
async def test_nor_do_web_processes_that_end_and_die(up: Site, seed: int) -> None:
    await up.worker_here()
    await up.web()
    dice = random.Random(seed)  # noqa: S311 - told again

    async with client(up.base) as jobcast, meanwhile(restarts(up, dice)):
        await all_is_told(jobcast)
