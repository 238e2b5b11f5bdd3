"""Bulk actions: written down first, then worked off page by page by whichever worker is free."""

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from jobs.db import Statements


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One bulk action and how far it has come. Field order is column order."""

    id: UUID
    within_org: str | None
    within_user: str | None
    action: str
    filter: dict[str, Any]
    after_id: UUID | None
    matched: int
    changed: int


COLUMNS = ", ".join(field.name for field in fields(BulkRow))

ADD = f"""
INSERT INTO bulk_actions (id, org_id, user_id, within_org, within_user, action, filter, matched)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {COLUMNS}
"""

# Held by the transaction that works a page off: a second worker takes another action.
NEXT = f"""
SELECT {COLUMNS} FROM bulk_actions WHERE finished_at IS NULL
ORDER BY created_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""

MOVE = """
UPDATE bulk_actions SET after_id = coalesce($2, after_id), changed = changed + $3,
  finished_at = CASE WHEN $2::uuid IS NULL THEN now() END
WHERE id = $1
"""


async def add_bulk(
    db: Statements,
    bulk_id: UUID,
    by: tuple[str, str],
    within: tuple[str | None, str | None],
    action: str,
    wanted: dict[str, Any],
    matched: int,
) -> BulkRow:
    """Write a bulk action down. ``by`` and ``within`` are (org, user)."""
    record = await db.fetchrow(ADD, bulk_id, *by, *within, action, wanted, matched)
    return BulkRow(*record)  # type: ignore[misc]  # an INSERT returns its row


async def next_bulk(db: Statements) -> BulkRow | None:
    """Return, and hold, the oldest action that is not finished and nobody works at."""
    record = await db.fetchrow(NEXT)
    return BulkRow(*record) if record else None


async def finish_bulk(db: Statements, bulk_id: UUID, upto: UUID | None, changed: int) -> None:
    """Note that all jobs up to ``upto`` are done; None means all of them."""
    await db.fetch(MOVE, bulk_id, upto, changed)
