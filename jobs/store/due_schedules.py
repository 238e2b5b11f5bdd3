"""Due schedules in the database: found by an index, held by one worker at a time, moved on."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from jobs.db import Statements
from jobs.store.schedules import COLUMNS, ScheduleRow, rows

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
