"""The stack's servers, started again when they end unasked: with their data, on the same port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.dev.child import ServerFailedError
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.dev.supervised import say

LOOK_SECONDS = 0.5


@asynccontextmanager
async def minded(name: str, server: PostgresServer | RedisServer) -> AsyncIterator[None]:
    """Look after a running server until the end of the block."""
    minding = asyncio.create_task(mind(name, server), name=f"mind {name}")
    try:
        yield
    finally:
        minding.cancel()
        await asyncio.wait({minding})


async def mind(name: str, server: PostgresServer | RedisServer) -> None:
    """Start the server again whenever it has ended."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if server.child is not None and server.child.running:
            continue
        say(name, "ended; starting again")
        try:
            await server.restart()
        except ServerFailedError as error:
            say(name, str(error))
