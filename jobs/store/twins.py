"""Submissions that share a key: what an earlier one made, and whether this one means the same."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from jobs.db import Statements
from jobs.errors import IdempotencyMismatch, Unavailable
from jobs.store.new_job import Accepted, How, NewJob
from jobs.store.row import COLUMNS, JobRow, Owner

# What was there before: by the idempotency key first, else by the unique key.
FOUND = f"""
SELECT a.id AS asked, k.made_id, k.fingerprint, {COLUMNS}
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
  AS a(id, org_id, user_id, key, kind, unique_key)
LEFT JOIN idempotency_keys k ON k.org_id = a.org_id AND k.user_id = a.user_id AND k.key = a.key
LEFT JOIN jobs j ON CASE WHEN k.made_id IS NOT NULL THEN j.id = k.made_id
  ELSE j.org_id = a.org_id AND j.user_id = a.user_id AND j.kind = a.kind
       AND j.unique_key = a.unique_key AND j.finished_at IS NULL END
"""


CLAIM_KEY = """
INSERT INTO idempotency_keys (org_id, user_id, key, fingerprint, made_id)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING key
"""

KEY_MADE = """
SELECT made_id, fingerprint FROM idempotency_keys WHERE org_id = $1 AND user_id = $2 AND key = $3
"""


async def claim_key(
    db: Statements, owner: Owner, key: tuple[str, bytes], made_id: UUID
) -> tuple[UUID, bytes] | None:
    """Keep ``key`` (and its fingerprint) for what is about to be made; None, or what it made before.

    Waits for another transaction that is just using the key.
    """
    if await db.fetch(CLAIM_KEY, owner.org, owner.user, *key, made_id):
        return None
    record = await db.fetchrow(KEY_MADE, owner.org, owner.user, key[0])
    if record is None:
        raise Unavailable("The key was forgotten this very moment.")
    return record["made_id"], record["fingerprint"]


async def earlier(
    db: Statements, jobs: Sequence[NewJob]
) -> dict[UUID, Accepted | IdempotencyMismatch]:
    """Find what earlier submissions with the same keys made; what was found nowhere is left out."""
    if not jobs:
        return {}
    records = await db.fetch(
        FOUND,
        [j.id for j in jobs],
        [j.org_id for j in jobs],
        [j.user_id for j in jobs],
        [j.idempotency_key for j in jobs],
        [j.kind for j in jobs],
        [j.unique_key for j in jobs],
    )
    by_id = {job.id: job for job in jobs}
    return {r["asked"]: found for r in records if (found := answer(r, by_id[r["asked"]]))}


def answer(record: asyncpg.Record, job: NewJob) -> Accepted | IdempotencyMismatch | None:
    """Say what an earlier submission means for ``job``; None when it has to be tried (again)."""
    gone = record["id"] is None
    if record["made_id"] is None:
        if gone or job.idempotency_key is not None:
            return None  # its key is kept by the statement that finds the unique job
        return Accepted(JobRow(*record[3:]), How.DEDUPLICATED)
    if record["fingerprint"] != job.fingerprint:
        return IdempotencyMismatch()
    if gone:
        return IdempotencyMismatch("What this Idempotency-Key made has been deleted since.")
    return Accepted(JobRow(*record[3:]), How.REPLAYED)


def without_twins(jobs: Sequence[NewJob]) -> list[NewJob]:
    """Leave out those that share a key with one before them: they get its job."""
    seen: set[tuple[str, ...]] = set()
    distinct: list[NewJob] = []
    for job in jobs:
        keys = set(job_keys(job))
        if not keys & seen:
            distinct.append(job)
        seen |= keys
    return distinct


def job_keys(job: NewJob) -> list[tuple[str, ...]]:
    """Return what no two jobs of one statement may share."""
    owner = (job.org_id, job.user_id)
    keys: list[tuple[str, ...]] = []
    if job.idempotency_key is not None:
        keys.append((*owner, job.idempotency_key))
    if job.unique_key is not None:
        keys.append((*owner, job.kind, job.unique_key))
    return keys
