"""What became due by itself: scheduled and retrying jobs, and queued ones that Redis forgot."""

from uuid import UUID

from jobs.db import Database
from jobs.store.row import WITHOUT_ARGS, JobRow, rows
from jobs.store.sql import MILLISECONDS, NEXT, NUMBERED, entry

PROMOTE = f"""
WITH own AS MATERIALIZED (
  SELECT id, org_id, user_id FROM jobs
  WHERE state IN ('scheduled', 'retrying') AND run_at <= now()
  ORDER BY run_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), {NUMBERED}
UPDATE jobs j SET state = 'queued', score = {MILLISECONDS} - j.priority * 1000,
  {NEXT},
  {entry("'job.queued'", extra="jsonb_build_object('reason', 'due')")}
FROM numbered n WHERE j.id = n.id
RETURNING {WITHOUT_ARGS}
"""  # noqa: S608 - constants only

NEXT_DUE = """
SELECT extract(epoch FROM min(run_at) - now())::float8 AS seconds FROM jobs
WHERE state IN ('scheduled', 'retrying')
"""

BACKLOG = """
SELECT id, score FROM jobs
WHERE state = 'queued' AND score >= $1 AND run_at < now() - make_interval(secs => $3)
ORDER BY score LIMIT $2
"""


async def promote(db: Database, most: int) -> list[JobRow]:
    """Queue scheduled and retrying jobs whose time has come."""
    return rows(await db.fetch(PROMOTE, most))


async def next_due(db: Database) -> float | None:
    """Return in how many seconds the next job is due, None when none waits for its time."""
    record = await db.fetchrow(NEXT_DUE)
    return record["seconds"] if record else None


async def backlog(
    db: Database, after: float, most: int, older_seconds: float
) -> list[tuple[UUID, float]]:
    """Return the first queued jobs from score ``after`` on, with their scores.

    Those that became due less than ``older_seconds`` ago are on their way anyway.
    """
    found = await db.fetch(BACKLOG, after, most, older_seconds)
    return [(record["id"], record["score"]) for record in found]
