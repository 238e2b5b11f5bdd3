"""The scripts behind the queue's fair turns, on a real Redis."""

import itertools
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from jobs import arq_queue, keys
from jobs.arq_queue import FAIR, ArqQueue
from jobs.ids import uuid7
from realtime.breaker import Breaker
from realtime.shared_connection import SharedConnection

LUA = Path(arq_queue.__file__).with_name("lua")


class Line:
    """A queue in Redis without the rest of the product."""

    def __init__(self, redis: Redis, shared: SharedConnection, per_org: int = 1_000) -> None:
        self.redis = redis
        self.queue = ArqQueue(shared, Breaker(), per_org)
        self._take = redis.register_script((LUA / "take.lua").read_text("utf-8"))
        self._names: dict[str, str] = {}
        self.low, self.hungry = per_org // 2, 0

    async def put(self, org: str, jobs: int, score: float = 0) -> list[str]:
        """Queue jobs of an org; returns their names: a0, a1, …"""
        before = sum(name.startswith(org) for name in self._names.values())
        names = [f"{org}{number}" for number in range(before, before + jobs)]
        entries = []
        for number, name in enumerate(names):
            job_id = uuid7()
            self._names[str(job_id)] = name
            entries.append((org, job_id, score + number))
        await self.queue.add(entries)
        return names

    async def take(self, most: int) -> list[str]:
        self.hungry, taken = await self._take(keys=FAIR, args=[keys.QUEUE_PREFIX, most, self.low])
        return [self._names[member.decode()] for member in taken]

    async def take_all(self, sizes: list[int]) -> list[str]:
        """Take everything, in bites of these sizes."""
        taken: list[str] = []
        for size in itertools.cycle(sizes):
            if not (some := await self.take(size)):
                return taken
            taken += some
        raise AssertionError

    async def tokens(self) -> int:
        waiting: Any = self.redis.llen(keys.WAKE)
        return int(await waiting)

    async def positions(self) -> dict[str, int | None]:
        found = {}
        for org in {name[0] for name in self._names.values()}:
            for job_id in await self.redis.zrange(keys.QUEUE_PREFIX + org, 0, -1):
                name = self._names[job_id.decode()]
                found[name] = await self.queue.position(org, UUID(job_id.decode()))
        return found


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def shared(redis_url: str) -> AsyncIterator[SharedConnection]:
    connection = SharedConnection(redis_url, 5.0)
    yield connection
    connection.close()


@pytest.fixture
def line(redis: Redis, shared: SharedConnection) -> Line:
    return Line(redis, shared)


async def test_orgs_take_turns_and_each_keeps_its_own_order(line: Line) -> None:
    await line.put("a", 5)
    await line.put("b", 2)

    taken = await line.take(7)

    assert taken == ["a0", "b0", "a1", "b1", "a2", "a3", "a4"]


async def test_no_slot_stays_empty_while_somebody_has_work(line: Line) -> None:
    await line.put("a", 50)

    assert len(await line.take(30)) == 30
    assert len(await line.take(30)) == 20
    assert await line.take(30) == []


@pytest.mark.parametrize("sizes", [[1], [2], [3, 7], [200], [1, 50]])
async def test_the_order_is_the_same_however_many_are_taken_at_once(
    line: Line, sizes: list[int]
) -> None:
    names = [*await line.put("c", 4), *await line.put("a", 9), *await line.put("b", 6)]

    taken = await line.take_all(sizes)

    expected = sorted(names, key=lambda name: (int(name[1:]), name[0]))
    assert taken == expected


async def test_an_idle_org_saves_nothing_up(line: Line) -> None:
    await line.put("a", 40)
    await line.put("b", 1)
    await line.take(21)  # one of b, twenty of a

    await line.put("b", 40)
    taken = await line.take(20)

    assert sum(name.startswith("b") for name in taken) in {10, 11}


async def test_an_org_owes_nothing_for_what_it_had_while_it_was_alone(line: Line) -> None:
    await line.put("a", 500)
    await line.take(400)
    await line.put("b", 100)

    taken = await line.take(20)

    assert sum(name.startswith("a") for name in taken) in {9, 10, 11}


async def test_an_org_that_comes_one_job_at_a_time_gets_no_more_than_its_share(line: Line) -> None:
    await line.put("a", 100)
    taken: list[str] = []

    for _ in range(20):
        await line.put("b", 1)
        taken += await line.take(1)

    assert sum(name.startswith("b") for name in taken) in {9, 10, 11}


async def test_rested_orgs_are_forgotten_when_their_time_has_passed(line: Line) -> None:
    for org in "bcdef":
        await line.put(org, 2)
    await line.take(10)
    await line.put("a", 50)
    await line.take(50)

    assert await line.redis.zcard(keys.RESTED) <= 1
    assert await line.redis.zcard(keys.RING) == 0


async def test_an_org_has_no_more_ids_here_than_its_bound(
    redis: Redis, shared: SharedConnection
) -> None:
    line = Line(redis, shared, per_org=10)

    await line.put("a", 25)

    assert await redis.zcard(keys.QUEUE_PREFIX + "a") == 10
    assert len(await line.take(50)) == 10


async def test_there_are_never_more_wake_tokens_than_allowed(line: Line) -> None:
    await line.put("a", 400)
    await line.put("b", 400)

    assert await line.tokens() == arq_queue.MOST_TOKENS


async def test_a_taker_that_leaves_work_behind_leaves_a_token_as_well(line: Line) -> None:
    await line.put("a", 5)
    await line.redis.delete(keys.WAKE)

    await line.take(2)
    left = await line.tokens()
    await line.take(10)

    assert left == 1


async def test_strange_members_of_the_ring_and_of_a_queue_do_no_harm(line: Line) -> None:
    await line.redis.zadd(keys.RING, {b"nobody": -5, b"\xff\x00": 0, b"": 1e9})
    await line.put("a", 3)

    assert await line.take(2) == ["a0", "a1"]
    assert await line.take(2) == ["a2"]
    assert await line.redis.zcard(keys.RING) == 0


async def test_a_job_handed_over_twice_is_there_once(line: Line) -> None:
    job_id = uuid7()

    first = await line.queue.add([("a", job_id, 1.0)])
    second = await line.queue.add([("a", job_id, 1.0), ("a", job_id, 2.0)])

    assert (first, second) == (1, 0)
    assert await line.redis.zcard(keys.QUEUE_PREFIX + "a") == 1


@pytest.mark.parametrize("seed", range(5))
async def test_a_position_is_the_number_of_jobs_that_start_first(line: Line, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same every time
    for org in chance.sample("abcdef", 5):
        await line.put(org, chance.randint(1, 12))
        await line.take(chance.randint(0, 4))

    told = await line.positions()
    taken = await line.take_all([3, 1, 8])

    assert told == {name: place for place, name in enumerate(taken, 1)}


async def test_the_queue_does_not_know_the_place_of_a_job_it_does_not_hold(line: Line) -> None:
    await line.put("a", 1)

    assert await line.queue.position("a", uuid7()) is None
    assert await line.queue.position("nobody", uuid7()) is None
