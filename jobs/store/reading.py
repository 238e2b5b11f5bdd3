"""Reading the record: single jobs, pages of them, and what changed since a number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from jobs.db import Database
from jobs.store.row import COLUMNS, WITHOUT_ARGS, JobRow, Owner, rows

# Changes only after a restore or a failover that lost commits: the realm's name, the database it
# lives in and the write-ahead log's timeline.
EPOCH = """(SELECT left(md5(realm.name || d.oid
    || left(pg_walfile_name(pg_current_wal_lsn()), 8)), 8)
  FROM realm, pg_database d WHERE d.datname = current_database())"""

FIND = f"""
SELECT {COLUMNS} FROM jobs j WHERE j.id = $1
AND ($2::text IS NULL OR j.org_id = $2) AND ($3::text IS NULL OR j.user_id = $3)
"""  # noqa: S608 - constants only


async def find(db: Database, owner: Owner, job_id: UUID) -> JobRow | None:
    """Return a job, if it exists and is the owner's."""
    found = rows(await db.fetch(FIND, job_id, owner.org, owner.user))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a page is taken from; empty means all. ``before`` is the last page's last id."""

    states: Sequence[str] = ()
    kind: str | None = None
    tag: str | None = None
    user: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None
    limit: int = 50


async def newest(db: Database, owner: Owner, wanted: JobFilter) -> list[JobRow]:
    """Return at most ``limit`` matching jobs, newest first."""
    conditions = {
        "j.org_id = {}": owner.org,
        "j.user_id = {}": owner.user,
        "j.state = ANY({}::text[])": list(wanted.states) or None,
        "j.kind = {}": wanted.kind,
        "j.tags @> ARRAY[{}::text]": wanted.tag,
        "j.user_id = {}::text": wanted.user,
        "j.created_at >= {}": wanted.since,
        "j.created_at < {}": wanted.until,
        "j.id < {}": wanted.before,
    }
    used = [(sql, value) for sql, value in conditions.items() if value is not None]
    where = " AND ".join(sql.format(f"${n}") for n, (sql, _) in enumerate(used, 1)) or "true"
    sql = f"SELECT {COLUMNS} FROM jobs j WHERE {where} ORDER BY j.id DESC LIMIT {wanted.limit:d}"  # noqa: S608 - conditions are the constants above
    return rows(await db.fetch(sql, *(value for _, value in used)))


CHANGED = f"""
WITH top AS (
  SELECT coalesce((SELECT seq FROM sequences WHERE org_id = $1 AND user_id = $2), 0) AS seq
)
SELECT top.seq, {EPOCH} AS epoch, j.* FROM top LEFT JOIN LATERAL (
  SELECT {WITHOUT_ARGS} FROM jobs j
  WHERE j.org_id = $1 AND j.user_id = $2 AND j.change_seq > $3 ORDER BY j.change_seq LIMIT $4
) j ON true ORDER BY j.change_seq
"""  # noqa: S608 - constants only

RECENT = f"""
WITH top AS (
  SELECT coalesce((SELECT seq FROM sequences WHERE org_id = $1 AND user_id = $2), 0) AS seq
)
SELECT top.seq, {EPOCH} AS epoch, j.* FROM top LEFT JOIN LATERAL (
  SELECT {COLUMNS} FROM jobs j WHERE j.org_id = $1 AND j.user_id = $2
    AND (j.finished_at IS NULL OR j.finished_at > now() - interval '24 hours')
  ORDER BY j.change_seq DESC LIMIT $3
) j ON true ORDER BY j.change_seq DESC
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class UserJobs:
    """Some jobs of a user, read at one moment: position ``seq`` of the sequence in ``epoch``."""

    epoch: str
    seq: int
    jobs: list[JobRow]


async def changed_since(db: Database, org: str, user: str, seq: int, limit: int) -> UserJobs:
    """Return the user's jobs that changed after ``seq``, in the order of their latest change."""
    return user_jobs(await db.fetch(CHANGED, org, user, seq, limit))


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
"""  # noqa: S608 - constants only


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


AHEAD = """
SELECT count(*) FROM jobs WHERE state = 'queued' AND score < (SELECT score FROM jobs WHERE id = $1)
"""


async def job_position(db: Database, job_id: UUID) -> int:
    """Return a queued job's place from 1, counted in Postgres (Redis knows it faster)."""
    record = await db.fetchrow(AHEAD, job_id)
    return int(record[0]) + 1 if record else 1


async def live_workers(db: Database) -> int:
    """Return how many workers hold a lease."""
    record = await db.fetchrow("SELECT count(*) FROM workers WHERE lease_until > now()")
    return int(record[0]) if record else 0


SPEND = "INSERT INTO spent_tickets VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING nonce"


async def spend_ticket(db: Database, nonce: str, expires_at: datetime) -> bool:
    """Use a ticket up; False when it was used before."""
    return bool(await db.fetch(SPEND, nonce, expires_at))
