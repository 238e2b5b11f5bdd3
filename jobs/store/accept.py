"""Taking jobs in: one statement and one commit for however many callers came together.

A submission may carry an idempotency key (it makes one job however often it is sent) and a unique key
(one unfinished job of the kind and key). Both are decided in the statement that inserts the job.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg

from jobs.db import Statements, Transaction
from jobs.errors import IdempotencyMismatch, Unavailable
from jobs.store.row import COLUMNS, JobRow, Owner, rows
from jobs.store.sql import MILLISECONDS, told

TRIES = 5


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be accepted. ``delay_seconds`` and ``expires_seconds`` count from the database's now.

    ``limits`` are the keys of limits it will need to start; ``waits`` says that it starts after others.
    """

    id: UUID
    org_id: str
    user_id: str
    kind: str
    args: Any
    max_attempts: int
    timeout_seconds: float
    priority: int = 0
    run_at: datetime | None = None
    delay_seconds: float | None = None
    tags: Sequence[str] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    queue: str = "default"
    parent_id: UUID | None = None
    batch_id: UUID | None = None
    schedule_id: UUID | None = None
    webhook_id: UUID | None = None
    unique_key: str | None = None
    concurrency_key: str | None = None
    expires_seconds: float | None = None
    notify: bool = False
    after_policy: str | None = None
    limits: Sequence[str] = ()
    idempotency_key: str | None = None
    fingerprint: bytes = b""

    @property
    def waits(self) -> bool:
        """Return whether it starts only after other jobs."""
        return self.after_policy is not None


class How(StrEnum):
    """What became of a submission."""

    NEW = "new"
    REPLAYED = "replayed"
    DEDUPLICATED = "deduplicated"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A submission's job, and whether it is a new one."""

    row: JobRow
    how: How = How.NEW


ASKED = """asked AS MATERIALIZED (
  SELECT t.*, coalesce(at, now() + make_interval(secs => delay), now()) AS due
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::int[], $7::float8[],
              $8::int[], $9::timestamptz[], $10::float8[], $11::jsonb[], $12::text[], $13::uuid[],
              $14::uuid[], $15::uuid[], $16::uuid[], $17::text[], $18::text[], $19::float8[],
              $20::bool[], $21::text[])
    AS t(id, org_id, user_id, kind, args, max_attempts, timeout, priority, at, delay, more, queue,
         parent_id, batch_id, schedule_id, webhook_id, unique_key, concurrency_key, expires, notify,
         after_policy)
)"""

OWN = """
  SELECT a.*, NULL::text AS was, 0 AS notes, 1 AS seq, 'job.' || a.becomes AS type
  FROM (SELECT a.*, CASE WHEN after_policy IS NOT NULL THEN 'waiting'
                         WHEN due > now() THEN 'scheduled' ELSE 'queued' END AS becomes
        FROM asked a) AS a"""

# A job goes behind those that a limit of its own already holds; it is let go in its turn.
HELD = """(SELECT h.held_by FROM jobs h WHERE h.held_by = ANY(ARRAY(
    SELECT jsonb_array_elements_text(n.more -> 'limits'))) LIMIT 1)"""

INSERT = f"""
INSERT INTO jobs AS j (id, org_id, user_id, kind, args, max_attempts, timeout_seconds, priority, queue,
  parent_id, batch_id, schedule_id, webhook_id, unique_key, concurrency_key, expires_at, notify,
  after_policy, tags, metadata, state, run_at, score, held_by, change_seq, history)
SELECT id, org_id, user_id, kind, args, max_attempts, timeout, priority, queue, parent_id, batch_id,
  schedule_id, webhook_id, unique_key, concurrency_key, now() + make_interval(secs => expires), notify,
  after_policy, ARRAY(SELECT jsonb_array_elements_text(more -> 'tags')), more -> 'metadata',
  becomes, due, {MILLISECONDS} - priority * 1000,
  CASE WHEN becomes = 'queued' AND more ? 'limits' THEN {HELD} END, number,
  jsonb_build_array(jsonb_build_object('seq', 1, 'attempt', 0, 'time', now(), 'type', type))
FROM numbered n RETURNING {COLUMNS}
"""

ACCEPT = f"WITH {ASKED}, own AS MATERIALIZED ({OWN}), {told()} {INSERT}"

ACCEPT_KEYED = f"""
WITH {ASKED}, keys AS MATERIALIZED (
  SELECT k.id, k.key, k.fingerprint, u.id AS twin
  FROM unnest($1::uuid[], $22::text[], $23::bytea[]) AS k(id, key, fingerprint)
  JOIN asked a ON a.id = k.id
  LEFT JOIN jobs u ON u.org_id = a.org_id AND u.user_id = a.user_id AND u.kind = a.kind
    AND u.unique_key = a.unique_key AND u.unique_key IS NOT NULL AND u.finished_at IS NULL
), kept AS (
  INSERT INTO idempotency_keys (org_id, user_id, key, fingerprint, made_id)
  SELECT a.org_id, a.user_id, k.key, k.fingerprint, coalesce(k.twin, k.id)
  FROM keys k JOIN asked a ON a.id = k.id WHERE k.key IS NOT NULL
  ORDER BY a.org_id, a.user_id, k.key ON CONFLICT DO NOTHING
  RETURNING made_id
), own AS MATERIALIZED (
  {OWN} JOIN keys k ON k.id = a.id
  WHERE k.twin IS NULL AND (k.key IS NULL OR a.id IN (SELECT made_id FROM kept))
), {told()} {INSERT}"""

LANDED = f"SELECT {COLUMNS} FROM jobs j WHERE j.id = ANY($1)"

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


async def insert(db: Statements, jobs: Sequence[NewJob]) -> list[JobRow]:
    """Insert those whose keys are free. A twin that came first at the last moment: none, ask again."""
    keyed = any(job.idempotency_key or job.unique_key for job in jobs)
    sql = ACCEPT_KEYED if keyed else ACCEPT
    values = [*columns(jobs), *(key_columns(jobs) if keyed else ())]
    try:
        return rows(await db.fetch(sql, *values))
    except Unavailable:
        landed = rows(await db.fetch(LANDED, [job.id for job in jobs]))
        return landed or rows(await db.fetch(sql, *values))
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "jobs_unique" or isinstance(db, Transaction):
            raise
        return []


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


def columns(jobs: Sequence[NewJob]) -> tuple[list[Any], ...]:
    """Return the jobs as the arrays ASKED unnests."""
    return (
        [j.id for j in jobs],
        [j.org_id for j in jobs],
        [j.user_id for j in jobs],
        [j.kind for j in jobs],
        [j.args for j in jobs],
        [j.max_attempts for j in jobs],
        [j.timeout_seconds for j in jobs],
        [j.priority for j in jobs],
        [j.run_at for j in jobs],
        [j.delay_seconds for j in jobs],
        [more(j) for j in jobs],
        [j.queue for j in jobs],
        [j.parent_id for j in jobs],
        [j.batch_id for j in jobs],
        [j.schedule_id for j in jobs],
        [j.webhook_id for j in jobs],
        [j.unique_key for j in jobs],
        [j.concurrency_key for j in jobs],
        [j.expires_seconds for j in jobs],
        [j.notify for j in jobs],
        [j.after_policy for j in jobs],
    )


def more(job: NewJob) -> dict[str, Any]:
    """Return what is no plain value: a bare list would become a second dimension of the array."""
    limits = {"limits": list(job.limits)} if job.limits else {}
    return {"tags": list(job.tags), "metadata": job.metadata, **limits}


def key_columns(jobs: Sequence[NewJob]) -> tuple[list[Any], ...]:
    """Return the idempotency keys and fingerprints as arrays."""
    return [j.idempotency_key for j in jobs], [j.fingerprint for j in jobs]
