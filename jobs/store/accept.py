"""Taking jobs in: one statement and one commit for however many callers came together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Database
from jobs.errors import Unavailable
from jobs.store.row import COLUMNS, JobRow, rows
from jobs.store.sql import MILLISECONDS, NUMBERED


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be accepted. ``delay_seconds`` counts from the database's now."""

    id: UUID
    org_id: str
    user_id: str
    kind: str
    args: Any
    max_attempts: int
    timeout_seconds: float
    priority: int = 0
    run_at: datetime | None = None
    delay_seconds: float | None = None
    tags: Sequence[str] = ()
    metadata: dict[str, Any] = field(default_factory=dict)


ACCEPT = f"""
WITH own AS MATERIALIZED (
  SELECT *, coalesce(at, now() + make_interval(secs => delay), now()) AS due
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::int[], $7::float8[],
              $8::int[], $9::timestamptz[], $10::float8[], $11::jsonb[], $12::jsonb[])
    AS t(id, org_id, user_id, kind, args, max_attempts, timeout, priority, at, delay, tags, meta)
), {NUMBERED}
INSERT INTO jobs AS j (id, org_id, user_id, kind, args, max_attempts, timeout_seconds, priority,
  tags, metadata, state, run_at, score, change_seq, history)
SELECT id, org_id, user_id, kind, args, max_attempts, timeout, priority,
  ARRAY(SELECT jsonb_array_elements_text(tags -> 'tags')), meta,
  CASE WHEN due > now() THEN 'scheduled' ELSE 'queued' END,
  due, {MILLISECONDS} - priority * 1000, number,
  jsonb_build_array(jsonb_build_object('seq', 1, 'attempt', 0, 'time', now(), 'type',
    CASE WHEN due > now() THEN 'job.scheduled' ELSE 'job.queued' END))
FROM numbered RETURNING {COLUMNS}
"""  # noqa: S608 - constants only

LANDED = f"SELECT {COLUMNS} FROM jobs j WHERE j.id = ANY($1)"  # noqa: S608 - constants only


async def accept(db: Database, jobs: Sequence[NewJob]) -> list[JobRow]:
    """Insert ``jobs``, all or none, and return their rows in the same order.

    A lost connection is tried once more, after looking whether the first try landed. Raises
    Unavailable; then nothing may be promised, though the jobs may exist.
    """
    try:
        accepted = rows(await db.fetch(ACCEPT, *columns(jobs)))
    except Unavailable:
        accepted = rows(await db.fetch(LANDED, [job.id for job in jobs]))
        accepted = accepted or rows(await db.fetch(ACCEPT, *columns(jobs)))
    by_id = {row.id: row for row in accepted}
    return [by_id[job.id] for job in jobs]


def columns(jobs: Sequence[NewJob]) -> tuple[list[Any], ...]:
    """Return the jobs as the arrays ACCEPT unnests."""
    return (
        [j.id for j in jobs],
        [j.org_id for j in jobs],
        [j.user_id for j in jobs],
        [j.kind for j in jobs],
        [j.args for j in jobs],
        [j.max_attempts for j in jobs],
        [j.timeout_seconds for j in jobs],
        [j.priority for j in jobs],
        [j.run_at for j in jobs],
        [j.delay_seconds for j in jobs],
        [{"tags": list(j.tags)} for j in jobs],  # a bare list would become a second dimension
        [j.metadata for j in jobs],
    )
