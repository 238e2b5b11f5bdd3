"""What an org's watchers follow: the sequences of all its users, merged.

The position is how far each user's sequence is; everything here is read together with it in one statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.db import Database
from jobs.store.changes import changed, changes_after, latest
from jobs.store.flows import BatchRow
from jobs.store.inbox import InboxRow
from jobs.store.positions import EPOCH
from jobs.store.row import COLUMNS, NO_JOB, JobRow

MEMBERS = """members AS MATERIALIZED (
  SELECT user_id, seq FROM sequences WHERE org_id = $1
)"""

CHANGED = f"""
WITH {MEMBERS}, moved AS MATERIALIZED (
  SELECT m.user_id, m.seq, coalesce(k.seq, 0) AS known
  FROM members m LEFT JOIN unnest($2::text[], $3::bigint[]) AS k(user_id, seq) USING (user_id)
  WHERE m.seq > coalesce(k.seq, 0)
)
SELECT {EPOCH} AS epoch, (SELECT array_agg(user_id) FROM moved), (SELECT array_agg(seq) FROM moved),
  (SELECT coalesce(sum(seq), 0)::bigint FROM members),
  NULL::bigint AS number, NULL AS what, NULL::jsonb AS other, {NO_JOB}
UNION ALL
(SELECT NULL, NULL, NULL, NULL, own.*
FROM moved m CROSS JOIN LATERAL ({changes_after("m.known", "m.user_id", "$4")}
) own LIMIT $4)
ORDER BY number NULLS FIRST
"""

# The newest of all users' jobs, though each user's are only in order among themselves: (1) who has one of
# the newest is among the $2 users whose own newest is newest; (2) FEW of each of those show from when on
# the newest are; (3) whoever has all FEW among them may have more, and there are at most $2 / FEW.
FEW = 16
TIME = """coalesce((j.history -> -1 ->> 'time')::timestamptz, j.finished_at, j.started_at, j.created_at)
  AS changed"""
PLACE = f"j.id, j.change_seq, j.finished_at, {TIME}"

RECENT = f"""
WITH {MEMBERS}, heads AS MATERIALIZED (
  SELECT m.user_id FROM members m CROSS JOIN LATERAL {latest(PLACE, "m.user_id", "1")} j
  ORDER BY j.changed DESC LIMIT $2
), few AS MATERIALIZED (
  SELECT h.user_id, j.id, j.changed FROM heads h
  CROSS JOIN LATERAL {latest(PLACE, "h.user_id", str(FEW))} j
  ORDER BY j.changed DESC LIMIT $2
), busy AS MATERIALIZED (
  SELECT user_id FROM few GROUP BY user_id HAVING count(*) = {FEW}
), newest AS MATERIALIZED (
  SELECT id, changed FROM few WHERE user_id NOT IN (TABLE busy)
  UNION ALL
  SELECT j.id, j.changed FROM busy b CROSS JOIN LATERAL {latest(PLACE, "b.user_id", "$2")} j
  ORDER BY changed DESC LIMIT $2
)
SELECT {EPOCH} AS epoch, (SELECT array_agg(user_id) FROM members), (SELECT array_agg(seq) FROM members),
  'infinity'::timestamptz AS changed, {NO_JOB}
UNION ALL
SELECT NULL, NULL, NULL, n.changed, {COLUMNS} FROM newest n JOIN jobs j USING (id)
ORDER BY changed DESC
"""


@dataclass(frozen=True, slots=True)
class OrgJobs:
    """Some jobs of an org, read at one moment: ``parts`` has the position of each user's sequence."""

    epoch: str
    parts: dict[str, int]
    jobs: list[JobRow]


@dataclass(frozen=True, slots=True)
class OrgChanges:
    """What changed of an org's; ``total`` is the sum of all positions, ``moved`` those that changed."""

    epoch: str
    total: int
    moved: dict[str, int]
    changes: list[JobRow | BatchRow]


async def org_changed_since(
    db: Database, org: str, known: Mapping[str, int], limit: int
) -> OrgChanges:
    """Return jobs and batches that changed after the ``known`` positions, each user's in their order."""
    top, *records = await db.fetch(CHANGED, org, list(known), list(known.values()), limit)
    epoch, users, seqs, total = top[:4]
    moved = dict(zip(users or (), seqs or (), strict=True))
    read = [changed(record, 4) for record in records]
    found = [change for change in read if not isinstance(change, InboxRow)]
    return OrgChanges(epoch, total, moved, found)


async def org_recent(db: Database, org: str, limit: int) -> OrgJobs:
    """Return the org's unfinished jobs and those finished within a day, newest change first."""
    top, *records = await db.fetch(RECENT, org, limit)
    epoch, users, seqs = top[:3]
    parts = dict(zip(users or (), seqs or (), strict=True))
    return OrgJobs(epoch, parts, [JobRow(*record[4:]) for record in records])
