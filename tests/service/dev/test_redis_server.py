import asyncio
from pathlib import Path

import pytest
from redis.asyncio import Redis

from service.dev.redis_server import RedisServer, newest_server, servers, version


async def test_a_throw_away_comes_back_empty_on_the_same_port(redis_server: RedisServer) -> None:
    async with Redis.from_url(redis_server.url) as client:
        await client.set("kept", "no")

    redis_server.kill()
    await redis_server.restart()

    async with Redis.from_url(redis_server.url) as client:
        assert await client.get("kept") is None


async def test_a_paused_server_answers_again_when_it_is_resumed(redis_server: RedisServer) -> None:
    redis_server.pause()
    async with Redis.from_url(redis_server.url, socket_timeout=0.2) as client:
        with pytest.raises((TimeoutError, asyncio.TimeoutError, OSError)):
            async with asyncio.timeout(0.2):
                await client.execute_command("PING")

    redis_server.resume()

    async with Redis.from_url(redis_server.url) as client:
        assert await client.execute_command("PING")


async def test_with_a_folder_every_write_is_kept(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server, Redis.from_url(server.url) as client:
        await client.set("kept", "yes")

    async with RedisServer(tmp_path) as server, Redis.from_url(server.url) as client:
        assert await client.get("kept") == b"yes"


def test_the_newest_server_at_hand_is_used() -> None:
    program, major = newest_server()

    assert all(version(other) <= version(program) for other in servers())
    assert int(major) >= 6
