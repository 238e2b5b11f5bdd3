"""Redis emptied, killed, hung, full, read-only, locked, cut off: it costs time and nothing else."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis

from service.dev.redis_server import RedisServer
from tests.faults.proxy import Proxy, proxy
from tests.faults.site import Site

JOBS = 10
WORDS = "words-that-must-not-be-logged"

Setting = tuple[tuple[str, ...], tuple[str, ...]]
BROKEN: dict[str, Setting] = {
    "full": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "read-only": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "without replicas": (
        ("CONFIG", "SET", "min-replicas-to-write", "1"),
        ("CONFIG", "SET", "min-replicas-to-write", "0"),
    ),
}


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator["Redis"]:
    async with Redis.from_url(redis_server.url) as client:
        yield client


@pytest.mark.parametrize("how", BROKEN)
async def test_jobs_are_taken_in_run_and_shown_while_redis_refuses_to_write(
    up: Site, redis: "Redis", how: str
) -> None:
    broken, whole = BROKEN[how]
    worker, customer = await busy(up)

    await tell(redis, *broken)
    try:
        for n in range(JOBS):
            await customer.submit("noted", value=f"{WORDS} {n}")
        await up.kept()
    finally:
        await tell(redis, *whole)
    await customer.submit("noted", value="after")

    verdict = await up.kept()
    assert verdict.repeated == 0
    assert set(customer.statuses) == {202}
    assert WORDS not in worker.said()


@pytest.mark.parametrize("away", ["killed", "hung"])
async def test_jobs_are_taken_in_run_and_shown_while_redis_is_away(
    up: Site, redis_server: RedisServer, away: str
) -> None:
    _, customer = await busy(up)

    if away == "killed":
        redis_server.kill()
    else:
        redis_server.pause()
    for n in range(JOBS):
        await customer.submit("noted", value=n)
    during = await up.kept()
    if away == "killed":
        await redis_server.restart()
    else:
        redis_server.resume()
    await customer.submit("noted", value="after")

    verdict = await up.kept()
    assert (during.repeated, verdict.repeated) == (0, 0)
    assert set(customer.statuses) == {202}


async def test_an_emptied_redis_forgets_no_job(up: Site, redis: "Redis") -> None:
    _, customer = await busy(up)

    for n in range(3 * JOBS):
        await customer.submit("noted", value=n, seconds=0.1)
        await redis.flushall()

    verdict = await up.kept()
    assert verdict.repeated == 0


async def test_jobs_that_no_queue_knows_any_more_start_all_the_same(
    up: Site, redis_server: RedisServer
) -> None:
    await up.web_here()
    customer, _ = await up.visitors()
    for n in range(JOBS):
        await customer.submit("noted", value=n)

    await redis_server.restart()
    await up.worker()

    verdict = await up.kept()
    assert (verdict.jobs, verdict.repeated) == (JOBS, 0)


async def test_strangers_on_the_queue_run_nothing(up: Site, redis: "Redis") -> None:
    _, customer = await busy(up)
    members = {f"hint {n}": float(n) for n in range(1000)}
    pickled = (
        b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93."
    )

    await redis.zadd("arq:queue", {**members, pickled: 0.0})
    await redis.set("arq:job:hint 1", pickled)
    await customer.submit("noted")

    verdict = await up.kept()
    assert (verdict.jobs, verdict.repeated) == (1, 0)


@pytest.mark.parametrize("kind", ["normal", "pubsub"])
async def test_connections_that_are_killed_again_and_again_are_made_again(
    up: Site, redis: "Redis", kind: str
) -> None:
    _, customer = await busy(up)

    for n in range(2 * JOBS):
        await customer.submit("noted", value=n, seconds=0.05)
        await tell(redis, "CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")

    verdict = await up.kept()
    assert verdict.repeated == 0


async def test_a_password_that_appears_overnight_stops_nothing(up: Site, redis: "Redis") -> None:
    _, customer = await busy(up)

    await tell(redis, "CONFIG", "SET", "requirepass", "new")
    try:
        await tell(redis, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await tell(redis, "CLIENT", "KILL", "TYPE", "pubsub")
        for n in range(JOBS):
            await customer.submit("noted", value=n)
        await up.kept()
    finally:
        await tell(redis, "CONFIG", "SET", "requirepass", "")
    await customer.submit("noted", value="after")

    verdict = await up.kept()
    assert verdict.repeated == 0


BAD: dict[str, Callable[[Proxy], None]] = {
    "hole": lambda way: setattr(way, "mode", "hole"),
    "mute": lambda way: setattr(way, "mode", "mute"),
    "slow": lambda way: setattr(way, "mode", "slow"),
    "cut": lambda way: way.cut(),
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_way_to_redis_delays_and_loses_nothing(
    up: Site, redis_server: RedisServer, bad: str
) -> None:
    async with proxy(redis_server.port) as way:
        up.chosen["redis_url"] = way.url(redis_server.url)
        _, customer = await busy(up)

        BAD[bad](way)
        for n in range(JOBS):
            await customer.submit("noted", value=n)
        during = await up.kept()
        way.mode = "ok"
        way.cut()
        await customer.submit("noted", value="after")

        verdict = await up.kept()
        assert (during.repeated, verdict.repeated) == (0, 0)
        assert set(customer.statuses) == {202}
        await up.close()


async def tell(redis: "Redis", *words: str) -> None:
    """Give Redis an order."""
    await redis.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py


async def busy(up: Site) -> tuple[Any, Any]:
    """Open a site with one worker process, and somebody who looks.

    With a lease of one second a job could be given back while the news of its start still waits for a
    hung Redis; that is allowed, and is not what is looked at here.
    """
    up.chosen["lease_seconds"] = "5"
    await up.web_here()
    worker = await up.worker()
    customer, _ = await up.visitors()
    return worker, customer
