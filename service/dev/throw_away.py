"""``python -m service.dev.throw_away COMMAND…``: run it with empty servers that end with it."""

import asyncio
import os
import sys

from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer


async def run(command: list[str]) -> int:
    """Run a command with DATABASE_URL and REDIS_URL of its own; return its exit code."""
    async with PostgresServer() as postgres, RedisServer() as redis:
        ours = {"DATABASE_URL": postgres.url(), "REDIS_URL": redis.url}
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **ours})
        return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(run(sys.argv[1:])))
