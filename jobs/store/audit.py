"""The audit log as statements: entries are added and read, and swept when they are very old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.ids import uuid7
from jobs.store.reading import ids_since, ids_until


@dataclass(frozen=True, slots=True)
class NewAudit:
    """An entry to be kept. Field order is parameter order."""

    org_id: str | None
    actor: str | None
    actor_org: str | None
    via: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    request_id: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class AuditRow(NewAudit):
    """An entry that is kept. Field order is column order."""

    id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries a page is taken from; empty means all. ``before`` is the last page's last id."""

    org: str | None = None
    actor: str | None = None
    actor_org: str | None = None
    actions: Sequence[str] = ()
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None
    limit: int = 50


COLUMNS = ", ".join(field.name for field in fields(AuditRow))

ADD = """
INSERT INTO audit
  (id, org_id, actor, actor_org, via, action, subject, detail, request_id, address)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

# Whoever tries again and again fills no disk, and no page: so many a minute from one address, and in all.
ADD_REFUSED = """
INSERT INTO audit (id, via, action, subject, detail, request_id, address)
SELECT $1, $2, $3, $4, $5, $6, $7::text FROM (
  SELECT count(*) AS all_of_them, count(*) FILTER (WHERE address = $7) AS theirs FROM (
    SELECT at, address FROM audit WHERE action = $3 ORDER BY id DESC LIMIT $8
  ) AS newest WHERE at > now() - interval '1 minute'
) AS counted WHERE all_of_them < $8 AND theirs < $9
"""

PRUNE = """
DELETE FROM audit WHERE id IN (
  SELECT id FROM audit WHERE at < now() - $1::interval AND id < $2
  ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING id
"""


async def add_audit(db: Statements, new: NewAudit) -> None:
    """Keep an entry."""
    await db.fetch(ADD, uuid7(), *(getattr(new, field.name) for field in fields(NewAudit)))


async def add_refused(db: Statements, new: NewAudit, most: int, most_of_one: int) -> None:
    """Keep an entry of somebody unknown, unless this minute has ``most``, or ``most_of_one`` of theirs."""
    what = (new.via, new.action, new.subject, new.detail, new.request_id, new.address)
    await db.fetch(ADD_REFUSED, uuid7(), *what, most, most_of_one)


async def list_audit(db: Statements, wanted: AuditFilter) -> list[AuditRow]:
    """Return the entries that match, newest first."""
    where, values = matching(wanted)
    sql = f"SELECT {COLUMNS} FROM audit WHERE {where} ORDER BY id DESC LIMIT {wanted.limit:d}"
    return [AuditRow(*record) for record in await db.fetch(sql, *values)]


async def prune_audit(db: Statements, retention: timedelta, now: datetime, most: int) -> int:
    """Delete entries older than ``retention``. Returns how many."""
    return len(await db.fetch(PRUNE, retention, ids_until(now - retention), most))


def matching(wanted: AuditFilter) -> tuple[str, list[object]]:
    """Return a WHERE clause for ``wanted`` and its parameters."""
    conditions = {
        "org_id = {}": wanted.org,
        "actor = {}": wanted.actor,
        "actor_org = {}": wanted.actor_org,
        "action = ANY({}::text[])": list(wanted.actions) or None,
        "subject = {}": wanted.subject,
        "at >= {}": wanted.since,
        "id >= {}": wanted.since and ids_since(wanted.since),
        "at < {}": wanted.until,
        "id < {}": wanted.until and ids_until(wanted.until),
        "id < {}::uuid": wanted.before,
    }
    used = [(sql, value) for sql, value in conditions.items() if value is not None]
    clauses = [sql.format(f"${n}") for n, (sql, _) in enumerate(used, 1)]
    return " AND ".join(["true", *clauses]), [value for _, value in used]
