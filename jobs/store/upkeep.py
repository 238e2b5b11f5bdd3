"""Keeping the record small: old results, jobs and keys go in batches, a few at a time."""

from datetime import timedelta

from jobs.db import Statements

# Jobs that were settled in one statement finished at the same moment: the page ends behind the last of
# them, or the mark would pass over some.
FORGET_RESULTS = """
WITH mark AS (
  INSERT INTO marks (name, at) VALUES ('results', now() - $1::interval - interval '1 day')
  ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING at
), old AS MATERIALIZED (
  SELECT id, finished_at FROM jobs
  WHERE finished_at > (SELECT at FROM mark) AND finished_at < now() - $1::interval
  ORDER BY finished_at LIMIT $2
), moved AS (
  UPDATE jobs j SET result = NULL
  WHERE j.finished_at > (SELECT at FROM mark) AND j.finished_at <= (SELECT max(finished_at) FROM old)
    AND j.result IS NOT NULL
)
SELECT max(finished_at) AS until, count(*) AS n FROM old
"""

MOVE_MARK = "UPDATE marks SET at = $1 WHERE name = 'results'"

PRUNE_JOBS = """
DELETE FROM jobs WHERE id IN (
  SELECT id FROM jobs WHERE finished_at < now() - $1::interval AND NOT followed
  ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING id
"""

PRUNE_KEYS = """
DELETE FROM idempotency_keys WHERE (org_id, user_id, key) IN (
  SELECT org_id, user_id, key FROM idempotency_keys WHERE created_at < now() - $1::interval
  ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING key
"""

PRUNE_BATCHES = """
DELETE FROM batches WHERE id IN (
  SELECT id FROM batches b WHERE b.completed_at < now() - $1::interval
    AND NOT EXISTS (SELECT FROM jobs WHERE batch_id = b.id)
  LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING id
"""

PRUNE_INBOX = """
DELETE FROM inbox WHERE id IN (
  SELECT id FROM inbox WHERE created_at < now() - $1::interval LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING id
"""

PRUNE_DELIVERIES = """
DELETE FROM deliveries WHERE id IN (
  SELECT id FROM deliveries WHERE created_at < now() - $1::interval
    AND (next_at IS NULL OR NOT EXISTS (SELECT FROM webhooks w WHERE w.id = webhook_id))
  LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING id
"""

PRUNE_LIMITS = """
DELETE FROM limits WHERE key IN (
  SELECT key FROM limits WHERE used = 0 AND free_at < now() - interval '1 day'
  LIMIT $1 FOR UPDATE SKIP LOCKED
) RETURNING key
"""


PRUNE_TIMELINES = """
DELETE FROM timelines WHERE id IN (
  SELECT id FROM timelines WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED
) RETURNING id
"""

# A day later they no longer count against anybody.
PRUNE_VERIFICATIONS = """
DELETE FROM verifications WHERE id IN (
  SELECT id FROM verifications WHERE created_at < now() - interval '1 day'
  LIMIT $1 FOR UPDATE SKIP LOCKED
) RETURNING id
"""


async def forget_results(db: Statements, ttl: timedelta, most: int) -> int:
    """Empty results older than ``ttl``; a mark remembers how far it has come. Returns how many it saw."""
    record = await db.fetchrow(FORGET_RESULTS, ttl, most)
    if record is None or record["until"] is None:
        return 0
    await db.fetch(MOVE_MARK, record["until"])
    return int(record["n"])


async def prune_jobs(db: Statements, retention: timedelta, most: int) -> int:
    """Delete jobs that finished longer ago than ``retention``. Returns how many."""
    return len(await db.fetch(PRUNE_JOBS, retention, most))


async def prune_rest(db: Statements, keys: timedelta, retention: timedelta, most: int) -> int:
    """Delete what is past its time: idempotency keys, batches, inbox entries, deliveries and the like."""
    gone = len(await db.fetch(PRUNE_KEYS, keys, most))
    for sql in (PRUNE_BATCHES, PRUNE_INBOX, PRUNE_DELIVERIES):
        gone += len(await db.fetch(sql, retention, most))
    for sql in (PRUNE_LIMITS, PRUNE_TIMELINES, PRUNE_VERIFICATIONS):
        gone += len(await db.fetch(sql, most))
    return gone
