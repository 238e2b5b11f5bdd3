"""The inbox: entries newest first, and the change that marks them as read.

Entries are written in the transaction of the change they tell; reading one takes a number of the user's
sequence like every other change.
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
UPDATE inbox i SET read_at = now(), change_seq = n.number
FROM numbered n WHERE i.id = n.id
RETURNING {COLUMNS}
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


async def inbox_changed_since(
    db: Database, org: str, user: str, seq: int, limit: int
) -> list[InboxRow]:
    """Return entries that were made or read after ``seq``, in the order of their latest change."""
    return [InboxRow(*record) for record in await db.fetch(CHANGED, org, user, seq, limit)]
