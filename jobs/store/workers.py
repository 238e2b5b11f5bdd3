"""Workers as operators see them: each with its lease, what it told of itself, and what it runs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements

LIST = """
SELECT w.id, w.name, w.started_at, w.lease_until, w.lease_until > now() AS live, w.info,
  coalesce(r.kinds, '{}'::jsonb) AS kinds
FROM workers w CROSS JOIN LATERAL (
  SELECT jsonb_object_agg(kind, jobs) AS kinds FROM (
    SELECT kind, count(*) AS jobs FROM (
      SELECT kind FROM jobs WHERE worker_id = w.id AND state = 'running' LIMIT 1000
    ) AS theirs GROUP BY kind
  ) AS counted
) AS r
ORDER BY w.name, w.id LIMIT 1000
"""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One life of a worker. Field order is column order; ``kinds`` counts what it runs, up to 1,000."""

    id: UUID
    name: str
    started_at: datetime
    lease_until: datetime
    live: bool
    info: dict[str, Any]
    kinds: dict[str, int]


async def list_workers(db: Statements) -> list[WorkerRow]:
    """Return the workers that hold a lease, or whose lease ran out and who are not rescued yet."""
    return [WorkerRow(*record) for record in await db.fetch(LIST)]
