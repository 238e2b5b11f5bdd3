"""The connections of a process, web or worker, to Postgres and Redis."""

from collections.abc import Iterator

from jobs.resources import Resources
from service.metrics.families import Family, Sample, gauge


def pool_families(resources: Resources) -> Iterator[Family]:
    """Yield how full the pools are."""
    yield from postgres_families(resources)
    yield from redis_families(resources)


def postgres_families(resources: Resources) -> Iterator[Family]:
    """Yield the pool that statements go through; waits are counted by an instrument."""
    pool = resources.db.pool
    size, idle = pool.get_size(), pool.get_idle_size()
    yield gauge(
        "jobcast_postgres_connections",
        "Open connections to Postgres, used and idle.",
        [Sample(size - idle, {"state": "used"}), Sample(idle, {"state": "idle"})],
    )
    yield gauge(
        "jobcast_postgres_connections_max",
        "How many there may be (DATABASE_POOL_SIZE).",
        pool.get_max_size(),
    )
    waiting = max(resources.db.using - pool.get_max_size(), 0)
    yield gauge("jobcast_postgres_waiting", "Statements that wait for one now.", waiting)


def redis_families(resources: Resources) -> Iterator[Family]:
    """Yield the pool of Redis, beside which each process has shared connections."""
    pool = resources.redis.connection_pool
    used = len(pool._in_use_connections)  # redis-py has no other way to tell
    yield gauge("jobcast_redis_connections", "Connections of the pool to Redis in use.", used)
    yield gauge(
        "jobcast_redis_connections_max",
        "How many there may be (REDIS_POOL_SIZE).",
        pool.max_connections,
    )
