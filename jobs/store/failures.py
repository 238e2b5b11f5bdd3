"""Failed jobs by why they failed, counted over the newest of them: any number costs the same."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from jobs.db import Statements
from jobs.store.row import Owner

LONGEST: Final = 200
"""How much of a message tells failures apart."""

# Numbers, ids and addresses differ from job to job, though it is the same failure.
SAME: Final = f"""regexp_replace(left(j.error ->> 'message', {LONGEST}),
  '[a-z]+://[^[:space:]]+|[0-9a-f-]*[0-9][0-9a-f-]*', '…', 'gi')"""

FAILURE: Final = f"""md5(concat_ws(chr(1), j.kind, j.error ->> 'code', {SAME}))"""
"""The SQL for a failed job's ``failure``: the same for jobs of a kind that failed for the same reason."""

SAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Jobs that failed for the same reason. Field order is column order."""

    failure: str
    kind: str
    code: str
    message: str
    count: int
    first_at: datetime
    last_at: datetime
    job_ids: list[UUID]


def failures_sql(owner: Owner) -> str:
    """Return the statement: $1 a kind or null, $2 how many jobs are looked at, $3 how many groups to list.

    Spelt out for each kind of owner, so that the index made for it is chosen.
    """
    named = [name for name in ("org", "user") if getattr(owner, name) is not None]
    owned = [f" AND j.{name}_id = ${number}" for number, name in enumerate(named, 4)]
    which = "".join(owned) or " AND j.finished_at IS NOT NULL"
    return f"""
WITH seen AS MATERIALIZED (
  SELECT j.id, j.kind, j.error, j.finished_at FROM jobs j
  WHERE j.state = 'failed' AND ($1::text IS NULL OR j.kind = $1){which}
  ORDER BY j.id DESC LIMIT $2
), groups AS (
  SELECT {FAILURE} AS failure, min(j.kind) AS kind, coalesce(min(j.error ->> 'code'), '') AS code,
    coalesce((array_agg(j.error ->> 'message' ORDER BY j.id DESC))[1], '') AS message,
    count(*) AS count, min(j.finished_at) AS first_at, max(j.finished_at) AS last_at,
    (array_agg(j.id ORDER BY j.id DESC))[1:{SAMPLES}] AS job_ids
  FROM seen j GROUP BY 1
)
SELECT g.*, (SELECT count(*) FROM seen) AS looked_at, (SELECT count(*) FROM groups) AS groups
FROM groups g ORDER BY g.last_at DESC, g.failure LIMIT $3"""


async def failures(
    db: Statements, owner: Owner, kind: str | None, looked_at: int, most: int
) -> tuple[list[FailureRow], int, int]:
    """Return the groups that failed last, how many jobs were looked at, and how many groups there are."""
    values = [value for value in (owner.org, owner.user) if value is not None]
    records = await db.fetch(failures_sql(owner), kind, looked_at, most, *values)
    if not records:
        return [], 0, 0
    *_, seen, groups = records[0]
    return [FailureRow(*record[:-2]) for record in map(tuple, records)], seen, groups
