"""Reading the record: single jobs, and pages of those that match."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from jobs.db import Database, Statements
from jobs.models.state import FINAL, State
from jobs.store.failures import FAILURE
from jobs.store.positions import EPOCH
from jobs.store.row import COLUMNS, JobRow, Owner, rows

CLOCK_SKEW_SECONDS = 600
LATEST = (1 << 48) - 1  # of the milliseconds in an id

FIND = f"""
SELECT {COLUMNS} FROM jobs j WHERE j.id = $1
AND ($2::text IS NULL OR j.org_id = $2) AND ($3::text IS NULL OR j.user_id = $3)
"""


async def find(db: Database, owner: Owner, job_id: UUID) -> JobRow | None:
    """Return a job, if it exists and is the owner's."""
    found = rows(await db.fetch(FIND, job_id, owner.org, owner.user))
    return found[0] if found else None


NOW = f"SELECT {EPOCH}, {COLUMNS} FROM jobs j WHERE j.id = $1"


async def find_now(db: Database, job_id: UUID) -> tuple[str, JobRow] | None:
    """Return a job, whoever's it is, and the epoch it was read in."""
    record = await db.fetchrow(NOW, job_id)
    return (record[0], JobRow(*record[1:])) if record else None


Table = Literal["jobs", "batches"]

EXISTS = """
SELECT FROM {table} WHERE id = $1
AND ($2::text IS NULL OR org_id = $2) AND ($3::text IS NULL OR user_id = $3)
"""


async def exists(db: Database, owner: Owner, table: Table, ident: UUID) -> bool:
    """Return whether a job or batch exists and is the owner's."""
    return bool(await db.fetch(EXISTS.format(table=table), ident, owner.org, owner.user))


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a page is taken from; empty means all. ``before`` is the last page's last id.

    ``text`` is looked for in the id, kind, tags, unique key and the error's message. ``failure`` is one of
    those that ``failures`` tells apart.
    """

    states: Sequence[str] = ()
    kind: str | None = None
    tag: str | None = None
    user: str | None = None
    batch: UUID | None = None
    parent: UUID | None = None
    failure: str | None = None
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
        f"j.state = 'failed' AND {FAILURE} = {{}}": wanted.failure,
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
    return first_id(until.timestamp() + CLOCK_SKEW_SECONDS)


def ids_since(since: datetime) -> UUID:
    """Return what ids made at or after ``since`` lie above, where every id begins with its own time."""
    return first_id(since.timestamp() - CLOCK_SKEW_SECONDS)


def first_id(timestamp: float) -> UUID:
    """Return the lowest id of a moment, in seconds since 1970."""
    return UUID(int=min(max(int(timestamp * 1000), 0), LATEST) << 80)


async def newest(db: Database, owner: Owner, wanted: JobFilter) -> list[JobRow]:
    """Return at most ``limit`` matching jobs, newest first."""
    where, values = matching(owner, wanted)
    sql = f"SELECT {COLUMNS} FROM jobs j WHERE {where} ORDER BY j.id DESC LIMIT {wanted.limit:d}"
    return rows(await db.fetch(sql, *values))


# LATERAL with a LIMIT asks the index for each parent: joined, it would walk through everybody's children.
DESCENDANTS = """
WITH RECURSIVE family AS (
  (SELECT j.id FROM jobs j WHERE j.parent_id = $1 ORDER BY j.id DESC LIMIT $2)
  UNION ALL
  SELECT c.id FROM family f, LATERAL (
    SELECT j.id FROM jobs j WHERE j.parent_id = f.id ORDER BY j.id DESC LIMIT $2) c
)
SELECT id FROM family LIMIT $2
"""


async def descendants(db: Statements, job_id: UUID, most: int) -> list[UUID]:
    """Return the ids of a job's children and theirs, whoever's they are; the nearest, if too many."""
    return [record["id"] for record in await db.fetch(DESCENDANTS, job_id, most)]


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


SPEND = "INSERT INTO spent_tickets VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING nonce"


async def spend_ticket(db: Database, nonce: str, expires_at: datetime) -> bool:
    """Use a ticket up; False when it was used before."""
    return bool(await db.fetch(SPEND, nonce, expires_at))
