"""The inbox: entries newest first, the change that marks them as read, and what devices have shown.

Entries are written in the transaction of the change they tell; reading one takes a number of the user's
sequence like every other change. Acknowledging takes none: nobody else is told. Either ends what was to
be handed off.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Database
from jobs.store.sql import NUMBERED


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One notification. Field order is column order."""

    id: UUID
    org_id: str
    user_id: str
    job_id: UUID | None
    name: str
    data: Any
    created_at: datetime
    read_at: datetime | None
    change_seq: int
    acked_at: datetime | None = None
    handed_off: dict[str, str] | None = None


COLUMNS = ", ".join(f"i.{field.name}" for field in fields(InboxRow))

NEWEST = f"""
SELECT {COLUMNS} FROM inbox i
WHERE i.org_id = $1 AND i.user_id = $2 AND (NOT $3 OR i.read_at IS NULL)
  AND (i.created_at, i.id) < (coalesce($4::timestamptz, 'infinity'), $5::uuid)
ORDER BY i.created_at DESC, i.id DESC LIMIT $6
"""

BY_IDS = f"SELECT {COLUMNS} FROM inbox i WHERE i.id = ANY($1)"

UNREAD = "SELECT count(*) FROM inbox WHERE org_id = $1 AND user_id = $2 AND read_at IS NULL"

READ = f"""
WITH own AS MATERIALIZED (
  SELECT id, org_id, user_id FROM inbox
  WHERE org_id = $1 AND user_id = $2 AND read_at IS NULL
    AND ($3::uuid[] IS NULL OR id = ANY($3))
  ORDER BY id LIMIT $4 FOR NO KEY UPDATE
), {NUMBERED}
UPDATE inbox i SET read_at = now(), change_seq = n.number, handoff_at = NULL,
  acked_at = coalesce(i.acked_at, now())
FROM numbered n WHERE i.id = n.id
RETURNING {COLUMNS}
"""

ACK = """
WITH own AS MATERIALIZED (
  SELECT id FROM inbox
  WHERE org_id = $1 AND user_id = $2 AND acked_at IS NULL AND change_seq <= $3
  ORDER BY id LIMIT $4 FOR NO KEY UPDATE
), acked AS (
  UPDATE inbox i SET acked_at = now(), handoff_at = NULL FROM own WHERE i.id = own.id
  RETURNING i.id
)
SELECT count(*) AS acked FROM acked
"""

AT_JOIN = f"""
SELECT u.unread, i.* FROM ({UNREAD}) AS u(unread) LEFT JOIN LATERAL (
  SELECT {COLUMNS} FROM inbox i WHERE i.org_id = $1 AND i.user_id = $2 AND i.read_at IS NULL
  ORDER BY i.created_at DESC, i.id DESC LIMIT $3
) i ON true ORDER BY i.created_at DESC, i.id DESC
"""

CHANGED = f"""
SELECT {COLUMNS} FROM inbox i
WHERE i.org_id = $1 AND i.user_id = $2 AND i.change_seq > $3 ORDER BY i.change_seq LIMIT $4
"""


async def inbox_by_ids(db: Database, ids: Sequence[UUID]) -> dict[UUID, InboxRow]:
    """Return entries by their ids, whoever's they are."""
    found = [InboxRow(*record) for record in await db.fetch(BY_IDS, list(ids))]
    return {row.id: row for row in found}


async def newest_inbox(
    db: Database,
    owner: tuple[str, str],
    behind: tuple[datetime, UUID] | None,
    limit: int,
    *,
    unread: bool,
) -> list[InboxRow]:
    """Return entries of ``owner`` (org, user) older than ``behind``, newest first."""
    at, last = behind or (None, None)
    return [InboxRow(*r) for r in await db.fetch(NEWEST, *owner, unread, at, last, limit)]


async def unread_inbox(db: Database, org: str, user: str) -> int:
    """Return how many entries the user has not read."""
    record = await db.fetchrow(UNREAD, org, user)
    return int(record[0]) if record else 0


async def read_inbox(
    db: Database, org: str, user: str, ids: Sequence[UUID] | None, most: int
) -> list[InboxRow]:
    """Mark entries as read, all for None; returns those that changed, in the order of their numbers."""
    wanted = None if ids is None else list(ids)
    changed = [InboxRow(*record) for record in await db.fetch(READ, org, user, wanted, most)]
    return sorted(changed, key=lambda row: row.change_seq)


async def ack_inbox(db: Database, org: str, user: str, seq: int, most: int) -> int:
    """Note that a device has shown entries whose latest change is at most ``seq``. Returns how many."""
    record = await db.fetchrow(ACK, org, user, seq, most)
    return int(record["acked"]) if record else 0


async def unread_at_join(
    db: Database, org: str, user: str, limit: int
) -> tuple[int, list[InboxRow]]:
    """Return how many entries are unread and the newest of them, in one statement."""
    records = await db.fetch(AT_JOIN, org, user, limit)
    rows = [InboxRow(*record[1:]) for record in records if record["id"] is not None]
    return int(records[0]["unread"]), rows


async def inbox_changed_since(
    db: Database, org: str, user: str, seq: int, limit: int
) -> list[InboxRow]:
    """Return entries that were made or read after ``seq``, in the order of their latest change."""
    return [InboxRow(*record) for record in await db.fetch(CHANGED, org, user, seq, limit)]
