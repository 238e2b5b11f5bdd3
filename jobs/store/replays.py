"""Deliveries as a webhook's owner sees them: listed, added for a test, put on their way again."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from jobs.db import Statements


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery. Field order is column order."""

    id: UUID
    type: str
    subject_id: UUID | None
    tries: int
    status: int | None
    problem: str | None
    next_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None


COLUMNS = ", ".join(f"d.{field.name}" for field in fields(DeliveryRow))

NEWEST = f"""
SELECT {COLUMNS} FROM deliveries d
WHERE d.webhook_id = $1 AND (d.created_at, d.id) < (coalesce($2::timestamptz, 'infinity'), $3::uuid)
  AND {{state}}
ORDER BY d.created_at DESC, d.id DESC LIMIT $4
"""

IN_STATE = {
    None: "true",
    "pending": "d.next_at IS NOT NULL",
    "delivered": "d.delivered_at IS NOT NULL",
    "failed": "d.next_at IS NULL AND d.delivered_at IS NULL",
}

ADD = f"""
INSERT INTO deliveries AS d (id, webhook_id, type, subject_id, body) VALUES ($1, $2, $3, $2, $4)
RETURNING {COLUMNS}
"""

# From the beginning: due now, no try spent. A lease that is still out can record nothing any more.
AGAIN = "next_at = now(), tries = 0, status = NULL, problem = NULL, delivered_at = NULL"

REPLAY = f"""
UPDATE deliveries SET {AGAIN} WHERE webhook_id = $1 AND id = ANY($2::uuid[]) RETURNING id
"""

REPLAY_SINCE = f"""
UPDATE deliveries SET {AGAIN} WHERE id IN (
  SELECT id FROM deliveries
  WHERE webhook_id = $1 AND created_at >= $2 AND next_at IS NULL
    AND (delivered_at IS NOT NULL) = $4
  ORDER BY created_at LIMIT $3
) RETURNING id
"""


async def list_deliveries(
    db: Statements,
    webhook_id: UUID,
    behind: tuple[datetime, UUID] | None,
    limit: int,
    state: str | None = None,
) -> list[DeliveryRow]:
    """Return a webhook's deliveries made before ``behind``, newest first; those in ``state`` if given."""
    at, last = behind or (None, None)
    sql = NEWEST.format(state=IN_STATE[state])
    return [DeliveryRow(*r) for r in await db.fetch(sql, webhook_id, at, last, limit)]


async def add_delivery(
    db: Statements, ident: UUID, webhook_id: UUID, kind: str, body: str
) -> DeliveryRow:
    """Put an event about the webhook itself on its way."""
    [record] = await db.fetch(ADD, ident, webhook_id, kind, body)
    return DeliveryRow(*record)


async def replay_deliveries(db: Statements, webhook_id: UUID, ids: Sequence[UUID]) -> int:
    """Put these of the webhook's deliveries on their way again. Returns how many."""
    return len(await db.fetch(REPLAY, webhook_id, list(ids)))


async def replay_since(
    db: Statements, webhook_id: UUID, since: datetime | None, most: int, *, delivered: bool
) -> int:
    """Put settled deliveries made at or after ``since`` on their way again, oldest first."""
    return len(await db.fetch(REPLAY_SINCE, webhook_id, since, most, delivered))
