"""Taking jobs in: one statement and one commit for however many callers came together.

A submission may carry an idempotency key (it makes one job however often it is sent) and a unique key
(one unfinished job of the kind and key). Both are decided in the statement that inserts the job.
"""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from jobs.db import Statements, Transaction
from jobs.errors import IdempotencyMismatch, Unavailable
from jobs.store.new_job import Accepted, NewJob, as_row, asked
from jobs.store.row import COLUMNS, JobRow, rows
from jobs.store.sql import MILLISECONDS, told
from jobs.store.twins import earlier, without_twins

TRIES = 5


# One value holds them all: an array for each of two dozen columns costs more to encode than to insert.
ASKED = """asked AS MATERIALIZED (
  SELECT t.*, coalesce(at, now() + make_interval(secs => delay), now()) AS due
  FROM ROWS FROM (jsonb_to_recordset($1) AS (
    id uuid, org_id text, user_id text, kind text, args jsonb, max_attempts int, timeout float8,
    priority int, queue text, at timestamptz, delay float8, expires float8, tags text[],
    metadata jsonb, limits text[], parent_id uuid, batch_id uuid, schedule_id uuid, webhook_id uuid,
    unique_key text, concurrency_key text, notify bool, after_policy text, key text, fingerprint bytea,
    trail text
  )) WITH ORDINALITY AS t
)"""

OWN = """
  SELECT a.*, NULL::text AS was, 0 AS notes, 1 AS seq, 'job.' || a.becomes AS type
  FROM (SELECT a.*, CASE WHEN after_policy IS NOT NULL THEN 'waiting'
                         WHEN due > now() THEN 'scheduled' ELSE 'queued' END AS becomes
        FROM asked a) AS a"""

# A job goes behind those that a limit of its own already holds; it is let go in its turn.
HELD = """(SELECT h.held_by FROM jobs h WHERE h.held_by = ANY(n.limits) LIMIT 1)"""

# What the database decides about a job; all the rest is as it was asked for, and need not travel back.
DECIDED = """j.id, j.state, j.score, j.run_at, j.created_at, j.expires_at, j.held_by, j.change_seq,
  j.history"""

INSERT = f"""
INSERT INTO jobs AS j (id, org_id, user_id, kind, args, max_attempts, timeout_seconds, priority, queue,
  parent_id, batch_id, schedule_id, webhook_id, unique_key, concurrency_key, expires_at, notify,
  after_policy, tags, metadata, state, run_at, score, held_by, change_seq, history, trail)
SELECT id, org_id, user_id, kind, args, max_attempts, timeout, priority, queue, parent_id, batch_id,
  schedule_id, webhook_id, unique_key, concurrency_key, now() + make_interval(secs => expires),
  notify, after_policy, tags, metadata,
  becomes, due, {MILLISECONDS} - priority * 1000 + ordinality * 0.001,
  CASE WHEN becomes = 'queued' AND limits IS NOT NULL THEN {HELD} END, number,
  CASE WHEN becomes = 'queued' THEN '[]' ELSE jsonb_build_array(
    jsonb_build_object('seq', 1, 'attempt', 0, 'time', now(), 'type', type)) END, trail
FROM numbered n RETURNING {DECIDED}
"""

ACCEPT = f"WITH {ASKED}, own AS MATERIALIZED ({OWN}), {told()} {INSERT}"

ACCEPT_KEYED = f"""
WITH {ASKED}, keys AS MATERIALIZED (
  SELECT a.id, a.key, u.id AS twin
  FROM asked a LEFT JOIN jobs u ON u.org_id = a.org_id AND u.user_id = a.user_id AND u.kind = a.kind
    AND u.unique_key = a.unique_key AND u.unique_key IS NOT NULL AND u.finished_at IS NULL
), kept AS (
  INSERT INTO idempotency_keys (org_id, user_id, key, fingerprint, made_id)
  SELECT a.org_id, a.user_id, a.key, a.fingerprint, coalesce(k.twin, k.id)
  FROM keys k JOIN asked a ON a.id = k.id WHERE a.key IS NOT NULL
  ORDER BY a.org_id, a.user_id, a.key ON CONFLICT DO NOTHING
  RETURNING made_id
), own AS MATERIALIZED (
  {OWN} JOIN keys k ON k.id = a.id
  WHERE k.twin IS NULL AND (k.key IS NULL OR a.id IN (SELECT made_id FROM kept))
), {told()} {INSERT}"""

LANDED = f"SELECT {COLUMNS} FROM jobs j WHERE j.id = ANY($1)"


async def accept(db: Statements, jobs: Sequence[NewJob]) -> list[Accepted | IdempotencyMismatch]:
    """Take ``jobs`` in, all or none, and say in the same order what became of each.

    A lost connection is tried once more, after looking whether the first try landed. Raises
    Unavailable; then nothing may be promised, though the jobs may exist.
    """
    answers: dict[UUID, Accepted | IdempotencyMismatch] = {}
    left, tries = list(jobs), TRIES
    while left:
        if not tries:
            raise Unavailable("Jobs with the same key come and go too quickly.")
        answers |= {row.id: Accepted(row) for row in await insert(db, without_twins(left))}
        answers |= await earlier(db, [job for job in left if job.id not in answers])
        still = [job for job in left if job.id not in answers]
        tries -= len(still) == len(left)
        left = still
    return [answers[job.id] for job in jobs]


async def insert(db: Statements, jobs: Sequence[NewJob]) -> list[JobRow]:
    """Insert those whose keys are free. A twin that came first at the last moment: none, ask again."""
    keyed = any(job.idempotency_key or job.unique_key for job in jobs)
    sql = ACCEPT_KEYED if keyed else ACCEPT
    values = [asked(job) for job in jobs]
    try:
        return decided(jobs, await db.fetch(sql, values))
    except Unavailable:
        landed = rows(await db.fetch(LANDED, [job.id for job in jobs]))
        return landed or decided(jobs, await db.fetch(sql, values))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "jobs_unique" or isinstance(db, Transaction):
            raise
        return []


def decided(jobs: Sequence[NewJob], records: Sequence[asyncpg.Record]) -> list[JobRow]:
    """Return the rows that were made of ``jobs``, from what DECIDED says of them."""
    by_id = {job.id: job for job in jobs}
    return [as_row(by_id[record[0]], record) for record in records]
