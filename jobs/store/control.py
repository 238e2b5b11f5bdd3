"""What people do to jobs: stop them, and ask for another go."""

from collections.abc import Sequence
from uuid import UUID

from jobs.db import Database
from jobs.store.row import COLUMNS, JobRow, Owner, rows
from jobs.store.sql import MILLISECONDS, NEXT, NUMBERED, entry

OWNED = "($2::text IS NULL OR org_id = $2) AND ($3::text IS NULL OR user_id = $3)"

CANCEL = f"""
WITH own AS MATERIALIZED (
  SELECT id, org_id, user_id FROM jobs
  WHERE id = ANY($1::uuid[]) AND {OWNED}
    AND (state IN ('waiting', 'scheduled', 'queued', 'retrying')
         OR (state = 'running' AND cancel_requested_at IS NULL))
  ORDER BY id FOR NO KEY UPDATE
), {NUMBERED}
UPDATE jobs j SET cancel_requested_at = now(),
  state = CASE j.state WHEN 'running' THEN 'running' ELSE 'cancelled' END,
  finished_at = CASE j.state WHEN 'running' THEN NULL ELSE now() END,
  {NEXT},
  {entry("CASE j.state WHEN 'running' THEN 'job.cancelling' ELSE 'job.cancelled' END")}
FROM numbered n WHERE j.id = n.id
RETURNING {COLUMNS}
"""  # noqa: S608 - constants only

RETRY = f"""
WITH own AS MATERIALIZED (
  SELECT id, org_id, user_id FROM jobs
  WHERE id = ANY($1::uuid[]) AND {OWNED} AND state IN ('failed', 'cancelled', 'expired')
  ORDER BY id FOR NO KEY UPDATE
), {NUMBERED}
UPDATE jobs j SET state = 'queued', failures = 0, crashes = 0, result = NULL, error = NULL,
  progress = NULL, finished_at = NULL, cancel_requested_at = NULL, run_at = now(),
  score = {MILLISECONDS} - j.priority * 1000,
  {NEXT},
  {entry("'job.queued'", extra="jsonb_build_object('reason', 'retry')")}
FROM numbered n WHERE j.id = n.id
RETURNING {COLUMNS}
"""  # noqa: S608 - constants only


async def cancel(db: Database, owner: Owner, ids: Sequence[UUID]) -> list[JobRow]:
    """End jobs that have not started; flag running ones. Returns those that changed by it."""
    return rows(await db.fetch(CANCEL, list(ids), owner.org, owner.user))


async def retry(db: Database, owner: Owner, ids: Sequence[UUID]) -> list[JobRow]:
    """Queue finished but unsuccessful jobs again, attempts left afresh. Returns those that changed."""
    return rows(await db.fetch(RETRY, list(ids), owner.org, owner.user))
