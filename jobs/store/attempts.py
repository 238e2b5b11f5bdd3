"""One go at a job: started by a worker that holds a lease, settled only by that same attempt."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.db import Database
from jobs.store.row import COLUMNS, WITHOUT_ARGS, JobRow, rows
from jobs.store.sql import NEXT, NUMBERED, entry

# FOR KEY SHARE on the worker's row is essential: without it a start that commits just after the
# reaper deleted the worker leaves a running job that nobody rescues.
ME = "SELECT id FROM workers WHERE id = $1 AND lease_until > now() FOR KEY SHARE"

RUNNING = f"""
{NUMBERED}
UPDATE jobs j SET state = 'running', attempt = j.attempt + 1, worker_id = $1, started_at = now(),
  {NEXT},
  {entry("'job.started'", "j.attempt + 1", "jsonb_build_object('worker', $2::text)")}
FROM numbered n WHERE j.id = n.id AND j.state = 'queued'
RETURNING {COLUMNS}
"""  # noqa: S608 - constants only

# A job that keeps losing its workers may be what kills them. Before its last chance runs out it is a
# suspect, and a worker runs at most one suspect at a time: so the poison takes no neighbours along.
UNSUSPICIOUS = """(crashes < $5 OR id = (
    SELECT id FROM jobs WHERE state = 'queued' AND crashes > 0 AND crashes >= $5 AND {among}
      AND NOT EXISTS (SELECT FROM jobs r
                      WHERE r.worker_id = $1 AND r.state = 'running' AND r.crashes >= $5)
    ORDER BY score LIMIT 1
  ))"""

START = f"""
WITH me AS MATERIALIZED ({ME}), own AS MATERIALIZED (
  SELECT id, org_id, user_id FROM jobs
  WHERE id = ANY($4::uuid[]) AND state = 'queued' AND kind = ANY($3::text[]) AND EXISTS (TABLE me)
    AND {UNSUSPICIOUS.format(among="id = ANY($4::uuid[])")}
  ORDER BY id FOR NO KEY UPDATE
), {RUNNING}"""  # noqa: S608 - constants only

CLAIM = f"""
WITH me AS MATERIALIZED ({ME}), own AS MATERIALIZED (
  SELECT id, org_id, user_id FROM jobs
  WHERE state = 'queued' AND kind = ANY($3::text[]) AND EXISTS (TABLE me)
    AND {UNSUSPICIOUS.format(among="true")}
  ORDER BY score LIMIT $4 FOR NO KEY UPDATE SKIP LOCKED
), {RUNNING}"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Starter:
    """Who starts jobs. One with ``suspicious`` crashes or more is a suspect."""

    worker: UUID
    name: str
    kinds: Collection[str]
    suspicious: int = 2


async def start(db: Database, starter: Starter, ids: Sequence[UUID]) -> list[JobRow]:
    """Start those of ``ids`` that are still queued and of a known kind; the rest is not ours."""
    return rows(await db.fetch(START, *columns(starter), list(ids), starter.suspicious))


async def claim(db: Database, starter: Starter, most: int) -> list[JobRow]:
    """Start the ``most`` first queued jobs straight from Postgres: the way without Redis."""
    return rows(await db.fetch(CLAIM, *columns(starter), most, starter.suspicious))


def columns(starter: Starter) -> tuple[UUID, str, list[str]]:
    """Return the parameters that START and CLAIM share."""
    return starter.worker, starter.name, list(starter.kinds)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. ``state`` is succeeded, failed, cancelled, retrying or queued (given back).

    ``outcome`` is the word for the history; ``delay_seconds`` is how long a retry waits; ``failed``
    says whether it counts against ``max_attempts``.
    """

    id: UUID
    attempt: int
    state: str
    outcome: str
    result: Any = None
    error: dict[str, str] | None = None
    progress: Any = None
    delay_seconds: float = 0.0
    failed: bool = False


# A job somebody asked to stop is never queued again, whatever its attempt came to.
SETTLE = f"""
WITH i AS MATERIALIZED (
  SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[],
                       $8::jsonb[], $9::float8[], $10::int[])
    AS t(id, attempt, wish, outcome, result, error, progress, delay, failed)
), own AS MATERIALIZED (
  SELECT j.id, j.org_id, j.user_id, i.outcome, i.result, i.error, i.progress, i.delay, i.failed,
    CASE WHEN j.cancel_requested_at IS NOT NULL AND i.wish IN ('retrying', 'queued')
         THEN 'cancelled' ELSE i.wish END AS state
  FROM jobs j JOIN i ON i.id = j.id
  WHERE j.state = 'running' AND j.worker_id = $1 AND j.attempt = i.attempt
  ORDER BY j.id FOR NO KEY UPDATE OF j
), {NUMBERED}
UPDATE jobs j SET state = n.state, result = n.result -> 'value', error = n.error,
  progress = coalesce(n.progress, j.progress), failures = j.failures + n.failed, worker_id = NULL,
  run_at = CASE n.state WHEN 'retrying' THEN now() + make_interval(secs => n.delay)
                        ELSE j.run_at END,
  finished_at = CASE WHEN n.state IN ('retrying', 'queued') THEN NULL ELSE now() END,
  {NEXT},
  {
    entry(
        "'job.' || n.state",
        extra="jsonb_strip_nulls(jsonb_build_object('outcome', n.outcome, 'error', n.error))",
    )
}
FROM numbered n
WHERE j.id = n.id AND j.state = 'running'
RETURNING {WITHOUT_ARGS}
"""  # noqa: S608 - constants only


async def settle(db: Database, worker: UUID, outcomes: Sequence[Outcome]) -> list[JobRow]:
    """Record how attempts ended; one that lost its lease or was settled before returns no row."""
    return rows(
        await db.fetch(
            SETTLE,
            worker,
            [o.id for o in outcomes],
            [o.attempt for o in outcomes],
            [o.state for o in outcomes],
            [o.outcome for o in outcomes],
            # Wrapped: asyncpg would take a list for one more dimension of the array.
            [{"value": o.result} if o.state == "succeeded" else None for o in outcomes],
            [o.error for o in outcomes],
            [o.progress for o in outcomes],
            [o.delay_seconds for o in outcomes],
            [int(o.failed) for o in outcomes],
        )
    )
