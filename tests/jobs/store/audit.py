"""What may never be found in the record, as SQL: each statement returns the rows that are wrong."""

from jobs.db import Statements
from jobs.models.state import State

ORPHANS = """
SELECT id, worker_id FROM jobs j
WHERE state = 'running' AND NOT EXISTS (SELECT FROM workers w WHERE w.id = j.worker_id)
"""

# A history is left out only where the row itself tells all of it.
HISTORIES = """
SELECT id, version, state, history FROM jobs WHERE CASE WHEN history = '[]'
  THEN (version, attempt, state) NOT IN ((1, 0, 'queued'), (2, 1, 'running'), (3, 1, 'succeeded'))
    OR (version > 1 AND (started_at IS NULL OR worker_name IS NULL))
  ELSE version <> jsonb_array_length(history) OR EXISTS (
    SELECT FROM jsonb_array_elements(history) WITH ORDINALITY AS h(entry, place)
    WHERE (entry ->> 'seq')::bigint <> place) END
"""

SAME_NUMBER = """
WITH numbers AS (
  SELECT org_id, user_id, change_seq FROM jobs UNION ALL
  SELECT org_id, user_id, change_seq FROM inbox UNION ALL
  SELECT org_id, user_id, change_seq FROM batches)
SELECT org_id, user_id, change_seq, count(*) FROM numbers
GROUP BY org_id, user_id, change_seq HAVING count(*) > 1
"""

# As many numbers as there were changes, while no job has been deleted.
HOLES = """
WITH changes AS (
  SELECT org_id, user_id, version AS n FROM jobs UNION ALL
  SELECT org_id, user_id, 1 + (read_at IS NOT NULL)::int FROM inbox UNION ALL
  SELECT org_id, user_id, version FROM batches)
SELECT org_id, user_id, seq, (SELECT sum(n) FROM changes c
  WHERE c.org_id = s.org_id AND c.user_id = s.user_id) AS changes
FROM sequences s WHERE seq IS DISTINCT FROM (
  SELECT sum(n) FROM changes c WHERE c.org_id = s.org_id AND c.user_id = s.user_id)
"""

SLOTS = """
WITH taken AS (SELECT key, count(*) AS n FROM jobs, unnest(slots) AS key GROUP BY key)
SELECT key, l.used, t.n FROM limits l FULL JOIN taken t USING (key)
WHERE coalesce(l.used, 0) <> coalesce(t.n, 0)
"""

IDLE_SLOTS = "SELECT id, state, slots FROM jobs WHERE state <> 'running' AND slots <> '{}'"

COUNTS = ", ".join(f"count(*) FILTER (WHERE j.state = '{s}') AS {s}" for s in State)
TALLIES = f"""
SELECT b.id, b.total, {", ".join(f"b.{s}, c.{s}" for s in State)}
FROM batches b JOIN (
  SELECT j.batch_id, count(*) AS total, {COUNTS} FROM jobs j GROUP BY j.batch_id
) c ON c.batch_id = b.id
WHERE ({", ".join(f"b.{s}" for s in ["total", *State])})
   <> ({", ".join(f"c.{s}" for s in ["total", *State])})
"""  # noqa: S608 - our own names

UNIQUE_TWINS = """
SELECT org_id, user_id, kind, unique_key FROM jobs
WHERE unique_key IS NOT NULL AND finished_at IS NULL
GROUP BY org_id, user_id, kind, unique_key HAVING count(*) > 1
"""

# Who waits must have something to wait for that will tell: an unfinished job that is followed.
FORSAKEN = """
SELECT id FROM jobs j WHERE state = 'waiting' AND NOT EXISTS (
  SELECT FROM dependencies d JOIN jobs p ON p.id = d.after_id
  WHERE d.job_id = j.id AND p.followed)
"""

ALWAYS = {
    "orphans": ORPHANS,
    "histories": HISTORIES,
    "same number": SAME_NUMBER,
    "slots": SLOTS,
    "idle slots": IDLE_SLOTS,
    "unique twins": UNIQUE_TWINS,
    "forsaken": FORSAKEN,
}
UNTIL_DELETED = {"holes": HOLES, "tallies": TALLIES}


async def wrongs(db: Statements, *, deleted: bool = False) -> dict[str, list[object]]:
    """Return what is wrong by its name; with ``deleted`` jobs, what can't be counted is left out."""
    checks = ALWAYS if deleted else ALWAYS | UNTIL_DELETED
    found = {name: await db.fetch(sql) for name, sql in checks.items()}
    return {name: [dict(r) for r in records] for name, records in found.items() if records}
