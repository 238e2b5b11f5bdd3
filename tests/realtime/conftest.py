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


@pytest.fixture
async def server(world: World) -> AsyncIterator[Server]:
    """Serve the world's routes."""
    async with serving(world) as running:
        yield running
