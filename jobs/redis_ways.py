"""The two ways to one Redis: a pool for what is asked now and then, a shared connection for what is hot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from jobs.settings import JobsSettings
from realtime.shared_connection import SharedConnection


@dataclass(frozen=True, slots=True)
class RedisWays:
    """Each call over ``pool`` has a connection to itself; all over ``shared`` travel together."""

    pool: "Redis"
    shared: SharedConnection


@asynccontextmanager
async def open_redis(settings: JobsSettings, url: str) -> AsyncIterator[RedisWays]:
    """Open both ways; neither connects before it is used.

    The pool is bounded: who finds no free connection waits for one.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=settings.redis_pool_size,
        timeout=settings.redis_timeout_seconds,
        **redis_options(settings, url),
    )
    shared = SharedConnection.of(settings, url)
    async with Redis.from_pool(pool) as redis:
        try:
            yield RedisWays(redis, shared)
        finally:
            shared.close()


def redis_options(settings: JobsSettings, url: str) -> dict[str, Any]:
    """Return how Redis is spoken to: bounded waits, one retry on a stale connection."""
    tls = {} if settings.redis_tls_verify else {"ssl_cert_reqs": "none"}
    return {
        "socket_timeout": settings.redis_timeout_seconds + 2,
        "socket_connect_timeout": settings.redis_timeout_seconds,
        "health_check_interval": 15,
        "retry": Retry(ConstantBackoff(0.01), 1),
        "retry_on_error": [ConnectionError, OSError],
        **(tls if url.startswith("rediss:") else {}),
    }
