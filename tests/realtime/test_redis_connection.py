"""One connection that hears and asks: what it asks is asked in the right database, and answered in step."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from realtime.redis_connection import RedisConnection, connect
from service.dev.redis_server import RedisServer


async def test_what_is_remembered_is_read_from_the_url_s_database(
    redis_server: RedisServer,
) -> None:
    url = redis_server.url.rsplit("/", 1)[0] + "/3"
    async with Redis.from_url(url) as redis:
        await redis.set("remembered", "here")

    connection = await connect(url, lambda push: None, timeout_seconds=5)
    try:
        assert await connection.ask("GET", "remembered") == b"here"
    finally:
        connection.close()


async def test_a_refused_subscription_ends_the_connection() -> None:
    connection = RedisConnection(lambda push: None)

    connection.data_received(b"-BUSY Redis is busy running a script.\r\n")

    assert connection.lost.done()


class Closing(asyncio.Transport):
    """A transport that closes, which its protocol was not told yet: uvloop raises when it is written to."""

    def is_closing(self) -> bool:
        return True

    def write(self, data: object) -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    def abort(self) -> None: ...


async def test_what_is_said_while_the_connection_ends_harms_nobody() -> None:
    connection = RedisConnection(lambda push: None)
    connection.connection_made(Closing())

    connection.say("UNSUBSCRIBE", "nobody-listens")
    with connection.together():
        answer = connection.ask("PING")
    connection.connection_lost(None)

    with pytest.raises(RedisConnectionError):
        await answer


async def test_an_error_fails_the_one_who_asked_and_nobody_else(redis_server: RedisServer) -> None:
    connection = await connect(redis_server.url, lambda push: None, timeout_seconds=5)
    try:
        wrong, right = connection.ask("NONSENSE"), connection.ask("PING")

        with pytest.raises(ResponseError):
            await wrong
        async with asyncio.timeout(5):
            assert await right == b"PONG"
    finally:
        connection.close()
