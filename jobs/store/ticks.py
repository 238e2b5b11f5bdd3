"""The newest slot of each kind's own clock that was dealt with; it only ever moves on."""

from datetime import datetime

from jobs.db import Statements

FIRED = "SELECT 1 FROM ticks WHERE kind = $1 AND slot >= $2"

# A second worker waits here for the first one's transaction, and then finds nothing to do.
CLAIM = """
INSERT INTO ticks AS t (kind, slot) VALUES ($1, $2)
ON CONFLICT (kind) DO UPDATE SET slot = excluded.slot, fired_at = now() WHERE t.slot < excluded.slot
RETURNING t.slot
"""


async def fired(db: Statements, kind: str, slot: datetime) -> bool:
    """Say whether somebody has dealt with a slot, or with a later one."""
    return bool(await db.fetch(FIRED, kind, slot))


async def claim(db: Statements, kind: str, slot: datetime) -> bool:
    """Take a slot for this transaction; False when it is taken."""
    return bool(await db.fetch(CLAIM, kind, slot))
