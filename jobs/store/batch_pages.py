"""Pages of batches, newest first."""

from typing import Literal
from uuid import UUID

from jobs.db import Statements
from jobs.store.flows import BATCH, BatchRow
from jobs.store.row import Owner

BatchState = Literal["running", "completed", "failed"]
CONDITIONS: dict[BatchState | None, str] = {
    None: "true",
    "running": "b.completed_at IS NULL",
    "completed": "b.completed_at IS NOT NULL",
    "failed": "b.failed + b.expired > 0",
}


def page_sql(owner: Owner, state: BatchState | None) -> str:
    """Return the statement for one page: $1 the id it begins behind, $2 its size, then the owner.

    Spelt out for each kind of owner, so that the index that begins with the owner can be chosen.
    """
    named = [name for name in ("org", "user") if getattr(owner, name) is not None]
    owned = [f"b.{name}_id = ${number}" for number, name in enumerate(named, 3)]
    where = " AND ".join([*owned, CONDITIONS[state], "b.id < $1"])
    return f"SELECT {BATCH} FROM batches b WHERE {where} ORDER BY b.id DESC LIMIT $2"


async def newest_batches(
    db: Statements, owner: Owner, state: BatchState | None, before: UUID, most: int
) -> list[BatchRow]:
    """Return at most ``most`` of the owner's batches made before the batch ``before``, newest first."""
    values = [value for value in (owner.org, owner.user) if value is not None]
    records = await db.fetch(page_sql(owner, state), before, most, *values)
    return [BatchRow(*record) for record in records]
