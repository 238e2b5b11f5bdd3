"""Verifying addresses, in the database: how often a code may be asked for, tried, and what comes of it.

All by the database's clock. Whoever asks or confirms holds the user's preferences, so nobody does either
twice at once.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from jobs.db import Statements
from jobs.kept.verifications import COLUMNS, VerificationRow
from jobs.store.preferences import COLUMNS as WISHES
from jobs.store.preferences import PreferencesRow

VALID = timedelta(minutes=15)
PAUSE = timedelta(minutes=1)
PERIOD = timedelta(hours=1)
MOST_CODES = 5
"""Within PERIOD, for one user and way, and to one address whoever asks."""
MOST_TRIES = 5
NONCE_BYTES = 32

HOLD = f"""
SELECT {WISHES} FROM preferences p WHERE p.org_id = $1 AND p.user_id = $2 FOR NO KEY UPDATE
"""

# What is asked for too soon waits for the newest, what is too much for the oldest of the last five.
WAIT = """
SELECT greatest(interval '0', max(created_at) + $5::interval - now(),
  CASE WHEN count(*) = $7 THEN min(created_at) + $6::interval - now() END)
FROM (
  SELECT created_at FROM verifications
  WHERE way = $3 AND ((org_id = $1 AND user_id = $2) OR address = $4)
    AND created_at > now() - $6::interval
  ORDER BY created_at DESC LIMIT $7
) AS lately
"""

ADD = f"""
INSERT INTO verifications AS v (id, org_id, user_id, way, address, nonce, job_id, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::interval) RETURNING {COLUMNS}
"""

NEWEST = f"""
SELECT {COLUMNS} FROM verifications v WHERE v.org_id = $1 AND v.user_id = $2 AND v.way = $3
ORDER BY v.created_at DESC, v.id DESC LIMIT 1
"""

MISS = "UPDATE verifications SET tries = tries + 1 WHERE id = $1"
USE = "UPDATE verifications SET used_at = now() WHERE id = $1"

VERIFIED = {
    way: f"""
UPDATE preferences p SET {way}_verified_at = now()
WHERE p.org_id = $1 AND p.user_id = $2 AND p.{way} = $3 RETURNING {WISHES}
"""
    for way in ("email", "phone")
}


@dataclass(frozen=True, slots=True)
class NewVerification:
    """A code to be sent by the job ``job_id``."""

    id: UUID
    org_id: str
    user_id: str
    way: str
    address: str
    job_id: UUID


async def hold_preferences(db: Statements, org: str, user: str) -> PreferencesRow | None:
    """Return what a user said; nobody else changes or verifies it before the transaction ends."""
    record = await db.fetchrow(HOLD, org, user)
    return PreferencesRow(*record) if record else None


async def code_wait(db: Statements, org: str, user: str, way: str, address: str) -> timedelta:
    """Return how long it is until another code may be asked for; zero for now."""
    record = await db.fetchrow(WAIT, org, user, way, address, PAUSE, PERIOD, MOST_CODES)
    return record[0] if record else timedelta()


async def add_verification(db: Statements, new: NewVerification) -> VerificationRow:
    """Keep what a code will be computed from. It is valid for 15 minutes, and ends earlier ones."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    values = (new.id, new.org_id, new.user_id, new.way, new.address, nonce, new.job_id)
    [record] = await db.fetch(ADD, *values, VALID)
    return VerificationRow(*record)


async def open_verification(
    db: Statements, org: str, user: str, way: str
) -> VerificationRow | None:
    """Return what can be confirmed now: the newest, unless it is used, used up or too old."""
    record = await db.fetchrow(NEWEST, org, user, way)
    row = VerificationRow(*record) if record else None
    if row is None or row.used_at or row.expired or row.tries >= MOST_TRIES:
        return None
    return row


async def note_wrong_code(db: Statements, row: VerificationRow) -> int:
    """Count a wrong try; return how many are left."""
    await db.fetch(MISS, row.id)
    return MOST_TRIES - row.tries - 1


async def note_right_code(db: Statements, row: VerificationRow) -> PreferencesRow | None:
    """Mark the address as verified; None when it is no longer the user's address."""
    await db.fetch(USE, row.id)
    record = await db.fetchrow(VERIFIED[row.way], row.org_id, row.user_id, row.address)
    return PreferencesRow(*record) if record else None
