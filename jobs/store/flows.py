"""Jobs that wait for jobs: dependencies, children, and batches that complete.

Everything here follows from what is already committed, so it may be done late, twice, or by anybody: right
after the change that made it due, and by the sweep if that was forgotten.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.errors import UnknownJob
from jobs.store.positions import EPOCH
from jobs.store.row import COLUMNS, WITHOUT_ARGS, JobRow, Owner, rows
from jobs.store.sql import (
    FINALS,
    FRESH_SCORE,
    NEXT,
    NUMBERED,
    UNFINISHED,
    change,
    entry,
    noted,
    told,
)

FOLLOW = """
UPDATE jobs SET followed = true WHERE id IN (
  SELECT id FROM jobs j WHERE j.id = ANY($1::uuid[])
    AND ($2::text IS NULL OR j.org_id = $2) AND ($3::text IS NULL OR j.user_id = $3)
  ORDER BY finished_at IS NULL, id FOR NO KEY UPDATE
) RETURNING id
"""

DEPEND = """
INSERT INTO dependencies (after_id, job_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING
"""

# A job that waits goes on when all it waits for is over, or at once when one of them ended badly.
RESOLVED = f"""CASE
  WHEN j.after_policy <> 'run' AND EXISTS (
    SELECT FROM dependencies d JOIN jobs p ON p.id = d.after_id
    WHERE d.job_id = j.id AND p.state IN ({FINALS}) AND p.state <> 'succeeded')
  THEN CASE j.after_policy WHEN 'cancel' THEN 'cancelled' ELSE 'failed' END
  WHEN NOT EXISTS (
    SELECT FROM dependencies d JOIN jobs p ON p.id = d.after_id
    WHERE d.job_id = j.id AND p.state NOT IN ({FINALS}))
  THEN CASE WHEN j.run_at > now() THEN 'scheduled' ELSE 'queued' END
END"""

# One that came to be followed since the statement began stays followed: who follows it is not in view.
RESOLVE = f"""
WITH done AS MATERIALIZED (
  SELECT id, xmin AS changed FROM jobs WHERE followed AND finished_at IS NOT NULL
  ORDER BY id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), waiting AS MATERIALIZED (
  SELECT j.id FROM jobs j WHERE j.state = 'waiting'
    AND j.id IN (SELECT d.job_id FROM dependencies d JOIN done ON done.id = d.after_id)
  ORDER BY j.id FOR NO KEY UPDATE
), own AS MATERIALIZED (
  SELECT {change("s.state", "'job.' || s.state", noted("s.state"))}
  FROM jobs j JOIN waiting USING (id), LATERAL (SELECT {RESOLVED} AS state) s
  WHERE s.state IS NOT NULL
), {told()}, over AS (
  UPDATE jobs SET followed = false FROM done JOIN jobs seen USING (id)
  WHERE jobs.id = done.id AND seen.xmin = done.changed
)
UPDATE jobs j SET state = n.becomes, score = {FRESH_SCORE},
  finished_at = CASE WHEN n.becomes IN ('failed', 'cancelled') THEN now() END,
  error = CASE n.becomes WHEN 'failed' THEN jsonb_build_object('code', 'dependency_failed',
    'message', 'A job that it was to run after did not succeed.') END,
  {NEXT},
  {entry(extra="jsonb_build_object('reason', 'after')")}
FROM numbered n WHERE j.id = n.id AND j.state = 'waiting'
RETURNING {WITHOUT_ARGS}
"""

UNRESOLVED = "SELECT FROM jobs WHERE followed AND finished_at IS NOT NULL LIMIT 1"

CHILDREN = f"SELECT {COLUMNS} FROM jobs j WHERE j.id = ANY($1::uuid[])"

ANY_UNFINISHED = """
SELECT FROM jobs WHERE id = ANY($1::uuid[]) AND finished_at IS NULL LIMIT 1
"""

UNFINISHED_CHILDREN = """
SELECT id FROM jobs WHERE parent_id = ANY($1::uuid[]) AND finished_at IS NULL
"""


async def follow(db: Statements, owner: Owner, after: Mapping[UUID, Sequence[UUID]]) -> None:
    """Note on the jobs in ``after`` (job → those it waits for) that others wait for them.

    Raises UnknownJob when one does not exist or is not the owner's.
    """
    wanted = {before for befores in after.values() for before in befores}
    found = await db.fetch(FOLLOW, list(wanted), owner.org, owner.user)
    if missing := wanted - {record["id"] for record in found}:
        raise UnknownJob(min(missing))


async def depend(db: Statements, after: Mapping[UUID, Sequence[UUID]]) -> None:
    """Keep who waits for whom. In the transaction that accepts the waiting jobs."""
    pairs = [(before, job) for job, befores in after.items() for before in befores]
    await db.fetch(DEPEND, [before for before, _ in pairs], [job for _, job in pairs])


async def resolve(db: Statements, most: int) -> list[JobRow]:
    """Let go, or end, jobs that waited for some that are over. Call it again while it returns any."""
    return rows(await db.fetch(RESOLVE, most))


async def unresolved(db: Statements) -> bool:
    """Return whether a job is over that others may still wait for."""
    return bool(await db.fetch(UNRESOLVED))


async def by_ids(db: Statements, ids: Sequence[UUID]) -> dict[UUID, JobRow]:
    """Return jobs by their ids, whoever's they are."""
    return {row.id: row for row in rows(await db.fetch(CHILDREN, list(ids)))}


async def any_unfinished(db: Statements, ids: Sequence[UUID]) -> bool:
    """Return whether one of these jobs is not over."""
    return bool(await db.fetch(ANY_UNFINISHED, list(ids)))


async def unfinished_children(db: Statements, parents: Sequence[UUID]) -> list[UUID]:
    """Return the children of ``parents`` that are not over."""
    return [record["id"] for record in await db.fetch(UNFINISHED_CHILDREN, list(parents))]


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as it comes out of the database. Field order is column order."""

    id: UUID
    org_id: str
    user_id: str
    total: int
    waiting: int
    scheduled: int
    queued: int
    running: int
    retrying: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int
    open: bool
    round: int
    on_complete: dict[str, Any] | None
    tags: list[str]
    created_at: datetime
    completed_at: datetime | None
    version: int
    change_seq: int
    revision: int


BATCH = ", ".join(f"b.{field.name}" for field in fields(BatchRow))

CREATE_BATCH = f"""
WITH taken AS (
  INSERT INTO sequences AS s (org_id, user_id, seq) VALUES ($2, $3, 1)
  ON CONFLICT (org_id, user_id) DO UPDATE SET seq = s.seq + 1 RETURNING seq
)
INSERT INTO batches AS b (id, org_id, user_id, open, on_complete, tags, change_seq)
SELECT $1::uuid, $2::text, $3::text, $4::bool, $5::jsonb, $6::text[], seq FROM taken
RETURNING {BATCH}
"""

# Locked, so that a batch cannot complete while jobs are being added to it.
REOPEN_BATCH = f"""
UPDATE batches b SET open = $4, revision = b.revision + 1
WHERE b.id = $1 AND b.org_id = $2 AND b.user_id = $3
RETURNING {BATCH}
"""

FIND_BATCH = f"""
SELECT {BATCH} FROM batches b WHERE b.id = $1
AND ($2::text IS NULL OR b.org_id = $2) AND ($3::text IS NULL OR b.user_id = $3)
"""

DONE = f"completed_at IS NULL AND NOT open AND {' + '.join(UNFINISHED)} = 0"

ANY_DONE = f"SELECT FROM batches WHERE id = ANY($1::uuid[]) AND {DONE} LIMIT 1"

# In a deploy, what is to follow may be of a kind that only the other version knows: that one completes it.
COMPLETE = f"""
WITH own AS MATERIALIZED (
  SELECT id, org_id, user_id FROM batches
  WHERE {DONE} AND coalesce(on_complete->>'kind' = ANY($2::text[]), true)
  ORDER BY id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
), {NUMBERED}, hooked AS (
  INSERT INTO deliveries (id, webhook_id, type, subject_id, seq, change_seq)
  SELECT gen_random_uuid(), w.id, 'batch.completed', b.id, b.version + 1, n.number
  FROM numbered n JOIN batches b ON b.id = n.id JOIN webhooks w ON w.org_id = b.org_id
    AND w.disabled_at IS NULL AND NOT w.for_job AND (w.user_id = b.user_id OR w.whole_org)
    AND w.events && ARRAY['batch.completed', 'batch.*']
)
UPDATE batches b SET completed_at = now(), version = b.version + 1, change_seq = n.number,
  revision = b.revision + 1
FROM numbered n WHERE b.id = n.id
RETURNING {BATCH}
"""

BATCH_PAGE = """
SELECT id FROM jobs WHERE batch_id = $1 AND id > $2 AND state = ANY($3::text[]) ORDER BY id LIMIT $4
"""


async def create_batch(db: Statements, batch: UUID, owner: Owner, **wanted: Any) -> BatchRow:
    """Begin a batch: ``open``, ``on_complete`` and ``tags``."""
    values = wanted["open"], wanted["on_complete"], wanted["tags"]
    record = await db.fetchrow(CREATE_BATCH, batch, owner.org, owner.user, *values)
    return BatchRow(*record)  # type: ignore[misc]  # an INSERT returns its row


async def reopen_batch(db: Statements, batch: UUID, owner: Owner, *, open: bool) -> BatchRow | None:  # noqa: A002 - the column's name
    """Lock a batch that gets more jobs and say whether still more will follow; None if not the owner's."""
    record = await db.fetchrow(REOPEN_BATCH, batch, owner.org, owner.user, open)
    return BatchRow(*record) if record else None


async def find_batch(db: Statements, owner: Owner, batch: UUID) -> BatchRow | None:
    """Return a batch, if it exists and is the owner's."""
    record = await db.fetchrow(FIND_BATCH, batch, owner.org, owner.user)
    return BatchRow(*record) if record else None


BATCH_NOW = f"SELECT {EPOCH}, {BATCH} FROM batches b WHERE b.id = $1"


async def find_batch_now(db: Statements, batch: UUID) -> tuple[str, BatchRow] | None:
    """Return a batch, whoever's it is, and the epoch it was read in."""
    record = await db.fetchrow(BATCH_NOW, batch)
    return (record[0], BatchRow(*record[1:])) if record else None


BATCHES = f"SELECT {BATCH} FROM batches b WHERE b.id = ANY($1::uuid[])"


async def batches_by_ids(db: Statements, ids: Collection[UUID]) -> list[BatchRow]:
    """Return batches by their ids, whoever's they are."""
    return [BatchRow(*record) for record in await db.fetch(BATCHES, list(ids))]


async def any_done(db: Statements, batches: Collection[UUID]) -> bool:
    """Return whether one of these batches is to be completed."""
    return bool(await db.fetch(ANY_DONE, list(batches)))


async def complete_batches(
    db: Statements, most: int, kinds: Collection[str] | None = None
) -> list[BatchRow]:
    """Complete the batches whose last job is over. Call it again while it returns any.

    Those that a job of another kind than ``kinds`` is to follow are left to whoever knows it.
    """
    known = None if kinds is None else list(kinds)
    return [BatchRow(*record) for record in await db.fetch(COMPLETE, most, known)]


async def batch_jobs(
    db: Statements, batch: UUID, states: Sequence[str], after: UUID, most: int
) -> list[UUID]:
    """Return a batch's jobs in certain states, in the order of their ids behind ``after``."""
    return [r["id"] for r in await db.fetch(BATCH_PAGE, batch, after, list(states), most)]
