"""The work itself: workers' heartbeats, jobs that wait too long, jobs nobody holds."""

from collections.abc import AsyncIterator

import asyncpg
from redis.asyncio import Redis

from jobs import keys
from service.doctor.finding import Finding, judge

LATE_SECONDS = 60.0
OVERDUE_SECONDS = 10.0
MOST_ORGS = 1_000

WORKERS = """
SELECT count(*) FILTER (WHERE lease_until > now()) AS alive,
  count(*) FILTER (WHERE lease_until <= now()) AS lapsed,
  string_agg(name, ', ' ORDER BY name) FILTER (WHERE lease_until > now()) AS names
FROM workers
"""

QUEUE = """
SELECT count(*) FILTER (WHERE state = 'queued') AS queued,
  count(*) FILTER (WHERE state = 'running') AS running,
  coalesce(
    extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued')), 0
  )::float AS oldest,
  count(*) FILTER (
    WHERE state IN ('scheduled', 'retrying') AND run_at < now() - make_interval(secs => $1)
  ) AS overdue
FROM jobs WHERE state IN ('queued', 'running', 'scheduled', 'retrying')
"""


async def examine_work(
    connection: asyncpg.Connection, client: Redis | None
) -> AsyncIterator[Finding]:
    """Yield what is found in the tables and, when Redis answers, on the queue."""
    workers = await connection.fetchrow(WORKERS)
    queue = await connection.fetchrow(QUEUE, OVERDUE_SECONDS)
    if workers is None or queue is None:
        raise AssertionError("an aggregate without GROUP BY has one row")
    yield heartbeats(workers)
    yield lag(queue, await handed_over(client) if client else None)
    yield relay(queue)


async def handed_over(client: Redis) -> int:
    """Return how many jobs are on the queues in Redis."""
    orgs = [org.decode() for org in await client.zrange(keys.RING, 0, MOST_ORGS)]
    pipeline = client.pipeline(transaction=False)
    for org in orgs:
        pipeline.zcard(keys.QUEUE_PREFIX + org)
    return sum(await pipeline.execute()) if orgs else 0


def heartbeats(workers: asyncpg.Record) -> Finding:
    """Judge who is there to work."""
    if not workers["alive"]:
        return judge("workers", "none is alive", fail="Start one: jobcast worker")
    message = f"{workers['alive']} alive: {workers['names']}"
    advice = "Workers that stopped renewing wait to be cleared; if this stays, restart a live one."
    if workers["lapsed"]:
        message += f"; {workers['lapsed']} with a lapsed lease"
    return judge("workers", message, warn=advice if workers["lapsed"] else "")


def lag(queue: asyncpg.Record, handed_over: int | None) -> Finding:
    """Judge how long the oldest queued job has been waiting."""
    known = "" if handed_over is None else f", {handed_over} on the Redis queue"
    message = (
        f"{queue['queued']} queued{known}, {queue['running']} running, "
        f"the oldest waits {queue['oldest']:.1f} s"
    )
    advice = "Start more workers or raise WORKER_CONCURRENCY; `jobcast jobs` shows what they do."
    return judge("queue", message, warn=advice if queue["oldest"] > LATE_SECONDS else "")


def relay(queue: asyncpg.Record) -> Finding:
    """Judge whether due jobs are being queued."""
    overdue = queue["overdue"]
    advice = "No worker queues what is due; restart the workers and read their logs."
    message = f"{overdue} due jobs not yet queued" if overdue else "due jobs are queued in time"
    return judge("relay", message, fail=advice if overdue else "")
