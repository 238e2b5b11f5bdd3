"""What a user's browsers follow: what changed since a number of their sequence, and what is there now."""

from dataclasses import dataclass

import asyncpg
from pydantic import TypeAdapter

from jobs.db import Database
from jobs.store.flows import BatchRow
from jobs.store.inbox import InboxRow
from jobs.store.positions import EPOCH
from jobs.store.row import COLUMNS, NO_JOB, WITHOUT_ARGS, JobRow


def changes_after(seq: str, user: str, limit: str) -> str:
    """Return the SQL of a user's jobs and batches that changed after ``seq``, each at its latest.

    $1 is the org. A row is (number, what, other, job columns …).
    """
    return f"""
  (SELECT j.change_seq AS number, NULL AS what, NULL::jsonb AS other, {WITHOUT_ARGS}
   FROM jobs j WHERE j.org_id = $1 AND j.user_id = {user} AND j.change_seq > {seq}
   ORDER BY j.change_seq LIMIT {limit})
  UNION ALL
  (SELECT b.change_seq, 'batch', to_jsonb(b), {NO_JOB}
   FROM batches b WHERE b.org_id = $1 AND b.user_id = {user} AND b.change_seq > {seq}
   ORDER BY b.change_seq LIMIT {limit})"""


CHANGED = f"""
WITH top AS (
  SELECT coalesce((SELECT seq FROM sequences WHERE org_id = $1 AND user_id = $2), 0) AS seq
)
SELECT top.seq, {EPOCH} AS epoch, c.* FROM top LEFT JOIN LATERAL ({changes_after("$3", "$2", "$4")}
  UNION ALL
  (SELECT i.change_seq, 'inbox', to_jsonb(i), {NO_JOB}
   FROM inbox i WHERE i.org_id = $1 AND i.user_id = $2 AND i.change_seq > $3
   ORDER BY i.change_seq LIMIT $4)
  ORDER BY number LIMIT $4
) c ON true ORDER BY c.number
"""


def latest(columns: str, user: str, limit: str) -> str:
    """Return the SQL of a user's unfinished jobs and those finished within a day, newest change first.

    ``columns`` are taken from ``jobs j``, change_seq and finished_at among them; $1 is the org. A finished
    job's last change is its ending, so the newest finished ones by change_seq are the newest by time as
    well. Once ``limit`` unfinished ones are found, only what changed after the last of them matters.
    """
    return f"""(
  WITH unfinished AS MATERIALIZED (
    SELECT {columns} FROM jobs j
    WHERE j.org_id = $1 AND j.user_id = {user} AND j.finished_at IS NULL
    ORDER BY j.change_seq DESC LIMIT {limit}
  ), finished AS MATERIALIZED (
    SELECT {columns} FROM jobs j
    WHERE j.org_id = $1 AND j.user_id = {user} AND j.finished_at IS NOT NULL
      AND j.change_seq > (
        SELECT CASE WHEN count(*) < {limit} THEN 0 ELSE min(change_seq) END FROM unfinished)
    ORDER BY j.change_seq DESC LIMIT {limit}
  )
  TABLE unfinished UNION ALL
  SELECT * FROM finished WHERE finished_at > now() - interval '24 hours'
  ORDER BY change_seq DESC LIMIT {limit}
)"""


RECENT = f"""
WITH top AS (
  SELECT coalesce((SELECT seq FROM sequences WHERE org_id = $1 AND user_id = $2), 0) AS seq,
    (SELECT count(*) FROM inbox WHERE org_id = $1 AND user_id = $2 AND read_at IS NULL) AS unread
)
SELECT {EPOCH} AS epoch, top.seq, top.unread, j.*
FROM top LEFT JOIN LATERAL {latest(COLUMNS, "$2", "$3")} j ON true ORDER BY j.change_seq DESC
"""


@dataclass(frozen=True, slots=True)
class UserJobs:
    """Some jobs of a user, read at one moment: position ``seq`` of the sequence in ``epoch``."""

    epoch: str
    seq: int
    unread: int
    jobs: list[JobRow]


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What changed of a user's, in the order of each thing's latest change."""

    epoch: str
    seq: int
    changes: list[JobRow | InboxRow | BatchRow]


async def changed_since(db: Database, org: str, user: str, seq: int, limit: int) -> UserChanges:
    """Return what of the user's changed after ``seq``."""
    records = await db.fetch(CHANGED, org, user, seq, limit)
    changes = [changed(record) for record in records if record["number"] is not None]
    return UserChanges(records[0]["epoch"], records[0]["seq"], changes)


def changed(record: asyncpg.Record, ahead: int = 2) -> JobRow | InboxRow | BatchRow:
    """Return one row of CHANGED as what it is; ``ahead`` columns come before its number."""
    match record["what"]:
        case "inbox":
            return INBOX.validate_python(record["other"])
        case "batch":
            return BATCH.validate_python(record["other"])
        case _:
            return JobRow(*record[ahead + 3 :])


INBOX = TypeAdapter(InboxRow)
BATCH = TypeAdapter(BatchRow)


async def recent(db: Database, org: str, user: str, limit: int) -> UserJobs:
    """Return unfinished jobs and those finished within a day, newest change first."""
    records = await db.fetch(RECENT, org, user, limit)
    found = [JobRow(*record[3:]) for record in records if record["id"] is not None]
    epoch, seq, unread = records[0][:3]
    return UserJobs(epoch, seq, unread, found)
