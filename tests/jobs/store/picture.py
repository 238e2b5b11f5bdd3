"""The record as it is, in the shape of the ledger's picture."""

from typing import Any

from jobs.db import Statements
from jobs.models.state import State

JOBS = """
SELECT id, state, attempt, worker_id, failures, crashes, held_by, slots, followed,
  cancel_requested_at IS NOT NULL, version, change_seq, (awaiting ->> 'number')::int
FROM jobs
"""
SEQUENCES = "SELECT org_id, user_id, seq FROM sequences"
LIMITS = "SELECT key, used FROM limits WHERE used <> 0"
BATCHES = f"""
SELECT id, total, {", ".join(State)}, open, round, completed_at IS NOT NULL, version, change_seq
FROM batches
"""  # noqa: S608 - our own names
INBOX = "SELECT id, org_id, user_id, name, change_seq, read_at IS NOT NULL FROM inbox"
DELIVERIES = """
SELECT webhook_id, type, subject_id, seq, change_seq, count(*) FROM deliveries
GROUP BY webhook_id, type, subject_id, seq, change_seq
"""


async def picture(db: Statements) -> dict[str, Any]:
    """Read it."""
    return {
        "jobs": {r[0]: tuple(r)[1:] for r in await db.fetch(JOBS)},
        "sequences": {(r[0], r[1]): r[2] for r in await db.fetch(SEQUENCES)},
        "limits": {r[0]: r[1] for r in await db.fetch(LIMITS)},
        "batches": {r[0]: tuple(r)[1:] for r in await db.fetch(BATCHES)},
        "inbox": {r[0]: ((r[1], r[2]), r[3], r[4], r[5]) for r in await db.fetch(INBOX)},
        "deliveries": {tuple(r)[:5]: r[5] for r in await db.fetch(DELIVERIES)},
    }
