"""What became due by itself: scheduled and retrying jobs, expired ones, and queued ones Redis forgot."""

from collections.abc import Sequence
from uuid import UUID

from jobs.db import Statements
from jobs.store.row import WITHOUT_ARGS, JobRow, rows
from jobs.store.sql import FRESH_SCORE, NEXT, change, entry, noted, told

PROMOTE = f"""
WITH own AS MATERIALIZED (
  SELECT {change("'queued'", "'job.queued'")} FROM jobs j
  WHERE j.state IN ('scheduled', 'retrying') AND j.run_at <= now()
    AND (j.expires_at IS NULL OR j.expires_at > now() OR j.attempt > 0)
  ORDER BY j.run_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), {told()}
UPDATE jobs j SET state = 'queued', score = {FRESH_SCORE},
  {NEXT},
  {entry(extra="jsonb_build_object('reason', 'due')")}
FROM numbered n WHERE j.id = n.id
RETURNING {WITHOUT_ARGS}
"""

UNSTARTED = "attempt = 0 AND state IN ('waiting', 'scheduled', 'queued')"

EXPIRE = f"""
WITH own AS MATERIALIZED (
  SELECT {change("'expired'", "'job.expired'", noted("'expired'"))} FROM jobs j
  WHERE j.expires_at <= now() AND {UNSTARTED}
  ORDER BY j.expires_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), {told()}
UPDATE jobs j SET state = 'expired', finished_at = now(), held_by = NULL,
  error = jsonb_build_object('code', 'expired', 'message', 'It had not started by its expires_at.'),
  {NEXT},
  {entry()}
FROM numbered n WHERE j.id = n.id
RETURNING {WITHOUT_ARGS}
"""

NEXT_DUE = f"""
SELECT extract(epoch FROM least(
  (SELECT min(run_at) FROM jobs WHERE state IN ('scheduled', 'retrying')),
  (SELECT min(expires_at) FROM jobs
   WHERE expires_at IS NOT NULL AND {UNSTARTED})
) - now())::float8 AS seconds
"""

# Orgs that have queued jobs, each found by one step through the index, however many jobs it has.
ORGS = """
orgs AS (
  (SELECT org_id AS org FROM jobs WHERE state = 'queued' AND held_by IS NULL AND org_id > $1
   ORDER BY org_id LIMIT 1)
  UNION ALL
  SELECT (SELECT org_id FROM jobs WHERE state = 'queued' AND held_by IS NULL AND org_id > o.org
          ORDER BY org_id LIMIT 1)
  FROM orgs o WHERE o.org IS NOT NULL
), present AS (SELECT org FROM orgs WHERE org IS NOT NULL LIMIT $2)"""

QUEUED_ORGS = f"WITH RECURSIVE {ORGS} SELECT org FROM present"

BACKLOG = """
SELECT id, score FROM jobs
WHERE state = 'queued' AND held_by IS NULL AND org_id = $1 AND (score, id) > ($2, $5::uuid)
  AND run_at < now() - make_interval(secs => $4)
  AND queue <> ALL (SELECT name FROM paused_queues)
ORDER BY score, id LIMIT $3
"""

# One job of every org in turn: what the queue in Redis does, for the time without it.
IN_TURN = f"""
WITH RECURSIVE {ORGS}, firsts AS (
  SELECT q.id, q.score, row_number() OVER (PARTITION BY org ORDER BY q.score) AS turn
  FROM present, LATERAL (
    SELECT j.id, j.score FROM jobs j
    WHERE j.state = 'queued' AND j.held_by IS NULL AND j.org_id = org AND j.kind = ANY($4::text[])
      AND j.queue <> ALL (SELECT name FROM paused_queues)
    ORDER BY j.score LIMIT $3
  ) q
)
SELECT id FROM firsts ORDER BY turn, score LIMIT $3
"""


async def promote(db: Statements, most: int) -> list[JobRow]:
    """Queue scheduled and retrying jobs whose time has come."""
    return rows(await db.fetch(PROMOTE, most))


async def expire(db: Statements, most: int) -> list[JobRow]:
    """End jobs that were not started in the time they gave."""
    return rows(await db.fetch(EXPIRE, most))


async def next_due(db: Statements) -> float | None:
    """Return in how many seconds the next job is due or expires, None when none waits for its time."""
    record = await db.fetchrow(NEXT_DUE)
    return record["seconds"] if record else None


async def queued_orgs(db: Statements, after: str, most: int) -> list[str]:
    """Return orgs with jobs that could start, in their order, from the one behind ``after`` on."""
    return [r["org"] for r in await db.fetch(QUEUED_ORGS, after, most)]


async def backlog(
    db: Statements, org: str, after: tuple[float, UUID], most: int, older_seconds: float
) -> list[tuple[UUID, float]]:
    """Return an org's first queued jobs behind ``after`` (score, id), with their scores.

    Those that became due less than ``older_seconds`` ago are on their way anyway.
    """
    score, last = after
    found = await db.fetch(BACKLOG, org, score, most, older_seconds, last)
    return [(record["id"], record["score"]) for record in found]


async def in_turn(
    db: Statements, kinds: Sequence[str], after: str, orgs: int, most: int
) -> list[UUID]:
    """Return queued jobs, one of each org in turn: the way to work without Redis."""
    return [r["id"] for r in await db.fetch(IN_TURN, after, orgs, most, list(kinds))]
