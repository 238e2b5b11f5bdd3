"""The connection budget: what all processes may open together, and what the plan allows."""

from collections.abc import AsyncIterator

import asyncpg
from redis.asyncio import Redis

from jobs.settings import JobsSettings
from service.doctor.finding import Finding, judge

SMALLEST_DATABASE_POOL = 2
SMALLEST_REDIS_POOL = 4
A_RELEASE = 2
"""What ``jobcast migrate`` opens: one that migrates, one that keeps others out."""
BESIDE_A_REDIS_POOL = 2
"""Of each process: one that listens or waits for work, and one that is shared."""

WORKERS = "SELECT count(*) FROM workers WHERE lease_until > now()"

# reserved_connections came with PostgreSQL 16.
ALLOWED = """
SELECT least(
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0),
  (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
  (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
)
"""


async def examine_budget(
    connection: asyncpg.Connection, client: Redis | None, settings: JobsSettings
) -> AsyncIterator[Finding]:
    """Count the live workers and one web process; more web processes are nobody's to see from here."""
    workers = await connection.fetchval(WORKERS)
    yield postgres_budget(await connection.fetchval(ALLOWED), workers, settings)
    allowed = int((await client.info()).get("maxclients") or 0) if client else 0
    if allowed:  # a managed one may not tell
        yield redis_budget(allowed, workers, settings)


def postgres_budget(allowed: int, workers: int, settings: JobsSettings) -> Finding:
    """Judge Postgres' connections: a web process has one pool, a worker sessions as well."""
    pool, sessions = settings.database_pool_size, settings.session_pool_size
    needed = pool * (1 + workers) + sessions * workers + A_RELEASE
    fits = (allowed - A_RELEASE - sessions * workers) // (1 + workers)
    advice = (
        f"Set DATABASE_POOL_SIZE={fits}, or take a plan with more connections."
        if fits >= SMALLEST_DATABASE_POOL
        else "Run fewer workers, put a pooler in between (docs/scale.md), or take a larger plan."
    )
    message = f"one web process, {counted(workers)} and a release take up to {needed} of {allowed}"
    return judge("postgres budget", message, warn=advice if needed > allowed else "")


def redis_budget(allowed: int, workers: int, settings: JobsSettings) -> Finding:
    """Judge Redis' connections, which every process takes alike."""
    processes = 1 + workers
    needed = (settings.redis_pool_size + BESIDE_A_REDIS_POOL) * processes
    fits = allowed // processes - BESIDE_A_REDIS_POOL
    advice = (
        f"Set REDIS_POOL_SIZE={fits}, or take a plan with more connections."
        if fits >= SMALLEST_REDIS_POOL
        else "Run fewer workers, or take a plan with more connections."
    )
    message = f"one web process and {counted(workers)} take up to {needed} of {allowed}"
    return judge("redis budget", message, warn=advice if needed > allowed else "")


def counted(workers: int) -> str:
    """Return the workers in words."""
    return f"{workers} worker{'' if workers == 1 else 's'}"
