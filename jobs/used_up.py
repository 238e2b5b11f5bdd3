"""Uploads whose job is over, however it ended: removed here, unless the processor has done it itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from jobs.db import Statements
from jobs.processor import Kind
from jobs.storage import Storage

PAGE = 1_000
MOST_PAGES = 100

# Like FORGET_RESULTS: a page ends behind the last of those that finished at the same moment. The newest
# few seconds are left for the next time: a statement that finishes jobs may be under way.
ENDED = """
WITH mark AS (
  INSERT INTO marks (name, at) VALUES ('uploads', now() - interval '2 days')
  ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING at
), ended AS MATERIALIZED (
  SELECT finished_at FROM jobs
  WHERE finished_at > (SELECT at FROM mark) AND finished_at < now() - $1::interval
    AND EXISTS (SELECT FROM uploads)
  ORDER BY finished_at LIMIT $2
)
SELECT (SELECT at FROM mark) AS since, max(finished_at) AS until, now() - $1::interval AS seen FROM ended
"""

# One that another job of its owner still needs stays until that one is over.
USED_UP = """
WITH k AS (
  SELECT * FROM unnest($3::text[], $4::text[]) AS k(kind, arg)
), used AS MATERIALIZED (
  SELECT DISTINCT u.id, u.org_id, u.user_id FROM jobs j JOIN k ON k.kind = j.kind
  JOIN uploads u ON u.org_id = j.org_id AND u.user_id = j.user_id AND u.id::text = j.args->>k.arg
  WHERE j.finished_at > $1 AND j.finished_at <= $2
), needed AS MATERIALIZED (
  SELECT o.args->>k.arg AS id FROM jobs o JOIN k ON k.kind = o.kind
  WHERE o.finished_at IS NULL AND o.args->>k.arg IS NOT NULL
    AND (o.org_id, o.user_id) IN (SELECT org_id, user_id FROM used)
)
SELECT id, org_id, user_id FROM used WHERE id::text NOT IN (SELECT id FROM needed)
"""

MOVE_MARK = "UPDATE marks SET at = greatest(at, $1) WHERE name = 'uploads'"


async def forget_used_up(
    db: Statements, storage: Storage, kinds: Iterable[Kind], settled_seconds: float = 5.0
) -> int:
    """Remove the uploads that jobs which ended since the last time have used up; return how many.

    Looks at jobs that ended more than ``settled_seconds`` ago, once each. Raises Unavailable; what was
    not removed then is found by the next call.
    """
    using = {kind.name: kind.uses_up for kind in kinds if kind.uses_up}
    removed = 0
    for _ in range(MOST_PAGES):
        since, until, seen = await ended(db, settled_seconds)
        if until is None:
            await db.fetch(MOVE_MARK, seen)
            break
        for row in await db.fetch(USED_UP, since, until, list(using), list(using.values())):
            await storage.remove(row["org_id"], row["user_id"], row["id"])
            removed += 1
        await db.fetch(MOVE_MARK, until)
    return removed


async def ended(
    db: Statements, settled_seconds: float
) -> tuple[datetime, datetime | None, datetime]:
    """Return between which moments the next page of jobs ended, and up to when there are no more."""
    [row] = await db.fetch(ENDED, timedelta(seconds=settled_seconds), PAGE)
    return row["since"], row["until"], row["seen"]
