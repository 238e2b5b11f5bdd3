"""What a running attempt does to the record by its own hands: checkpoints, requests for input, notices.

Each statement is fenced like an ending: it names the attempt and the worker that own the job.
"""

from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.store.inbox import InboxRow
from jobs.store.row import WITHOUT_ARGS, JobRow, Owner, rows
from jobs.store.sql import FREED, NEXT, change, entry, told, wanted_at

MINE = "j.state = 'running' AND j.attempt = $2 AND j.worker_id = $3"

SAVE = f"""
INSERT INTO checkpoints (job_id, data)
SELECT j.id, coalesce($4::jsonb, 'null') FROM jobs j WHERE j.id = $1 AND {MINE} FOR KEY SHARE
ON CONFLICT (job_id) DO UPDATE SET data = excluded.data, saved_at = now()
RETURNING job_id
"""

SAVED = "SELECT data FROM checkpoints WHERE job_id = $1"

NOTICE = f"""
WITH own AS MATERIALIZED (
  SELECT j.id, j.org_id, j.user_id FROM jobs j
  WHERE j.id = $1 AND j.state = 'running' AND j.attempt = $2 AND j.worker_id = $3
    AND NOT EXISTS (SELECT FROM inbox WHERE id = $4)
  FOR NO KEY UPDATE
), taken AS (
  INSERT INTO sequences AS s (org_id, user_id, seq) SELECT org_id, user_id, 1 FROM own
  ON CONFLICT (org_id, user_id) DO UPDATE SET seq = s.seq + 1 RETURNING seq
), hooked AS (
  INSERT INTO deliveries (id, webhook_id, type, subject_id, change_seq)
  SELECT gen_random_uuid(), w.id, 'notification.' || $5::text, $4, taken.seq
  FROM taken, own JOIN webhooks w ON w.org_id = own.org_id AND w.disabled_at IS NULL
    AND NOT w.for_job AND (w.user_id = own.user_id OR w.whole_org)
    AND w.events && ARRAY['notification.' || $5, 'notification.*']
)
INSERT INTO inbox (id, org_id, user_id, job_id, name, data, change_seq, handoff_at)
SELECT $4, own.org_id, own.user_id, own.id, $5, $6::jsonb, taken.seq, {wanted_at("own")} FROM own, taken
RETURNING id, org_id, user_id, job_id, name, data, created_at, read_at, change_seq
"""

ASKING = "CASE WHEN $4::jsonb IS NULL THEN 'job.input_expired' ELSE 'job.input_requested' END"

ASK = f"""
WITH own AS MATERIALIZED (
  SELECT {change("'running'", ASKING)} FROM jobs j WHERE j.id = $1 AND {MINE}
    AND ($4::jsonb IS NOT NULL OR j.awaiting IS NOT NULL)
  FOR NO KEY UPDATE
), {told()}
UPDATE jobs j SET awaiting = $4::jsonb, {NEXT}, {entry()}
FROM numbered n WHERE j.id = n.id
RETURNING {WITHOUT_ARGS}
"""

ANSWER = f"""
WITH own AS MATERIALIZED (
  SELECT {change("'running'", "'job.input_received'")}, j.awaiting FROM jobs j
  WHERE j.id = $1 AND ($2::text IS NULL OR j.org_id = $2) AND ($3::text IS NULL OR j.user_id = $3)
    AND j.state = 'running' AND (j.awaiting ->> 'number')::int = $4
  FOR NO KEY UPDATE
), {told()}, kept AS (
  INSERT INTO answers (job_id, number, data, answered_by)
  SELECT id, (awaiting ->> 'number')::int, coalesce($5::jsonb, 'null'), $6 FROM own
)
UPDATE jobs j SET awaiting = NULL, {NEXT}, {entry(extra="jsonb_build_object('by', $6::text)")}
FROM numbered n WHERE j.id = n.id
RETURNING {WITHOUT_ARGS}
"""

ANSWERED = "SELECT data FROM answers WHERE job_id = $1 AND number = $2"

# While an attempt waits for others it does no work: its slots are free for them.
PARK = f"""
WITH own AS MATERIALIZED (
  SELECT j.id, j.slots FROM jobs j WHERE j.id = $1 AND {MINE} FOR NO KEY UPDATE
), {FREED}
UPDATE jobs j SET slots = '{{}}' FROM own WHERE j.id = own.id AND (SELECT count(*) FROM freed) >= 0
"""

# Back at work it counts again, though it may be one too many for a while: it had begun before.
UNPARK = f"""
WITH own AS MATERIALIZED (
  SELECT j.id FROM jobs j WHERE j.id = $1 AND {MINE} FOR NO KEY UPDATE
), used AS (
  INSERT INTO limits AS l (key, used)
  SELECT key, 1 FROM unnest($4::text[]) AS key WHERE EXISTS (SELECT FROM own) ORDER BY key
  ON CONFLICT (key) DO UPDATE SET used = l.used + 1
)
UPDATE jobs j SET slots = $4::text[] FROM own WHERE j.id = own.id
"""


async def save(db: Statements, attempt: tuple[UUID, int, UUID], data: Any) -> bool:
    """Keep ``data`` for the job's later attempts; False when the attempt is no longer the owner."""
    return bool(await db.fetch(SAVE, *attempt, data))


async def saved(db: Statements, job_id: UUID) -> Any:
    """Return what an attempt of the job saved last, None when none did."""
    record = await db.fetchrow(SAVED, job_id)
    return record["data"] if record else None


async def notice(
    db: Statements, attempt: tuple[UUID, int, UUID], entry_id: UUID, name: str, data: Any
) -> InboxRow | None:
    """Put an entry into the owner's inbox; None when it is there already, or the attempt is fenced."""
    record = await db.fetchrow(NOTICE, *attempt, entry_id, name, data)
    return InboxRow(*record) if record else None


async def ask(
    db: Statements, attempt: tuple[UUID, int, UUID], awaiting: dict[str, Any] | None
) -> JobRow | None:
    """Show what the job waits for (number, prompt, schema, until); None: it gave up."""
    changed = rows(await db.fetch(ASK, *attempt, awaiting))
    return changed[0] if changed else None


async def answer(
    db: Statements, owner: Owner, job_id: UUID, number: int, data: Any, by: str
) -> JobRow | None:
    """Hand input to the ``number``-th request of a running job; None when that is not what it awaits."""
    found = rows(await db.fetch(ANSWER, job_id, owner.org, owner.user, number, data, by))
    return found[0] if found else None


async def answered(db: Statements, job_id: UUID, number: int) -> tuple[bool, Any]:
    """Return whether a request for input has its answer, and the answer."""
    record = await db.fetchrow(ANSWERED, job_id, number)
    return record is not None, record["data"] if record else None


async def park(db: Statements, attempt: tuple[UUID, int, UUID]) -> None:
    """Give the slots of a waiting attempt back."""
    await db.fetch(PARK, *attempt)


async def unpark(db: Statements, attempt: tuple[UUID, int, UUID], slots: list[str]) -> None:
    """Take the slots again."""
    await db.fetch(UNPARK, *attempt, slots)
