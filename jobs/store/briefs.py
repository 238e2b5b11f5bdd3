"""Briefs as their readers look at them: listed, opened, deleted."""

from datetime import datetime
from uuid import UUID

from jobs.db import Statements
from jobs.kept.briefs import COLUMNS, BriefRow

OWNED = "b.id = $1 AND b.org_id = $2 AND b.user_id = $3"

LIST = f"""
SELECT {COLUMNS} FROM briefs b
WHERE b.org_id = $1 AND b.user_id = $2
  AND (b.created_at, b.id) < (coalesce($3::timestamptz, 'infinity'), $4::uuid)
ORDER BY b.created_at DESC, b.id DESC LIMIT $5
"""

FIND = f"SELECT {COLUMNS} FROM briefs b WHERE {OWNED}"

OPEN = f"UPDATE briefs b SET opened_at = now() WHERE {OWNED} AND b.opened_at IS NULL"

DELETE = f"DELETE FROM briefs b WHERE {OWNED} RETURNING b.id"

Owner = tuple[str, str]


async def list_briefs(
    db: Statements, owner: Owner, behind: tuple[datetime, UUID] | None, limit: int
) -> list[BriefRow]:
    """Return briefs of ``owner`` (org, user) made before ``behind``, newest first."""
    at, last = behind or (None, None)
    return [BriefRow(*record) for record in await db.fetch(LIST, *owner, at, last, limit)]


async def open_brief(db: Statements, owner: Owner, ident: UUID) -> BriefRow | None:
    """Return a brief, if it is there and the owner's, and note the first time that it is read."""
    record = await db.fetchrow(FIND, ident, *owner)
    if record is not None and record["opened_at"] is None:
        await db.fetch(OPEN, ident, *owner)
        record = await db.fetchrow(FIND, ident, *owner)
    return BriefRow(*record) if record else None


async def delete_brief(db: Statements, owner: Owner, ident: UUID) -> bool:
    """Forget a brief. Returns whether there was one."""
    return bool(await db.fetch(DELETE, ident, *owner))
