"""Calendars as their users keep them: taken up, changed, left, their conflicts read.

Everybody who gives a calendar's sync something to do touches its row first: that locks it, so events are
always locked after their calendar, here and in the sync.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.ids import uuid7

Owner = tuple[str, str]
Behind = tuple[datetime, UUID] | None


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One calendar as its user sees it. Field order is column order."""

    id: UUID
    org_id: str
    user_id: str
    connection_id: UUID
    remote_id: str
    name: str
    own_name: str
    timezone: str
    access: str
    paused: bool
    round: int
    next_at: datetime
    synced_at: datetime | None
    changed_at: datetime | None
    channel_id: UUID | None
    channel_until: datetime | None
    channel_error: str
    failures: int
    failing_since: datetime | None
    error_code: str
    error: str
    broken_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One conflict. Field order is column order."""

    id: UUID
    event_id: UUID
    job_id: UUID
    winner: str
    reason: str
    problem: str
    local: dict[str, Any] | None
    remote: dict[str, Any] | None
    local_changed_at: datetime | None
    remote_changed_at: datetime | None
    created_at: datetime


COLUMNS = ", ".join(f"c.{field.name}" for field in fields(CalendarRow))
CONFLICT = ", ".join(f"x.{field.name}" for field in fields(ConflictRow))
OWNED = "c.id = $1 AND c.org_id = $2 AND c.user_id = $3 AND c.left_at IS NULL"

# One that was taken up already stays as it is; one that is being left is taken up again.
ADD = f"""
WITH given AS (SELECT $1::uuid AS id, $2::text AS org_id, $3::text AS user_id, $4::uuid AS connection_id,
                      $5::text AS remote_id, $6::text AS name),
known AS (
  SELECT {COLUMNS} FROM calendars c JOIN given g USING (connection_id, remote_id) WHERE c.left_at IS NULL
), added AS (
  INSERT INTO calendars AS c (id, org_id, user_id, connection_id, remote_id, name)
  SELECT g.* FROM given g
  WHERE NOT EXISTS (SELECT FROM known) AND (
    SELECT count(*) FROM calendars o
    WHERE o.org_id = g.org_id AND o.user_id = g.user_id AND o.left_at IS NULL) < $7
  ON CONFLICT (connection_id, remote_id) DO UPDATE SET left_at = NULL, name = excluded.name,
    paused = false, broken_at = NULL, next_at = now(), touches = c.touches + 1
  RETURNING {COLUMNS}
)
SELECT *, false AS new FROM known UNION ALL SELECT *, true FROM added
"""
CONNECTED = """
SELECT 1 FROM connections WHERE id = $1 AND org_id = $2 AND user_id = $3 AND provider = 'google'
"""
FIND = f"SELECT {COLUMNS} FROM calendars c WHERE {OWNED}"
LIST = f"""
SELECT {COLUMNS} FROM calendars c
WHERE c.org_id = $1 AND c.user_id = $2 AND c.left_at IS NULL
  AND (c.created_at, c.id) < (coalesce($3::timestamptz, 'infinity'), $4::uuid)
ORDER BY c.created_at DESC, c.id DESC LIMIT $5
"""
TOUCH = f"UPDATE calendars c SET touches = c.touches + 1 WHERE {OWNED} RETURNING {COLUMNS}"

# To go on is to ask again, whatever was wrong before.
CHANGE = f"""
UPDATE calendars c SET name = coalesce($4::text, c.name), paused = coalesce($5::boolean, c.paused),
  touches = c.touches + CASE WHEN $5 IS FALSE THEN 1 ELSE 0 END,
  next_at = CASE WHEN $5 IS FALSE THEN now() ELSE c.next_at END,
  failures = CASE WHEN $5 IS FALSE THEN 0 ELSE c.failures END,
  failing_since = CASE WHEN $5 IS FALSE THEN NULL ELSE c.failing_since END,
  error_code = CASE WHEN $5 IS FALSE THEN '' ELSE c.error_code END,
  error = CASE WHEN $5 IS FALSE THEN '' ELSE c.error END,
  broken_at = CASE WHEN $5 IS FALSE THEN NULL ELSE c.broken_at END,
  channel_after = CASE WHEN $5 IS FALSE THEN NULL ELSE c.channel_after END, updated_at = now()
WHERE {OWNED} RETURNING {COLUMNS}
"""

# What it held goes at once; the row stays until its push channel is closed.
LEAVE = f"""
UPDATE calendars c SET left_at = now(), touches = c.touches + 1, sync_token = '', full_at = NULL,
  next_at = now(), broken_at = NULL
WHERE {OWNED} RETURNING {COLUMNS}
"""
EMPTY = """
WITH events AS (DELETE FROM calendar_events WHERE calendar_id = $1)
DELETE FROM calendar_conflicts WHERE calendar_id = $1
"""
CONFLICTS = f"""
SELECT {CONFLICT} FROM calendar_conflicts x
WHERE x.calendar_id = $1 AND (x.created_at, x.id) < (coalesce($2::timestamptz, 'infinity'), $3::uuid)
ORDER BY x.created_at DESC, x.id DESC LIMIT $4
"""

# A message counts once and in its order; one of a channel that is only being asked for always.
HEAR = f"""
UPDATE calendars c SET touches = c.touches + 1,
  channel_message = CASE WHEN c.channel_id = $1 THEN $3 ELSE c.channel_message END
WHERE c.left_at IS NULL AND (c.channel_next = $1
  OR (c.channel_id = $1 AND c.channel_resource = $2 AND c.channel_message < $3))
RETURNING {COLUMNS}
"""
LISTENS = "SELECT 1 FROM calendars WHERE left_at IS NULL AND (channel_id = $1 OR channel_next = $1)"


async def add_calendar(
    db: Statements, owner: Owner, connection: UUID, remote_id: str, name: str, most: int
) -> tuple[CalendarRow, bool] | None:
    """Take a calendar up and say whether that is new; None when its user has ``most`` already."""
    ident = uuid7()
    for _ in range(2):  # somebody a moment faster is only seen by the next statement
        record = await db.fetchrow(ADD, ident, *owner, connection, remote_id, name, most)
        if record is not None:
            *row, new = record
            return CalendarRow(*row), new
    return None


async def google_connection(db: Statements, owner: Owner, connection: UUID) -> bool:
    """Say whether a connection is the owner's, and one to Google."""
    return await db.fetchrow(CONNECTED, connection, *owner) is not None


async def find_calendar(db: Statements, owner: Owner, ident: UUID) -> CalendarRow | None:
    """Return a calendar, if it is the owner's."""
    return one(await db.fetch(FIND, ident, *owner))


async def list_calendars(
    db: Statements, owner: Owner, behind: Behind, limit: int
) -> list[CalendarRow]:
    """Return the calendars of ``owner`` (org, user) taken up before ``behind``, newest first."""
    at, last = behind or (None, None)
    return [CalendarRow(*record) for record in await db.fetch(LIST, *owner, at, last, limit)]


async def touch_calendar(db: Statements, owner: Owner, ident: UUID) -> CalendarRow | None:
    """Say that there is something for its sync to do, and lock it until the end of the transaction."""
    return one(await db.fetch(TOUCH, ident, *owner))


async def change_calendar(
    db: Statements, owner: Owner, ident: UUID, changes: Mapping[str, Any]
) -> CalendarRow | None:
    """Change ``name`` or ``paused``; no longer paused, it is due now and forgets its failures."""
    values = [changes.get(name) for name in ("name", "paused")]
    return one(await db.fetch(CHANGE, ident, *owner, *values))


async def leave_calendar(db: Statements, owner: Owner, ident: UUID) -> CalendarRow | None:
    """Forget a calendar's events and conflicts; its sync closes the channel and removes the rest."""
    row = one(await db.fetch(LEAVE, ident, *owner))
    if row is not None:
        await db.fetch(EMPTY, ident)
    return row


async def list_conflicts(
    db: Statements, calendar: UUID, behind: Behind, limit: int
) -> list[ConflictRow]:
    """Return a calendar's conflicts found before ``behind``, newest first."""
    at, last = behind or (None, None)
    return [ConflictRow(*record) for record in await db.fetch(CONFLICTS, calendar, at, last, limit)]


async def hear_channel(
    db: Statements, channel: UUID, resource: str, number: int
) -> CalendarRow | None:
    """Take a message of a push channel in; None when it is of none, or was taken in before."""
    return one(await db.fetch(HEAR, channel, resource, number))


async def listens(db: Statements, channel: UUID) -> bool:
    """Say whether a push channel is one of ours."""
    return await db.fetchrow(LISTENS, channel) is not None


def one(records: Sequence[Any]) -> CalendarRow | None:
    """Return the first record as a row, None when there is none."""
    return CalendarRow(*records[0]) if records else None
