"""Queues as operators see them: what waits, what runs, who may not start; and figures for charts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jobs.db import Statements
from jobs.store.row import Owner

PAUSE = """
INSERT INTO paused_queues (name, paused_by) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING name
"""
RESUME = "DELETE FROM paused_queues WHERE name = $1 RETURNING name"

# Queued, held and running ones each by the partial index that holds nothing else, in its order, and no more
# than $2 of each: see ``signals``.
COUNTS = """
WITH present AS (
  (SELECT queue, org_id, kind, false AS held, false AS running,
     greatest(run_at, created_at) AS since
   FROM jobs WHERE state = 'queued' AND held_by IS NULL AND ($1::text IS NULL OR org_id = $1)
   ORDER BY org_id, score LIMIT $2)
  UNION ALL
  (SELECT queue, org_id, kind, true, false, greatest(run_at, created_at)
   FROM jobs WHERE held_by IS NOT NULL AND ($1::text IS NULL OR org_id = $1)
   ORDER BY held_by, org_id, score LIMIT $2)
  UNION ALL
  (SELECT queue, org_id, kind, false, true, NULL
   FROM jobs WHERE state = 'running' AND ($1::text IS NULL OR org_id = $1)
   ORDER BY worker_id LIMIT $2)
)
SELECT queue, org_id AS org, kind, count(*) FILTER (WHERE NOT running)::int AS queued,
  count(*) FILTER (WHERE held)::int AS held, count(*) FILTER (WHERE running)::int AS running,
  coalesce(extract(epoch FROM now() - min(since)), 0)::float8 AS oldest_seconds,
  coalesce(
    extract(epoch FROM now() - min(since) FILTER (WHERE NOT held)), 0)::float8 AS lag_seconds
FROM present GROUP BY queue, org_id, kind
ORDER BY queued DESC LIMIT 10000
"""

PAUSED_NAMES = "SELECT name FROM paused_queues"

# Those that are handed over at once when a queue is resumed; the sweep follows with the rest.
FIRST_OF_QUEUE = """
SELECT org_id, id, score FROM jobs WHERE state = 'queued' AND held_by IS NULL AND queue = $1
ORDER BY score LIMIT $2
"""

PAUSED = "SELECT name, paused_at, paused_by FROM paused_queues"

# The last day by its ids, which begin with the time.
SINCE = """id >= (lpad(to_hex((extract(epoch FROM now() - interval '1 day') * 1000)::bigint), 12, '0')
          || repeat('0', 20))::uuid
  AND ($1::text IS NULL OR org_id = $1) AND ($2::text IS NULL OR user_id = $2)"""

KINDS = f"""
SELECT kind, state, count(*)::int AS jobs,
  avg(extract(epoch FROM finished_at - started_at))::float8 AS average_seconds,
  percentile_cont(0.95) WITHIN GROUP (
    ORDER BY extract(epoch FROM finished_at - started_at))::float8 AS p95_seconds
FROM jobs WHERE {SINCE} GROUP BY kind, state ORDER BY kind, state
"""

THROUGHPUT = f"""
SELECT date_bin('5 minutes', finished_at, timestamptz '2000-01-01') AS time,
  count(*) FILTER (WHERE state = 'succeeded')::int AS succeeded,
  count(*) FILTER (WHERE state <> 'succeeded')::int AS others
FROM jobs WHERE {SINCE} AND finished_at IS NOT NULL GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """What waits and runs of one kind and org in one queue; ``lag_seconds`` leaves out held ones."""

    queue: str
    org: str
    kind: str
    queued: int
    held: int
    running: int
    oldest_seconds: float
    lag_seconds: float


@dataclass(frozen=True, slots=True)
class KindCounts:
    """How many jobs of a kind from the last day are in a state, and how long their last attempt took."""

    kind: str
    state: str
    jobs: int
    average_seconds: float | None
    p95_seconds: float | None


@dataclass(frozen=True, slots=True)
class Finished:
    """How many jobs finished in five minutes from ``time`` on."""

    time: datetime
    succeeded: int
    others: int


async def pause_queue(db: Statements, name: str, by: str) -> bool:
    """Keep a queue's jobs from starting; False when they are kept already."""
    return bool(await db.fetch(PAUSE, name, by))


async def resume_queue(db: Statements, name: str) -> bool:
    """Let a queue's jobs start again; False when they were not kept."""
    return bool(await db.fetch(RESUME, name))


async def paused_queues(db: Statements) -> frozenset[str]:
    """Return the names of the queues whose jobs are kept from starting."""
    return frozenset(record["name"] for record in await db.fetch(PAUSED_NAMES))


async def first_of_queue(db: Statements, name: str, most: int) -> list[tuple[str, UUID, float]]:
    """Return org, id and score of the queue's first jobs that could start."""
    return [tuple(record) for record in await db.fetch(FIRST_OF_QUEUE, name, most)]


async def queue_counts(
    db: Statements, org: str | None, most: int
) -> tuple[list[QueueCounts], dict[str, tuple[datetime, str | None]]]:
    """Return what waits and runs, of one org or all, and which queues are paused, when and by whom.

    Counts at most ``most`` queued, held and running jobs each.
    """
    counts = [QueueCounts(*record) for record in await db.fetch(COUNTS, org, most)]
    paused = {name: (at, by) for name, at, by in await db.fetch(PAUSED)}
    return counts, paused


async def kind_counts(db: Statements, owner: Owner) -> list[KindCounts]:
    """Return counts by kind and state of the jobs created in the last day."""
    return [KindCounts(*record) for record in await db.fetch(KINDS, owner.org, owner.user)]


async def throughput(db: Statements, owner: Owner) -> list[Finished]:
    """Return how many of the jobs created in the last day finished, in steps of five minutes."""
    return [Finished(*record) for record in await db.fetch(THROUGHPUT, owner.org, owner.user)]
