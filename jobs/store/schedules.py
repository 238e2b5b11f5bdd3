"""Schedules in the database, kept for their owners. How they fire is ``due_schedules``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.models.policy import Missed, Overlap


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One schedule's row. Field order is column order: a record turns into a row without a lookup."""

    id: UUID
    org_id: str
    user_id: str
    key: str
    kind: str
    args: Any
    options: dict[str, Any]
    cron: str | None
    every_seconds: float | None
    at: datetime | None
    timezone: str
    missed: Missed
    overlap: Overlap
    jitter_seconds: float
    paused: bool
    anchor_at: datetime
    next_at: datetime | None
    last_at: datetime | None = None
    last_job_id: UUID | None = None
    runs: int = 0
    last_problem: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 1


NAMES = [field.name for field in fields(ScheduleRow)]
WRITTEN = NAMES[: NAMES.index("next_at") + 1]
CHANGED = WRITTEN[WRITTEN.index("kind") :]
COLUMNS = ", ".join(f"s.{name}" for name in NAMES)

NOW = "SELECT now() AS now"

FIND = f"""
SELECT {COLUMNS} FROM schedules s WHERE s.org_id = $1 AND s.user_id = $2 AND s.key = $3
"""

LOCK = f"{FIND} FOR UPDATE"

LIST = f"""
SELECT {COLUMNS} FROM schedules s
WHERE s.org_id = $1 AND s.user_id = $2 AND s.key > $3 ORDER BY s.key LIMIT $4
"""

COUNT = "SELECT count(*) AS schedules FROM schedules WHERE org_id = $1 AND user_id = $2"

PUT = f"""
INSERT INTO schedules AS s ({", ".join(WRITTEN)})
VALUES ({", ".join(f"${number}" for number in range(1, len(WRITTEN) + 1))})
ON CONFLICT (org_id, user_id, key) DO UPDATE SET
  {", ".join(f"{name} = excluded.{name}" for name in CHANGED)},
  last_problem = NULL, updated_at = now(), version = s.version + 1
RETURNING {COLUMNS}
"""

DELETE = """
DELETE FROM schedules WHERE org_id = $1 AND user_id = $2 AND key = $3 RETURNING id
"""


async def now(db: Statements) -> datetime:
    """Return the database's time; inside a transaction, that of its beginning."""
    record = await db.fetchrow(NOW)
    if record is None:
        raise AssertionError("now() is always one row")
    moment: datetime = record["now"]
    return moment


async def find(db: Statements, org: str, user: str, key: str) -> ScheduleRow | None:
    """Return the user's schedule of this key."""
    return first(await db.fetch(FIND, org, user, key))


async def lock(db: Statements, org: str, user: str, key: str) -> ScheduleRow | None:
    """Return the user's schedule of this key; nobody else changes or fires it until the commit."""
    return first(await db.fetch(LOCK, org, user, key))


async def page(db: Statements, org: str, user: str, after: str, limit: int) -> list[ScheduleRow]:
    """Return the user's schedules behind the key ``after``, by key."""
    return rows(await db.fetch(LIST, org, user, after, limit))


async def count(db: Statements, org: str, user: str) -> int:
    """Return how many schedules the user has."""
    record = await db.fetchrow(COUNT, org, user)
    return int(record["schedules"]) if record else 0


async def put(db: Statements, row: ScheduleRow) -> ScheduleRow:
    """Make the schedule, or change the one that has its owner and key; its history is kept."""
    return rows(await db.fetch(PUT, *(getattr(row, name) for name in WRITTEN)))[0]


async def delete(db: Statements, org: str, user: str, key: str) -> bool:
    """Remove a schedule and leave its jobs alone. Returns whether there was one."""
    return bool(await db.fetch(DELETE, org, user, key))


def rows(records: Iterable[Any]) -> list[ScheduleRow]:
    """Return records selected by COLUMNS as rows."""
    return [ScheduleRow(*record) for record in records]


def first(records: Sequence[Any]) -> ScheduleRow | None:
    """Return the only row there can be."""
    return rows(records)[0] if records else None
