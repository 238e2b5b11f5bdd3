"""What people do to jobs: stop them, ask for another go, remove them."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from jobs.db import Statements, Transaction
from jobs.store.row import COLUMNS, JobRow, Owner, rows
from jobs.store.sql import FINALS, FRESH_SCORE, NEXT, change, entry, noted, told

OWNED = "($2::text IS NULL OR j.org_id = $2) AND ($3::text IS NULL OR j.user_id = $3)"

STOPPABLE = """j.state IN ('waiting', 'scheduled', 'queued', 'retrying')
  OR (j.state = 'running' AND j.cancel_requested_at IS NULL)"""
STOPPED = "CASE j.state WHEN 'running' THEN 'running' ELSE 'cancelled' END"
STOPPING = "CASE j.state WHEN 'running' THEN 'job.cancelling' ELSE 'job.cancelled' END"

# With its children, and theirs: nobody is left to wait for them.
CANCEL = f"""
WITH RECURSIVE family AS (
  SELECT j.id FROM jobs j WHERE j.id = ANY($1::uuid[]) AND {OWNED} AND j.finished_at IS NULL
  UNION
  SELECT c.id FROM jobs c JOIN family f ON c.parent_id = f.id
), own AS MATERIALIZED (
  SELECT {change(STOPPED, STOPPING, noted(STOPPED))} FROM jobs j
  WHERE j.id IN (SELECT id FROM family) AND ({STOPPABLE})
  ORDER BY j.id FOR NO KEY UPDATE
), {told()}
UPDATE jobs j SET cancel_requested_at = now(), state = n.becomes, held_by = NULL,
  finished_at = CASE n.becomes WHEN 'running' THEN NULL ELSE now() END,
  {NEXT},
  {entry()}
FROM numbered n WHERE j.id = n.id
RETURNING {COLUMNS}
"""

# Who waited for it may wait still, for others beside it: it has to tell of its next ending as well.
RETRY = f"""
WITH own AS MATERIALIZED (
  SELECT {change("'queued'", "'job.queued'")} FROM jobs j
  WHERE j.id = ANY($1::uuid[]) AND {OWNED} AND j.state IN ('failed', 'cancelled', 'expired')
    AND (j.unique_key IS NULL OR NOT EXISTS (
      SELECT FROM jobs u WHERE u.org_id = j.org_id AND u.user_id = j.user_id AND u.kind = j.kind
        AND u.unique_key = j.unique_key AND (u.finished_at IS NULL
          OR (u.id = ANY($1) AND u.id > j.id AND u.state IN ('failed', 'cancelled', 'expired')))))
  ORDER BY j.id FOR NO KEY UPDATE
), {told()}
UPDATE jobs j SET state = 'queued', failures = 0, crashes = 0, result = NULL, error = NULL,
  progress = NULL, finished_at = NULL, cancel_requested_at = NULL, run_at = now(), expires_at = NULL,
  score = {FRESH_SCORE},
  followed = j.followed OR EXISTS (SELECT FROM dependencies d WHERE d.after_id = j.id),
  {NEXT},
  {entry(extra="jsonb_build_object('reason', 'retry')")}
FROM numbered n WHERE j.id = n.id
RETURNING {COLUMNS}
"""

DELETE = f"""
DELETE FROM jobs WHERE id IN (
  SELECT j.id FROM jobs j WHERE j.id = ANY($1::uuid[]) AND {OWNED}
    AND j.state IN ({FINALS}) AND NOT j.followed
  ORDER BY j.id FOR UPDATE
) RETURNING id
"""


async def cancel(db: Statements, owner: Owner, ids: Sequence[UUID]) -> list[JobRow]:
    """End jobs that have not started, flag running ones, and all their unfinished descendants.

    Returns those that changed by it.
    """
    return rows(await db.fetch(CANCEL, list(ids), owner.org, owner.user))


async def retry(db: Statements, owner: Owner, ids: Sequence[UUID]) -> list[JobRow]:
    """Queue finished but unsuccessful jobs again, attempts left afresh. Returns those that changed.

    One whose unique key another unfinished job has taken since stays as it is; of several with one key
    the newest goes.
    """
    try:
        return rows(await db.fetch(RETRY, list(ids), owner.org, owner.user))
    except asyncpg.UniqueViolationError:  # taken at the last moment: now it is there to be seen
        if isinstance(db, Transaction):
            raise
        return rows(await db.fetch(RETRY, list(ids), owner.org, owner.user))


async def delete(db: Statements, owner: Owner, ids: Sequence[UUID]) -> list[UUID]:
    """Remove finished jobs for good; one that others still wait for stays. Returns who is gone."""
    return [r["id"] for r in await db.fetch(DELETE, list(ids), owner.org, owner.user)]
