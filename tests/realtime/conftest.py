"""A world of its own for each test: real Redis, and a truth played in memory."""

from collections.abc import AsyncIterator

import pytest

from service.dev.redis_server import RedisServer
from tests.realtime.world import Server, World, open_world, serving


@pytest.fixture
async def world(redis_server: RedisServer) -> AsyncIterator[World]:
    """Open the way back on this process's Redis."""
    async with open_world(redis_server.url) as opened:
        yield opened


@pytest.fixture(params=[True, False], ids=["at-once", "by-asgi"])
async def server(world: World, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """Serve the world's routes, by a server that offers outlets and by one that does not."""
    async with serving(world, at_once=request.param) as running:
        yield running
