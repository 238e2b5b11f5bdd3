"""The work itself: workers' heartbeats, jobs that wait too long, jobs nobody holds."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

import asyncpg
from redis.asyncio import Redis

from jobs import keys
from service.doctor.finding import Finding, judge

LATE_SECONDS = 60.0
OVERDUE_SECONDS = 10.0
MOST_ORGS = 1_000
MOST_NAMED = 10

BLOCKED_SECONDS = 0.5

WORKERS = """
SELECT name, lease_until > now() AS alive, info->>'version' AS version,
  coalesce((info->>'loop_lag_seconds')::float, 0) AS loop_lag
FROM workers ORDER BY name
"""

PAUSED = "SELECT name FROM paused_queues ORDER BY name"

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
    connection: asyncpg.Connection, client: Redis | None, ours: str
) -> AsyncIterator[Finding]:
    """Yield what is found in the tables and, when Redis answers, on the queue.

    ``ours`` is the version of this code, to be compared with the workers'.
    """
    workers = await connection.fetch(WORKERS)
    queue = await connection.fetchrow(QUEUE, OVERDUE_SECONDS)
    if queue is None:
        raise AssertionError("an aggregate without GROUP BY has one row")
    alive = [worker for worker in workers if worker["alive"]]
    yield heartbeats([w["name"] for w in alive], len(workers) - len(alive))
    yield versions({w["version"] for w in alive if w["version"]}, ours)
    yield loops({w["name"]: w["loop_lag"] for w in alive})
    yield paused([row["name"] for row in await connection.fetch(PAUSED)])
    yield lag(queue, await handed_over(client) if client else None)
    yield relay(queue)


async def handed_over(client: Redis) -> int:
    """Return how many jobs are on the queues in Redis."""
    orgs = [org.decode() for org in await client.zrange(keys.RING, 0, MOST_ORGS)]
    pipeline = client.pipeline(transaction=False)
    for org in orgs:
        pipeline.zcard(keys.QUEUE_PREFIX + org)
    return sum(await pipeline.execute()) if orgs else 0


def heartbeats(alive: Sequence[str], lapsed: int) -> Finding:
    """Judge who is there to work."""
    if not alive:
        return judge("workers", "none is alive", fail="Start one: jobcast worker")
    more = ", …" if len(alive) > MOST_NAMED else ""
    message = f"{len(alive)} alive: {', '.join(alive[:MOST_NAMED])}{more}"
    advice = "Workers that stopped renewing wait to be cleared; if this stays, restart a live one."
    if lapsed:
        message += f"; {lapsed} with a lapsed lease"
    return judge("workers", message, warn=advice if lapsed else "")


def versions(theirs: Collection[str], ours: str) -> Finding:
    """Judge whether everybody runs the same code; two versions are a deploy in progress."""
    message = ", ".join(sorted(theirs)) or "none tells"
    if len(theirs) > 1:
        advice = "A deploy is in progress; if none is, restart the workers of the older version."
        return judge("worker versions", message, warn=advice)
    other = bool(theirs) and ours not in theirs
    advice = "Nothing, if you look from another machine; otherwise restart workers or deploy."
    return judge(
        "worker versions",
        message + (f", this is {ours}" if other else ""),
        warn=advice if other else "",
    )


def loops(lags: Mapping[str, float]) -> Finding:
    """Judge whether a worker's event loop is held up: its heartbeats and its jobs' events are late then."""
    late = {name: lag for name, lag in lags.items() if lag > BLOCKED_SECONDS}
    told = ", ".join(f"{name} by {lag:.1f} s" for name, lag in sorted(late.items()))
    advice = "Put what computes into context.run_in_process, or add workers, one a core."
    message = f"held up: {told}" if late else "all turn freely"
    return judge("worker loops", message, warn=advice if late else "")


def paused(names: Sequence[str]) -> Finding:
    """Judge queues that somebody paused, and may have forgotten."""
    advice = f"If nobody wants that any more: POST /api/queues/{names[0]}/resume" if names else ""
    message = f"{', '.join(names)} paused" if names else "none is paused"
    return judge("paused queues", message, warn=advice)


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
