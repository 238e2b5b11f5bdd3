"""What a web process follows: how far a user's sequence is, what changed since, and what is there now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from jobs.db import Database
from jobs.store.flows import BatchRow
from jobs.store.inbox import InboxRow
from jobs.store.row import COLUMNS, NO_JOB, WITHOUT_ARGS, JobRow

# Changes only after a restore or a failover that lost commits: the realm's name, the database it
# lives in and the write-ahead log's timeline.
EPOCH = """(SELECT left(md5(realm.name || d.oid
    || left(pg_walfile_name(pg_current_wal_lsn()), 8)), 8)
  FROM realm, pg_database d WHERE d.datname = current_database())"""

# A user's sequence numbers changes of jobs, batches and the inbox; each thing shows at its latest.
CHANGED = f"""
WITH top AS (
  SELECT coalesce((SELECT seq FROM sequences WHERE org_id = $1 AND user_id = $2), 0) AS seq
)
SELECT top.seq, {EPOCH} AS epoch, c.* FROM top LEFT JOIN LATERAL (
  (SELECT j.change_seq AS number, NULL AS what, NULL::jsonb AS other, {WITHOUT_ARGS}
   FROM jobs j WHERE j.org_id = $1 AND j.user_id = $2 AND j.change_seq > $3
   ORDER BY j.change_seq LIMIT $4)
  UNION ALL
  (SELECT i.change_seq, 'inbox', to_jsonb(i), {NO_JOB}
   FROM inbox i WHERE i.org_id = $1 AND i.user_id = $2 AND i.change_seq > $3
   ORDER BY i.change_seq LIMIT $4)
  UNION ALL
  (SELECT b.change_seq, 'batch', to_jsonb(b), {NO_JOB}
   FROM batches b WHERE b.org_id = $1 AND b.user_id = $2 AND b.change_seq > $3
   ORDER BY b.change_seq LIMIT $4)
  ORDER BY number LIMIT $4
) c ON true ORDER BY c.number
"""

# A finished job's last change is its ending, so the newest finished ones by change_seq are the newest
# by time as well. Once $3 unfinished ones are found, only what changed after the last of them matters.
RECENT = f"""
WITH top AS (
  SELECT coalesce((SELECT seq FROM sequences WHERE org_id = $1 AND user_id = $2), 0) AS seq
), unfinished AS MATERIALIZED (
  SELECT {COLUMNS} FROM jobs j
  WHERE j.org_id = $1 AND j.user_id = $2 AND j.finished_at IS NULL
  ORDER BY j.change_seq DESC LIMIT $3
), finished AS MATERIALIZED (
  SELECT {COLUMNS} FROM jobs j
  WHERE j.org_id = $1 AND j.user_id = $2 AND j.finished_at IS NOT NULL
    AND j.change_seq > (SELECT CASE WHEN count(*) < $3 THEN 0 ELSE min(change_seq) END FROM unfinished)
  ORDER BY j.change_seq DESC LIMIT $3
)
SELECT top.seq, {EPOCH} AS epoch, j.* FROM top LEFT JOIN LATERAL (
  TABLE unfinished UNION ALL
  SELECT * FROM finished WHERE finished_at > now() - interval '24 hours'
  ORDER BY change_seq DESC LIMIT $3
) j ON true ORDER BY j.change_seq DESC
"""


@dataclass(frozen=True, slots=True)
class UserJobs:
    """Some jobs of a user, read at one moment: position ``seq`` of the sequence in ``epoch``."""

    epoch: str
    seq: int
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


def changed(record: asyncpg.Record) -> JobRow | InboxRow | BatchRow:
    """Return one row of CHANGED as what it is."""
    match record["what"]:
        case "inbox":
            return INBOX.validate_python(record["other"])
        case "batch":
            return BATCH.validate_python(record["other"])
        case _:
            return JobRow(*record[5:])


INBOX = TypeAdapter(InboxRow)
BATCH = TypeAdapter(BatchRow)


async def recent(db: Database, org: str, user: str, limit: int) -> UserJobs:
    """Return unfinished jobs and those finished within a day, newest change first."""
    return user_jobs(await db.fetch(RECENT, org, user, limit))


def user_jobs(records: Sequence[asyncpg.Record]) -> UserJobs:
    """Read rows of (seq, epoch, job columns …); one row of nulls stands for no job."""
    jobs = [JobRow(*record[2:]) for record in records if record[2] is not None]
    return UserJobs(records[0][1], records[0][0], jobs)


POSITIONS = f"""
SELECT {EPOCH} AS epoch, s.org_id AS org, s.user_id AS id, s.seq AS seq, false AS job
FROM sequences s JOIN unnest($1::text[], $2::text[]) AS t(o, u) ON s.org_id = o AND s.user_id = u
UNION ALL
SELECT {EPOCH}, '', id::text, version, true FROM jobs WHERE id = ANY($3::uuid[])
UNION ALL
SELECT {EPOCH}, '', '', 0, false
"""


@dataclass(frozen=True, slots=True)
class Position:
    """The newest number of a user's sequence, or the version of a job."""

    org: str
    id: str
    seq: int
    job: bool


async def positions(
    db: Database, users: Collection[tuple[str, str]], jobs: Collection[UUID]
) -> tuple[str, list[Position]]:
    """Return the epoch and the newest numbers of users (org, user) and versions of jobs."""
    records = await db.fetch(
        POSITIONS, [org for org, _ in users], [user for _, user in users], list(jobs)
    )
    found = [Position(r["org"], r["id"], r["seq"], r["job"]) for r in records if r["id"]]
    return records[0]["epoch"], found


async def epoch(db: Database) -> str:
    """Return the name of this database's timeline."""
    record = await db.fetchrow(f"SELECT {EPOCH} AS epoch")
    return str(record["epoch"]) if record else ""
