"""Workers' leases, and the rescue of jobs whose worker stopped renewing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.db import Database
from jobs.store.row import WITHOUT_ARGS, JobRow, rows
from jobs.store.sql import FREED, NEXT, change, entry, noted, told

REGISTER = """
INSERT INTO workers (id, name, lease_until, info)
VALUES ($1, $2, now() + make_interval(secs => $3), $4)
"""

# An overdue lease may still be renewed while the row is there: whoever rescues its jobs deletes the
# row in the same transaction, so a database that was away for a while fences nobody.
RENEW = """
UPDATE workers SET lease_until = now() + make_interval(secs => $2), info = info || $3
WHERE id = $1 RETURNING id
"""

HELD = """
SELECT id, attempt, cancel_requested_at IS NOT NULL AS stop FROM jobs
WHERE worker_id = $1 AND state = 'running'
"""

RETIRE = """
DELETE FROM workers WHERE id = $1
AND NOT EXISTS (SELECT FROM jobs WHERE worker_id = $1 AND state = 'running')
"""

# Whoever rescues must hold a lease at this very moment: a statement that waited in a hung database wakes
# up with its clock, and finds every lease overdue, its own too.
# A database that was itself away for a while proves nothing about the workers: hence the uptime. A job
# may have lost its worker's row: to a start that committed while this statement, or retiring, had begun
# already, to a restore, to a hand.
RESCUE = f"""
WITH dead AS MATERIALIZED (
  SELECT id FROM workers
  WHERE lease_until < now() AND pg_postmaster_start_time() < now() - make_interval(secs => $1)
    AND ($4::uuid IS NULL OR EXISTS (SELECT FROM workers me WHERE me.id = $4 AND me.lease_until > now()))
  ORDER BY id FOR UPDATE SKIP LOCKED
), own AS MATERIALIZED (
  SELECT {change("s.state", "'job.' || s.state", noted("s.state"))}, j.slots
  FROM jobs j, LATERAL (SELECT CASE
      WHEN j.cancel_requested_at IS NOT NULL THEN 'cancelled'
      WHEN j.crashes + 1 >= $2 THEN 'failed'
      ELSE 'queued' END AS state) s
  WHERE j.state = 'running' AND (j.worker_id IN (SELECT id FROM dead)
    OR NOT EXISTS (SELECT FROM workers w WHERE w.id = j.worker_id))
  ORDER BY j.id FOR NO KEY UPDATE OF j
), {FREED}, {told("freed")}, gone AS (
  DELETE FROM workers w USING dead WHERE w.id = dead.id
)
UPDATE jobs j SET state = n.becomes, crashes = j.crashes + 1, worker_id = NULL, slots = '{{}}',
  awaiting = NULL,
  error = CASE WHEN n.becomes = 'failed' THEN $3::jsonb ELSE j.error END,
  finished_at = CASE WHEN n.becomes = 'queued' THEN NULL ELSE now() END,
  {NEXT},
  {
    entry(
        extra="jsonb_strip_nulls(jsonb_build_object("
        "'outcome', 'lost', 'error', CASE WHEN n.becomes = 'failed' THEN $3::jsonb END))",
    )
}
FROM numbered n WHERE j.id = n.id
RETURNING {WITHOUT_ARGS}
"""

NOTHING: Mapping[str, Any] = {}

POISON = {
    "code": "poison",
    "message": "The job's worker died under it too often; it is not started again by itself.",
}


@dataclass(frozen=True, slots=True)
class Held:
    """A running job as the database sees it; ``stop`` says that somebody asked it to end."""

    id: UUID
    attempt: int
    stop: bool


async def register(
    db: Database, worker: UUID, name: str, lease_seconds: float, info: dict[str, Any]
) -> None:
    """Give a new life of a worker its lease."""
    await db.fetch(REGISTER, worker, name, lease_seconds, info)


async def renew(
    db: Database, worker: UUID, lease_seconds: float, info: Mapping[str, Any] = NOTHING
) -> bool:
    """Renew the lease and add to what is known of the worker.

    False means the lease is lost for good and everything under it is fenced.
    """
    return bool(await db.fetch(RENEW, worker, lease_seconds, dict(info)))


async def held(db: Database, worker: UUID) -> list[Held]:
    """Return the jobs that run under this worker's lease."""
    return [Held(*record) for record in await db.fetch(HELD, worker)]


async def retire(db: Database, worker: UUID) -> None:
    """Take the worker off the list; kept while jobs still name it, so that they are rescued."""
    await db.fetch(RETIRE, worker)


async def rescue(
    db: Database, lease_seconds: float, max_crashes: int, by: UUID | None = None
) -> list[JobRow]:
    """Queue the jobs of workers whose lease ran out or who are gone, and forget those workers.

    ``by`` is the worker that does it, and only while its own lease holds.
    A job that lost its worker ``max_crashes`` times fails as poison; one that was asked to stop is
    cancelled.
    """
    return rows(await db.fetch(RESCUE, lease_seconds, max_crashes, POISON, by))
