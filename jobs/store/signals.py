"""What autoscalers and dashboards ask again and again: counted up to a bound, estimated beyond it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from jobs.db import Statements
from jobs.store.due import ORGS

# Each state by the partial index that holds nothing else, and in that index's order: without it the planner
# may look for the first rows from the table's beginning, past a million finished ones.
STANDING = """
WITH present AS (
  (SELECT 'queued' AS state, queue, greatest(run_at, created_at) AS since FROM jobs
   WHERE state = 'queued' AND held_by IS NULL ORDER BY org_id, score LIMIT $1)
  UNION ALL
  (SELECT 'held', queue, greatest(run_at, created_at) FROM jobs
   WHERE held_by IS NOT NULL ORDER BY held_by, org_id, score LIMIT $1)
  UNION ALL
  (SELECT 'running', queue, NULL FROM jobs WHERE state = 'running' ORDER BY worker_id LIMIT $1)
  UNION ALL
  (SELECT state, queue, NULL FROM jobs
   WHERE state IN ('scheduled', 'retrying') ORDER BY run_at LIMIT $1)
)
SELECT queue, state, count(*)::int AS jobs,
  greatest(extract(epoch FROM now() - min(since)), 0)::float8 AS oldest_seconds
FROM present GROUP BY queue, state
"""

# Of so many that they are not counted, as many in all, but of every org: the first org's alone would
# hide a queue that only others use.
SPREAD = f"""
WITH RECURSIVE {ORGS}
SELECT queue, 'queued' AS state, count(*)::int AS jobs,
  greatest(extract(epoch FROM now() - min(since)), 0)::float8 AS oldest_seconds
FROM present, LATERAL (
  SELECT queue, greatest(run_at, created_at) AS since FROM jobs
  WHERE state = 'queued' AND held_by IS NULL AND org_id = present.org
  ORDER BY score LIMIT (SELECT greatest($3 / greatest(count(*), 1), 1) FROM present)
) AS first GROUP BY queue
"""

# As of the last ANALYZE, which autovacuum runs when a part of the table has changed.
SIZES = """
SELECT relname::text AS index, greatest(reltuples, 0)::bigint AS entries FROM pg_class
WHERE oid IN ('jobs_queued'::regclass, 'jobs_held'::regclass, 'jobs_due'::regclass)
"""

LOADS = "SELECT name, info FROM workers WHERE lease_until > now() ORDER BY name, id LIMIT 1000"

GROUPS = {
    "jobs_queued": ("queued",),
    "jobs_held": ("held",),
    "jobs_due": ("scheduled", "retrying"),
}
"""Which states are counted by which index."""
MOST_ORGS = 1_000


@dataclass(frozen=True, slots=True)
class Standing:
    """How many jobs of a queue are in a state, and how long the oldest waits, if they wait.

    ``queued`` are those that may start, ``held`` those a limit keeps back.
    """

    queue: str
    state: str
    jobs: int
    oldest_seconds: float | None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """A live worker and what it told of itself with its last heartbeat."""

    name: str
    info: dict[str, Any]


async def standings(db: Statements, most: int) -> list[Standing]:
    """Return what is in which state, per queue: exact up to ``most`` of a state, an estimate beyond."""
    found = [Standing(*record) for record in await db.fetch(STANDING, most)]
    tall = {index for index, states in GROUPS.items() if total(found, states) >= most}
    if not tall:
        return found
    entries = {str(r["index"]): int(r["entries"]) for r in await db.fetch(SIZES)}
    if "jobs_queued" in tall:
        spread = [Standing(*r) for r in await db.fetch(SPREAD, "", MOST_ORGS, most)]
        found = [s for s in found if s.state != "queued"] + spread
    for index in tall:
        found = scaled(found, GROUPS[index], max(entries[index], most))
    return found


async def worker_loads(db: Statements) -> list[WorkerLoad]:
    """Return the live workers."""
    return [WorkerLoad(*record) for record in await db.fetch(LOADS)]


def total(found: Iterable[Standing], states: tuple[str, ...]) -> int:
    """Return how many jobs are in these states together."""
    return sum(standing.jobs for standing in found if standing.state in states)


def scaled(found: list[Standing], states: tuple[str, ...], entries: int) -> list[Standing]:
    """Return the list with the shares of these states blown up to ``entries`` in all."""
    counted = max(total(found, states), 1)
    return [
        replace(s, jobs=round(s.jobs * entries / counted), estimated=True)
        if s.state in states
        else s
        for s in found
    ]
