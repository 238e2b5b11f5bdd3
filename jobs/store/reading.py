"""Reading the record: single jobs, pages of them, and what changed since a number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter

from jobs.db import Database, Statements
from jobs.models.job import FINAL, State
from jobs.store.flows import BatchRow
from jobs.store.inbox import InboxRow
from jobs.store.row import COLUMNS, NO_JOB, WITHOUT_ARGS, JobRow, Owner, rows

CLOCK_SKEW_SECONDS = 600
LATEST = (1 << 48) - 1  # of the milliseconds in an id

# Changes only after a restore or a failover that lost commits: the realm's name, the database it
# lives in and the write-ahead log's timeline.
EPOCH = """(SELECT left(md5(realm.name || d.oid
    || left(pg_walfile_name(pg_current_wal_lsn()), 8)), 8)
  FROM realm, pg_database d WHERE d.datname = current_database())"""

FIND = f"""
SELECT {COLUMNS} FROM jobs j WHERE j.id = $1
AND ($2::text IS NULL OR j.org_id = $2) AND ($3::text IS NULL OR j.user_id = $3)
"""


async def find(db: Database, owner: Owner, job_id: UUID) -> JobRow | None:
    """Return a job, if it exists and is the owner's."""
    found = rows(await db.fetch(FIND, job_id, owner.org, owner.user))
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a page is taken from; empty means all. ``before`` is the last page's last id.

    ``text`` is looked for in the id, kind, tags, unique key and the error's message.
    """

    states: Sequence[str] = ()
    kind: str | None = None
    tag: str | None = None
    user: str | None = None
    batch: UUID | None = None
    parent: UUID | None = None
    text: str | None = None
    ids: Sequence[UUID] = ()
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None
    limit: int = 50


MENTIONS = """concat_ws(' ', j.id, j.kind, j.unique_key, array_to_string(j.tags, ' '),
  j.error ->> 'message') ILIKE {}"""


def escaped(text: str) -> str:
    """Return text that stands for itself in a LIKE pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def matching(owner: Owner, wanted: JobFilter) -> tuple[str, list[object]]:
    """Return a WHERE clause for ``wanted`` and its parameters."""
    conditions = {
        "j.org_id = {}": owner.org,
        "j.user_id = {}": owner.user,
        "j.kind = {}": wanted.kind,
        "j.tags @> ARRAY[{}::text]": wanted.tag,
        "j.user_id = {}::text": wanted.user,
        "j.batch_id = {}": wanted.batch,
        "j.parent_id = {}": wanted.parent,
        MENTIONS: wanted.text and f"%{escaped(wanted.text)}%",
        "j.id = ANY({}::uuid[])": list(wanted.ids) or None,
        "j.created_at >= {}": wanted.since,
        "j.created_at < {}": wanted.until,
        "j.id < {}": wanted.until and ids_until(wanted.until),
        "j.id < {}::uuid": wanted.before,
    }
    used = [(sql, value) for sql, value in conditions.items() if value is not None]
    clauses = [sql.format(f"${n}") for n, (sql, _) in enumerate(used, 1)]
    return " AND ".join([among(wanted.states), *clauses]), [value for _, value in used]


def among(states: Sequence[str]) -> str:
    """Return the condition on the state, spelt out: by a parameter no partial index could be chosen."""
    if not states:
        return "true"
    known = ", ".join(f"'{state}'" for state in State if state in states) or "NULL"
    unfinished = "j.finished_at IS NULL AND " if FINAL.isdisjoint(states) else ""
    return f"{unfinished}j.state IN ({known})"


def ids_until(until: datetime) -> UUID:
    """Return what ids made before ``until`` lie below, however far two machines' clocks are apart.

    It only saves the walk through everything newer. There is no such bound for ``since``: the id of a
    child or of a tick begins with an earlier time than its own.
    """
    milliseconds = int((until.timestamp() + CLOCK_SKEW_SECONDS) * 1000)
    return UUID(int=min(max(milliseconds, 0), LATEST) << 80)


async def newest(db: Database, owner: Owner, wanted: JobFilter) -> list[JobRow]:
    """Return at most ``limit`` matching jobs, newest first."""
    where, values = matching(owner, wanted)
    sql = f"SELECT {COLUMNS} FROM jobs j WHERE {where} ORDER BY j.id DESC LIMIT {wanted.limit:d}"
    return rows(await db.fetch(sql, *values))


async def count(db: Statements, owner: Owner, wanted: JobFilter) -> int:
    """Return how many jobs match."""
    where, values = matching(owner, wanted)
    record = await db.fetchrow(f"SELECT count(*) FROM jobs j WHERE {where}", *values)
    return int(record[0]) if record else 0


async def next_ids(db: Statements, owner: Owner, wanted: JobFilter, after: UUID) -> list[UUID]:
    """Return at most ``limit`` matching ids behind ``after``, oldest first."""
    where, values = matching(owner, wanted)
    place = f"${len(values) + 1}"
    sql = (
        f"SELECT j.id FROM jobs j WHERE {where} AND j.id > {place} "
        f"ORDER BY j.id LIMIT {wanted.limit:d}"
    )
    return [record["id"] for record in await db.fetch(sql, *values, after)]


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


AHEAD = """
SELECT count(*) FROM jobs j, jobs me WHERE me.id = $1 AND j.state = 'queued' AND j.score < me.score
  AND j.org_id = me.org_id AND j.held_by IS NOT DISTINCT FROM me.held_by
"""

# The orgs take turns: of each other one, at most as many go first as of its own.
OTHERS_AHEAD = """
SELECT coalesce(sum(least(n, $3)), 0)::bigint FROM (
  SELECT count(*) AS n FROM jobs WHERE held_by = $1 AND org_id <> $2 GROUP BY org_id
) AS orgs
"""


async def job_position(db: Database, row: JobRow) -> int:
    """Return a queued job's place, from 1, among its org's jobs, or among all its limit holds."""
    mine = await db.fetchrow(AHEAD, row.id)
    ahead = int(mine[0]) if mine else 0
    if row.held_by is not None:
        others = await db.fetchrow(OTHERS_AHEAD, row.held_by, row.org_id, ahead)
        ahead += int(others[0]) if others else 0
    return ahead + 1


DEPTH = """
SELECT count(*) FROM (
  SELECT FROM jobs WHERE org_id = $1 AND state = 'queued' AND held_by IS NULL LIMIT $2
) AS counted
"""

# By the ids, which begin with the time: the whole index of the last period and nothing else.
SUBMITTED = """
SELECT count(*) FROM jobs WHERE org_id = $1 AND ($2::text IS NULL OR user_id = $2)
AND id >= (lpad(to_hex((extract(epoch FROM now() - make_interval(secs => $3)) * 1000)::bigint),
                12, '0') || repeat('0', 20))::uuid
"""


async def queue_depth(db: Database, org: str, most: int) -> int:
    """Return how many jobs of an org are queued, counted up to ``most``."""
    record = await db.fetchrow(DEPTH, org, most)
    return int(record[0]) if record else 0


async def submitted(db: Database, org: str, user: str | None, seconds: float) -> int:
    """Return how many jobs an org, or one of its users, has submitted in the last ``seconds``."""
    record = await db.fetchrow(SUBMITTED, org, user, seconds)
    return int(record[0]) if record else 0


PACE = """
SELECT sum((info ->> 'slots')::float8 / greatest((info ->> 'mean_seconds')::float8, 0.001)) AS pace
FROM workers WHERE lease_until > now() AND info ? 'mean_seconds'
"""


async def jobs_per_second(db: Database) -> float | None:
    """Return how many jobs the workers get through: their slots over the mean time of an attempt."""
    record = await db.fetchrow(PACE)
    return record["pace"] if record else None


async def live_workers(db: Database) -> int:
    """Return how many workers hold a lease."""
    record = await db.fetchrow("SELECT count(*) FROM workers WHERE lease_until > now()")
    return int(record[0]) if record else 0


SPEND = "INSERT INTO spent_tickets VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING nonce"


async def spend_ticket(db: Database, nonce: str, expires_at: datetime) -> bool:
    """Use a ticket up; False when it was used before."""
    return bool(await db.fetch(SPEND, nonce, expires_at))
