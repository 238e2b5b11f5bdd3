"""Connections as their owners keep them: made, changed, deleted. Jobs use ``jobs.kept.connections``."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.kept.connections import COLUMNS, FIND, ConnectionRow

Owner = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A connection to be kept; its credentials are sealed. Field order is parameter order."""

    id: UUID
    org_id: str
    user_id: str
    provider: str
    name: str
    base_url: str
    token_url: str
    account: str
    credentials: bytes = field(repr=False)
    holds: Sequence[str]
    expires_at: datetime | None


ADD = f"""
INSERT INTO connections AS c (id, org_id, user_id, provider, name, base_url, token_url, account,
                              credentials, holds, expires_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[], $11
WHERE (SELECT count(*) FROM connections o WHERE o.org_id = $2 AND o.user_id = $3) < $12
RETURNING {COLUMNS}
"""

LIST = f"""
SELECT {COLUMNS} FROM connections c
WHERE c.org_id = $1 AND c.user_id = $2 AND ($6::text IS NULL OR c.provider = $6)
  AND (c.created_at, c.id) < (coalesce($3::timestamptz, 'infinity'), $4::uuid)
ORDER BY c.created_at DESC, c.id DESC LIMIT $5
"""

FRESH = "$10::bytea IS NOT NULL"

# New credentials begin a new life: whatever was known of the old ones, a refresh under way too, is over.
CHANGE = f"""
UPDATE connections c SET name = coalesce($4, c.name), account = coalesce($5, c.account),
  base_url = coalesce($6, c.base_url), token_url = coalesce($7, c.token_url),
  expires_at = CASE WHEN $8 THEN $9::timestamptz ELSE c.expires_at END,
  credentials = coalesce($10, c.credentials), holds = coalesce($11::text[], c.holds),
  status = CASE WHEN {FRESH} THEN 'active' ELSE coalesce($12::text, c.status) END,
  status_reason = CASE WHEN {FRESH} OR $12::text IS NOT NULL THEN NULL ELSE c.status_reason END,
  refreshed_at = CASE WHEN {FRESH} THEN NULL ELSE c.refreshed_at END,
  refreshing_until = CASE WHEN {FRESH} THEN NULL ELSE c.refreshing_until END,
  unanswered_at = CASE WHEN {FRESH} THEN NULL ELSE c.unanswered_at END,
  refresh_after = CASE WHEN {FRESH} THEN NULL ELSE c.refresh_after END,
  refresh_failures = CASE WHEN {FRESH} THEN 0 ELSE c.refresh_failures END,
  version = c.version + 1, updated_at = now()
WHERE c.id = $1 AND c.org_id = $2 AND c.user_id = $3
RETURNING {COLUMNS}
"""

DELETE = "DELETE FROM connections WHERE id = $1 AND org_id = $2 AND user_id = $3 RETURNING id"


async def add_connection(db: Statements, new: NewConnection, most: int) -> ConnectionRow | None:
    """Keep a connection, unless its user has ``most`` already."""
    return one(await db.fetch(ADD, *astuple(new), most))


async def list_connections(
    db: Statements,
    owner: Owner,
    provider: str | None,
    behind: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ConnectionRow]:
    """Return the connections of ``owner`` (org, user) made before ``behind``, newest first."""
    at, last = behind or (None, None)
    records = await db.fetch(LIST, *owner, at, last, limit, provider)
    return [ConnectionRow(*record) for record in records]


async def read_connection(db: Statements, owner: Owner, ident: UUID) -> ConnectionRow | None:
    """Return a connection, if it exists and is the owner's."""
    return one(await db.fetch(FIND, ident, *owner))


async def change_connection(
    db: Statements, owner: Owner, ident: UUID, changes: Mapping[str, Any]
) -> ConnectionRow | None:
    """Change what is in ``changes``, by the names of columns.

    Sealed ``credentials`` come with what they hold; they make the connection active again.
    """
    named = [changes.get(name) for name in ("name", "account", "base_url", "token_url")]
    expiry = ["expires_at" in changes, changes.get("expires_at")]
    rest = [changes.get(name) for name in ("credentials", "holds", "status")]
    return one(await db.fetch(CHANGE, ident, *owner, *named, *expiry, *rest))


async def delete_connection(db: Statements, owner: Owner, ident: UUID) -> bool:
    """Remove a connection with its credentials."""
    return bool(await db.fetch(DELETE, ident, *owner))


def one(records: Sequence[Any]) -> ConnectionRow | None:
    """Return the first record as a row, None when there is none."""
    return ConnectionRow(*records[0]) if records else None
