"""The events of a calendar as its sync sees and writes them: a page at a time, one statement each.

Rows are locked by ``lock_events`` before they are compared and written, all in one transaction, so a
change that their user makes comes before or after, never in between.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.agenda.content import Content
from jobs.agenda.sides import LocalEvent, RemoteEvent
from jobs.ids import uuid7
from jobs.kept.json_text import json_text
from jobs.kept.statement import run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

STATE = "id, remote_id, etag, agreed, pending, changed_at, pushed_at, version"
CONTENT = "title, description, location, starts_at, ends_at, starts_on, ends_on, timezone, status"

LOCK = f"""
SELECT {STATE}, {CONTENT} FROM calendar_events
WHERE calendar_id = $1 AND remote_id = ANY($2::text[]) ORDER BY remote_id FOR UPDATE
"""  # noqa: S608 - our own names

# Noted before they are told, so that they are known again when no answer is heard.
TELLING = f"""
UPDATE calendar_events SET pushed_at = now() WHERE id IN (
  SELECT id FROM calendar_events WHERE calendar_id = $1 AND pending <> '' AND id <> ALL($2::uuid[])
  ORDER BY changed_at, id LIMIT $3)
RETURNING {STATE}, {CONTENT}
"""  # noqa: S608 - our own names

TAKE = """
INSERT INTO calendar_events AS e (id, calendar_id, remote_id, series, etag, remote_updated_at, agreed,
  title, description, location, all_day, starts_at, ends_at, starts_on, ends_on, timezone, status, url,
  seen_by)
SELECT g.id, $1, g.remote_id, g.series, g.etag, g.remote_updated_at, g.agreed, g.title,
  g.description, g.location, g.all_day, g.starts_at, g.ends_at, g.starts_on, g.ends_on, g.timezone,
  g.status, g.url, $2
FROM jsonb_to_recordset($3::jsonb) AS g(
  id uuid, remote_id text, series text, etag text, remote_updated_at timestamptz,
  agreed text, title text,
  description text, location text, all_day boolean, starts_at timestamptz, ends_at timestamptz,
  starts_on date, ends_on date, timezone text, status text, url text)
ORDER BY g.remote_id
ON CONFLICT (calendar_id, remote_id) DO UPDATE SET
  series = excluded.series, etag = excluded.etag, remote_updated_at = excluded.remote_updated_at,
  agreed = excluded.agreed, title = excluded.title, description = excluded.description,
  location = excluded.location, all_day = excluded.all_day, starts_at = excluded.starts_at,
  ends_at = excluded.ends_at, starts_on = excluded.starts_on, ends_on = excluded.ends_on,
  timezone = excluded.timezone, status = excluded.status, url = excluded.url,
  seen_by = coalesce(excluded.seen_by, e.seen_by), pending = '', changed_at = NULL,
  version = e.version + CASE WHEN e.remote_id = ANY($4::text[]) THEN 1 ELSE 0 END,
  updated_at = now()
"""
KEEP = """
UPDATE calendar_events e SET etag = g.etag, remote_updated_at = g.remote_updated_at, agreed = g.agreed,
  pending = g.pending
FROM jsonb_to_recordset($2::jsonb) AS g(
  remote_id text, etag text, remote_updated_at timestamptz, agreed text, pending text)
WHERE e.calendar_id = $1 AND e.remote_id = g.remote_id
"""
DROP = "DELETE FROM calendar_events WHERE calendar_id = $1 AND remote_id = ANY($2::text[])"
SEEN = (
    "UPDATE calendar_events SET seen_by = $2 WHERE calendar_id = $1 AND remote_id = ANY($3::text[])"
)

# Of the window only what was seen in it is still there; what lies before the window is forgotten.
SWEEP = """
DELETE FROM calendar_events
WHERE calendar_id = $1 AND seen_by IS DISTINCT FROM $2 AND pending = '' AND starts_at < $4
RETURNING ends_at > $3 AS seen
"""
DISAGREED = """
INSERT INTO calendar_conflicts (id, calendar_id, event_id, job_id, winner, reason, problem, local, remote,
                                local_changed_at, remote_changed_at)
SELECT g.id, $1, g.event_id, $2, g.winner, g.reason, g.problem, g.local, g.remote, g.local_changed_at,
  g.remote_changed_at
FROM jsonb_to_recordset($3::jsonb) AS g(
  id uuid, event_id uuid, winner text, reason text, problem text, local jsonb, remote jsonb,
  local_changed_at timestamptz, remote_changed_at timestamptz)
ON CONFLICT (id) DO NOTHING
"""
# The newest are enough: they are for people to look at.
FORGET_CONFLICTS = """
DELETE FROM calendar_conflicts WHERE calendar_id = $1 AND id IN (
  SELECT id FROM calendar_conflicts WHERE calendar_id = $1 ORDER BY created_at DESC, id DESC OFFSET $2)
"""
ALL_DAY = "SELECT id, starts_on, ends_on FROM calendar_events WHERE calendar_id = $1 AND all_day FOR UPDATE"
MOVE = """
UPDATE calendar_events e SET starts_at = g.starts_at, ends_at = g.ends_at
FROM jsonb_to_recordset($1::jsonb) AS g(id uuid, starts_at timestamptz, ends_at timestamptz)
WHERE e.id = g.id
"""
MOST_CONFLICTS = 500


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides wanted something else: who won, and what the two had said."""

    id: UUID
    event_id: UUID
    winner: str
    reason: str
    problem: str
    local: Mapping[str, Any] | None
    remote: Mapping[str, Any] | None
    local_changed_at: datetime | None
    remote_changed_at: datetime | None


async def lock_events(
    session: "AsyncSession", calendar: UUID, remote_ids: Sequence[str]
) -> dict[str, LocalEvent]:
    """Return the events here, by their ids there, and lock them until the end of the transaction."""
    found = await run(session, LOCK, calendar, list(remote_ids))
    return {row["remote_id"]: local(dict(row)) for row in found.mappings()}


async def begin_telling(
    session: "AsyncSession", calendar: UUID, but: Sequence[UUID], limit: int
) -> list[LocalEvent]:
    """Return events that are to be told, those that wait longest, and note that they are."""
    found = await run(session, TELLING, calendar, list(but), limit)
    events = [local(dict(row)) for row in found.mappings()]
    return sorted(
        events, key=lambda event: (event.changed_at is not None, event.changed_at, event.id)
    )


async def take_events(
    session: "AsyncSession",
    calendar: UUID,
    events: Sequence[RemoteEvent],
    changed: Sequence[str],
    seen_by: UUID | None,
) -> None:
    """Let events here say what the provider says; those that ``changed`` by it have another version."""
    if events:
        rows = json_text([taken(event) for event in events])
        await run(session, TAKE, calendar, seen_by, rows, list(changed))


async def keep_events(
    session: "AsyncSession", calendar: UUID, events: Sequence[tuple[RemoteEvent, str]]
) -> None:
    """Leave events here as they are, to be told (``pending``) over what the provider says."""
    if events:
        rows = [{**state(event), "pending": pending} for event, pending in events]
        await run(session, KEEP, calendar, json_text(rows))


async def drop_events(session: "AsyncSession", calendar: UUID, remote_ids: Sequence[str]) -> None:
    """Remove events here."""
    if remote_ids:
        await run(session, DROP, calendar, list(remote_ids))


async def see_events(
    session: "AsyncSession", calendar: UUID, seen_by: UUID, remote_ids: Sequence[str]
) -> None:
    """Note that a reading of the whole window has seen events."""
    await run(session, SEEN, calendar, seen_by, list(remote_ids))


async def sweep_events(
    session: "AsyncSession", calendar: UUID, seen_by: UUID, window: tuple[datetime, datetime]
) -> int:
    """Remove what a reading of the whole window has not seen; return how many events that were."""
    gone = await run(session, SWEEP, calendar, seen_by, *window)
    return sum(row.seen for row in gone)


async def keep_conflicts(
    session: "AsyncSession", calendar: UUID, job: UUID, conflicts: Sequence[Conflict]
) -> None:
    """Keep conflicts, each once by its id, and of old ones not too many."""
    if conflicts:
        rows = json_text([asdict(one) for one in conflicts])
        await run(session, DISAGREED, calendar, job, rows)
        await run(session, FORGET_CONFLICTS, calendar, MOST_CONFLICTS)


async def all_day_events(session: "AsyncSession", calendar: UUID) -> list[tuple[UUID, date, date]]:
    """Return the all-day events of a calendar: id, first day, the day after the last."""
    return [tuple(row) for row in await run(session, ALL_DAY, calendar)]


async def move_events(
    session: "AsyncSession", times: Sequence[tuple[UUID, datetime, datetime]]
) -> None:
    """Give events other times."""
    rows = [{"id": i, "starts_at": begin, "ends_at": end} for i, begin, end in times]
    await run(session, MOVE, json_text(rows))


def local(row: Mapping[str, Any]) -> LocalEvent:
    """Return a record as an event."""
    names = [name.strip() for name in STATE.split(",")]
    said = {name.strip(): row[name.strip()] for name in CONTENT.split(",")}
    return LocalEvent(**{name: row[name] for name in names}, content=Content(**said))


def state(event: RemoteEvent) -> dict[str, Any]:
    """Return what is kept of the provider's state. One that is gone has no etag to be held to."""
    return {
        "remote_id": event.id,
        "etag": event.etag,
        "remote_updated_at": event.updated_at,
        "agreed": event.digest,
    }


def taken(event: RemoteEvent) -> dict[str, Any]:
    """Return a whole event as it is written. Raises ValueError for one that is gone."""
    if event.content is None:
        raise ValueError("an event that is gone says nothing")
    said = {**asdict(event.content), "all_day": event.content.all_day}
    return {**state(event), **said, "id": uuid7(), "series": event.series, "url": event.url}
