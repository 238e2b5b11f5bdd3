"""API keys, open sessions and revocations as statements."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.ids import uuid7
from jobs.store.row import Owner
from realtime.revocations import Revocation


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One API key, without its digest. Field order is column order."""

    id: UUID
    org_id: str
    user_id: str
    name: str
    scopes: list[str]
    hint: str
    made_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key to be kept; ``digest`` is the SHA-256 of its text."""

    org_id: str
    user_id: str
    name: str
    scopes: Sequence[str]
    hint: str
    digest: bytes
    made_by: UUID | None
    expires_at: datetime | None


COLUMNS = ", ".join(f"k.{field.name}" for field in fields(KeyRow))

ADD_KEY = f"""
INSERT INTO api_keys AS k
  (id, org_id, user_id, name, scopes, hint, digest, made_by, expires_at)
SELECT $1, $2, $3, $4, $5::text[], $6, $7, $8, $9
WHERE (SELECT count(*) FROM api_keys o WHERE o.org_id = $2 AND o.user_id = $3) < $10
RETURNING {COLUMNS}
"""

LIST_KEYS = f"""
SELECT {COLUMNS} FROM api_keys k WHERE k.org_id = $1 AND k.user_id = $2 ORDER BY k.id DESC
"""

FIND_KEY = f"""
SELECT {COLUMNS} FROM api_keys k WHERE k.digest = $1 AND (k.expires_at > now()) IS NOT FALSE
"""

USE_KEY = """
UPDATE api_keys SET last_used_at = now()
WHERE id = $1 AND (last_used_at < now() - $2::interval) IS NOT FALSE
"""

# The lock waits for a session that is being opened with the key right now; the next statement sees it.
LOCK_KEY = f"""
SELECT {COLUMNS} FROM api_keys k
WHERE k.id = $1 AND ($2::text IS NULL OR k.org_id = $2) AND ($3::text IS NULL OR k.user_id = $3)
FOR UPDATE
"""

REVOKE_KEY = """
WITH gone AS (DELETE FROM api_keys WHERE id = $1 RETURNING id),
ended AS (DELETE FROM sessions WHERE opened_by = $1 RETURNING id, expires_at)
INSERT INTO revocations (session, expires_at)
SELECT 'key:' || id, now() + $2::interval FROM gone
UNION ALL SELECT 'session:' || id, expires_at FROM ended
ON CONFLICT (session) DO NOTHING
RETURNING session, expires_at
"""

OPEN_SESSION = """
INSERT INTO sessions (id, org_id, user_id, opened_by, expires_at)
SELECT $1, $2, $3, $4, $5
WHERE $4::uuid IS NULL OR EXISTS (SELECT FROM api_keys WHERE id = $4 FOR KEY SHARE)
RETURNING id
"""

OPENER = """
SELECT k.id, k.expires_at FROM sessions s JOIN api_keys k ON k.id = s.opened_by WHERE s.id = $1
"""

END_SESSION = """
WITH ended AS (DELETE FROM sessions WHERE id = $1)
INSERT INTO revocations (session, expires_at) VALUES ('session:' || $1::uuid, $2)
ON CONFLICT (session) DO NOTHING
RETURNING session, expires_at
"""

END_SESSIONS = """
WITH ended AS (
  DELETE FROM sessions WHERE org_id = $1 AND user_id = $2 RETURNING id, expires_at
)
INSERT INTO revocations (session, expires_at)
SELECT 'session:' || id, expires_at FROM ended WHERE expires_at > now()
ON CONFLICT (session) DO NOTHING
RETURNING session, expires_at
"""

# An hour more than needed, for clocks that differ.
NEW_REVOCATIONS = """
SELECT session, expires_at FROM revocations
WHERE revoked_at > now() - $1::interval AND expires_at > now() - interval '1 hour'
"""

PRUNE_ACCESS = """
WITH revoked AS (
  DELETE FROM revocations WHERE session IN (
    SELECT session FROM revocations WHERE expires_at < now() - interval '1 hour'
    LIMIT $2 FOR UPDATE SKIP LOCKED
  ) RETURNING 1
), sessions AS (
  DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE expires_at < now() LIMIT $2 FOR UPDATE SKIP LOCKED
  ) RETURNING 1
), keys AS (
  DELETE FROM api_keys WHERE id IN (
    SELECT id FROM api_keys WHERE expires_at < now() - $1::interval
    LIMIT $2 FOR UPDATE SKIP LOCKED
  ) RETURNING 1
)
SELECT * FROM revoked UNION ALL SELECT * FROM sessions UNION ALL SELECT * FROM keys
"""


async def add_key(db: Statements, new: NewKey, most: int) -> KeyRow | None:
    """Keep a key, unless its user has ``most`` already."""
    record = await db.fetchrow(
        ADD_KEY,
        uuid7(),
        new.org_id,
        new.user_id,
        new.name,
        list(new.scopes),
        new.hint,
        new.digest,
        new.made_by,
        new.expires_at,
        most,
    )
    return KeyRow(*record) if record else None


async def list_keys(db: Statements, org: str, user: str) -> list[KeyRow]:
    """Return the keys of a user in an org, newest first."""
    return [KeyRow(*record) for record in await db.fetch(LIST_KEYS, org, user)]


async def find_key(db: Statements, digest: bytes) -> KeyRow | None:
    """Return the key with this digest, if there is one that has not expired."""
    record = await db.fetchrow(FIND_KEY, digest)
    return KeyRow(*record) if record else None


async def use_key(db: Statements, key_id: UUID, rarely: timedelta) -> None:
    """Note that a key was used, unless that was noted within ``rarely``."""
    await db.fetch(USE_KEY, key_id, rarely)


async def lock_key(tx: Statements, owner: Owner, key_id: UUID) -> KeyRow | None:
    """Return a key, if it exists and is the owner's; no session is opened with it until the commit."""
    record = await tx.fetchrow(LOCK_KEY, key_id, owner.org, owner.user)
    return KeyRow(*record) if record else None


async def revoke_key(tx: Statements, key_id: UUID, kept: timedelta) -> list[Revocation]:
    """Remove a locked key and the sessions opened with it.

    The key's own revocation is kept for the length of ``kept``.
    """
    return revocations(await tx.fetch(REVOKE_KEY, key_id, kept))


async def open_session(
    db: Statements, ident: UUID, who: tuple[str, str], opened_by: UUID | None, ends: datetime
) -> bool:
    """Note a session of ``who`` (org, user); False when the key it is opened with is gone."""
    return bool(await db.fetch(OPEN_SESSION, ident, *who, opened_by, ends))


async def opener_of(db: Statements, ident: UUID) -> tuple[UUID, datetime | None] | None:
    """Return the key a session was opened with and when it ends, None when it was no key."""
    record = await db.fetchrow(OPENER, ident)
    return (record[0], record[1]) if record else None


async def end_session(db: Statements, ident: UUID, ends: datetime) -> list[Revocation]:
    """Revoke a session that would end at ``ends``; empty when it was revoked before."""
    return revocations(await db.fetch(END_SESSION, ident, ends))


async def end_sessions(db: Statements, org: str, user: str) -> list[Revocation]:
    """Revoke every session that a user has open in an org."""
    return revocations(await db.fetch(END_SESSIONS, org, user))


async def new_revocations(db: Statements, age: timedelta) -> list[Revocation]:
    """Return what was revoked within ``age`` and would be good still."""
    return revocations(await db.fetch(NEW_REVOCATIONS, age))


async def prune_access(db: Statements, retention: timedelta, most: int) -> int:
    """Delete expired revocations and sessions, and keys expired longer than ``retention`` ago.

    At most ``most`` of each. Returns how many.
    """
    return len(await db.fetch(PRUNE_ACCESS, retention, most))


def revocations(records: Sequence[Any]) -> list[Revocation]:
    """Return records as revocations."""
    return [Revocation(*record) for record in records]
