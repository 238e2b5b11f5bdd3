"""Schedules in the database: kept for their owners, found when due by an index, moved on by the firing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.models.schedule import Missed, Overlap


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

# A kind that this worker does not know is left, for a while, to one that does.
DUE = f"""
SELECT {COLUMNS} FROM schedules s
WHERE s.next_at IS NOT NULL AND NOT s.paused AND s.next_at <= now()
  AND (s.kind = ANY($1::text[]) OR s.next_at < now() - make_interval(secs => $2))
ORDER BY s.next_at %s LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
"""
OLDEST_FIRST, NEWEST_FIRST = DUE % "ASC", DUE % "DESC"

NEXT_DUE = """
SELECT extract(epoch FROM min(next_at) - clock_timestamp())::float8 AS seconds FROM schedules
WHERE next_at IS NOT NULL AND NOT paused AND next_at > now()
"""

UNFINISHED = """
SELECT j.schedule_id, j.id, j.cancel_requested_at IS NOT NULL AS stopping
FROM unnest($1::uuid[]) AS s(id) CROSS JOIN LATERAL (
  SELECT * FROM jobs WHERE schedule_id = s.id AND finished_at IS NULL
  ORDER BY cancel_requested_at NULLS FIRST LIMIT $2
) j
"""

KNOWN = "SELECT id FROM jobs WHERE id = ANY($1::uuid[])"

MOVE = """
UPDATE schedules s SET next_at = t.next_at, last_at = t.last_at, runs = s.runs + t.runs,
  last_job_id = coalesce(t.last_job_id, s.last_job_id), last_problem = t.problem
FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::uuid[], $5::int[], $6::text[])
  AS t(id, next_at, last_at, last_job_id, runs, problem)
WHERE s.id = t.id
"""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A job of a schedule that has not ended; ``stopping`` when it was told to."""

    schedule_id: UUID
    id: UUID
    stopping: bool


@dataclass(frozen=True, slots=True)
class Move:
    """What a schedule's row says after some of its ticks were dealt with."""

    id: UUID
    next_at: datetime | None
    last_at: datetime | None
    last_job_id: UUID | None
    runs: int
    problem: str | None


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


async def lock_due(
    db: Statements, kinds: Sequence[str], grace_seconds: float, most: int, *, newest: bool = False
) -> list[ScheduleRow]:
    """Return due schedules that no other worker has its hands on, the oldest or ``newest`` first.

    Those of a kind not in ``kinds`` only when nobody took them within ``grace_seconds``.
    """
    sql = NEWEST_FIRST if newest else OLDEST_FIRST
    return rows(await db.fetch(sql, list(kinds), grace_seconds, most))


async def next_due(db: Statements) -> float | None:
    """Return in how many seconds the first tick comes that is not due yet, None when there is none."""
    record = await db.fetchrow(NEXT_DUE)
    return record["seconds"] if record else None


async def unfinished(db: Statements, ids: Sequence[UUID], most: int) -> list[Unfinished]:
    """Return the jobs of these schedules that have not ended, at most ``most`` of each."""
    return [Unfinished(*record) for record in await db.fetch(UNFINISHED, list(ids), most)]


async def known(db: Statements, job_ids: Sequence[UUID]) -> set[UUID]:
    """Return which of these jobs exist already."""
    return {record["id"] for record in await db.fetch(KNOWN, list(job_ids))}


async def move(db: Statements, moves: Sequence[Move]) -> None:
    """Write down which ticks were dealt with."""
    names = [field.name for field in fields(Move)]
    await db.fetch(MOVE, *([getattr(move, name) for move in moves] for name in names))


def rows(records: Iterable[Any]) -> list[ScheduleRow]:
    """Return records selected by COLUMNS as rows."""
    return [ScheduleRow(*record) for record in records]


def first(records: Sequence[Any]) -> ScheduleRow | None:
    """Return the only row there can be."""
    return rows(records)[0] if records else None
