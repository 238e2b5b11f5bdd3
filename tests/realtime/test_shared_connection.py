"""Many callers on one connection: each gets its own answer, and the connection outlives its losses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from realtime.breaker import REDIS_TROUBLE
from realtime.shared_connection import Script, SharedConnection
from service.dev.redis_server import RedisServer


@pytest.fixture
async def shared(redis_server: RedisServer) -> AsyncIterator[SharedConnection]:
    connection = SharedConnection(redis_server.url, timeout_seconds=5)
    yield connection
    connection.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


async def test_each_caller_gets_the_answer_to_its_own_question(
    shared: SharedConnection, redis: Redis
) -> None:
    answers = await asyncio.gather(*(shared.ask("ECHO", str(n)) for n in range(100)))

    assert answers == [str(n).encode() for n in range(100)]
    assert len([client for client in await redis.client_list() if client["cmd"] == "echo"]) == 1


async def test_who_gives_up_waiting_takes_nobody_s_answer_along(shared: SharedConnection) -> None:
    gone = asyncio.create_task(shared.ask("BLPOP", "nothing", 0.05))
    stays = asyncio.create_task(shared.ask("ECHO", "mine"))
    await asyncio.sleep(0)
    gone.cancel()

    assert await stays == b"mine"


async def test_what_redis_refuses_is_one_caller_s_trouble(shared: SharedConnection) -> None:
    answers: list[object] = await asyncio.gather(
        shared.ask("LPUSH"), shared.ask("ECHO", "well"), return_exceptions=True
    )

    assert isinstance(answers[0], ResponseError)
    assert answers[1] == b"well"


async def test_a_connection_redis_closed_is_opened_anew_and_nobody_notices(
    shared: SharedConnection, redis: Redis
) -> None:
    await shared.ask("PING")
    await redis.client_kill_filter(_type="normal", skipme=True)

    assert await shared.ask("ECHO", "again") == b"again"


async def test_a_script_redis_forgot_is_told_again(
    shared: SharedConnection, redis: Redis, tmp_path: Path
) -> None:
    path = tmp_path / "sum.lua"
    path.write_text("return #KEYS + ARGV[1]")
    script = Script(path)
    assert await shared.run(script, ("a", "b"), 1) == 3

    await redis.script_flush()

    assert await shared.run(script, ("a",), 1) == 2


async def test_a_redis_that_hangs_costs_one_time_out_and_is_asked_again_when_it_is_back(
    redis_server: RedisServer,
) -> None:
    shared = SharedConnection(redis_server.url, timeout_seconds=0.2)
    await shared.ask("PING")

    redis_server.pause()
    with pytest.raises(TimeoutError):
        await shared.ask("PING")
    redis_server.resume()

    assert await shared.ask("PING") == b"PONG"
    shared.close()


async def test_a_dead_redis_is_trouble_and_not_a_wait(redis_server: RedisServer) -> None:
    shared = SharedConnection(redis_server.url, timeout_seconds=5)
    await shared.ask("PING")
    redis_server.kill()

    with pytest.raises(REDIS_TROUBLE):
        await shared.ask("PING")
