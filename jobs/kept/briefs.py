"""Briefs as the clock and their job read and write them; ``jobs.store.briefs`` is their reader's.

Time is the database's ``now()``, written out in every statement.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.json_text import json_text
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

TOLD_AS = "brief_completed"
"""Under this name its reader finds a brief in the inbox: reading that entry is opening the brief."""
DAYS_KEPT = 366
COUNTED = 14
"""So many unopened briefs in a row are told apart; more are no more than that."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The readers in ``timezone`` whose hour is ``hour`` are due their brief of ``day`` at ``at``."""

    timezone: str
    hour: int
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """A reader's last brief, if there was one, and how many since they last opened any."""

    last_day: date | None
    unopened: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A user whose turn has come on a day, and how they took their briefs so far."""

    org: str
    user: str
    day: date
    past: Past


@dataclass(frozen=True, slots=True)
class Reader:
    """What a brief is written by: its reader's clock, whether it is to be mailed, and what time it is."""

    timezone: str
    by_email: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class NewBrief:
    """A brief to be kept under its job's id."""

    id: UUID
    org_id: str
    user_id: str
    day: date
    timezone: str
    title: str
    body: str
    tasks: int
    events: int
    by_email: bool
    model: str
    usage: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BriefRow:
    """One brief. Field order is column order; ``opened_at`` counts its inbox entry, too."""

    id: UUID
    org_id: str
    user_id: str
    day: date
    timezone: str
    title: str
    body: str
    tasks: int
    events: int
    by_email: bool
    model: str
    usage: dict[str, Any]
    created_at: datetime
    opened_at: datetime | None


SEEN = f"i.name = '{TOLD_AS}' AND i.read_at IS NOT NULL"
OPENED = (
    f"coalesce(b.opened_at, (SELECT min(i.read_at) FROM inbox i WHERE i.job_id = b.id AND {SEEN}))"  # noqa: S608 - our own names
)
COLUMNS = ", ".join(
    f"{OPENED} AS opened_at" if field.name == "opened_at" else f"b.{field.name}"
    for field in fields(BriefRow)
)

TIMEZONES = "SELECT DISTINCT timezone FROM preferences WHERE brief_opt_in"

# Whom this statement moves on is decided by it alone: two of them never decide one day twice.
DECIDE = f"""
WITH due AS MATERIALIZED (
  SELECT p.org_id, p.user_id, max(t.day) AS day, min(t.at) AS at
  FROM unnest($1::text[], $2::int[], $3::date[], $4::timestamptz[]) AS t(timezone, hour, day, at)
  JOIN preferences p ON p.brief_opt_in AND p.timezone = t.timezone AND p.brief_hour = t.hour
  LEFT JOIN brief_days d ON d.org_id = p.org_id AND d.user_id = p.user_id
  WHERE d.day IS NULL OR d.day < t.day
  GROUP BY p.org_id, p.user_id ORDER BY min(t.at), p.org_id, p.user_id LIMIT $5
), decided AS (
  INSERT INTO brief_days AS d (org_id, user_id, day)
  SELECT org_id, user_id, day FROM due ORDER BY org_id, user_id
  ON CONFLICT (org_id, user_id) DO UPDATE SET day = excluded.day WHERE d.day < excluded.day
  RETURNING d.org_id, d.user_id, d.day
)
SELECT d.org_id, d.user_id, d.day, past.last_day, past.unopened
FROM decided d JOIN due USING (org_id, user_id) CROSS JOIN LATERAL (
  SELECT max(n.day) FILTER (WHERE n.day <= d.day) AS last_day,
    count(*) FILTER (WHERE n.created_at > coalesce(greatest(n.opened, n.seen), '-infinity')) AS unopened
  FROM (
    SELECT b.day, b.created_at, max(i.read_at) OVER () AS seen, (
        SELECT max(o.opened_at) FROM briefs o WHERE o.org_id = d.org_id AND o.user_id = d.user_id
          AND o.opened_at IS NOT NULL) AS opened
    FROM (SELECT id, day, created_at FROM briefs WHERE org_id = d.org_id AND user_id = d.user_id
          ORDER BY day DESC LIMIT {COUNTED}) b
    LEFT JOIN inbox i ON i.job_id = b.id AND {SEEN}
  ) n
) past
ORDER BY due.at, d.org_id, d.user_id
"""  # noqa: S608 - our own names

READER = """
SELECT coalesce(p.timezone, 'UTC') AS timezone, now() AS now,
  coalesce(p.brief_email AND p.email IS NOT NULL AND p.email_verified_at IS NOT NULL, false) AS by_email
FROM (VALUES ($1, $2)) AS o(org_id, user_id) LEFT JOIN preferences p USING (org_id, user_id)
"""

FIND = (
    f"SELECT {COLUMNS} FROM briefs b "  # noqa: S608 - our own names
    "WHERE b.org_id = $1 AND b.user_id = $2 AND b.day = $3"
)

KEEP = f"""
INSERT INTO briefs ({", ".join(field.name for field in fields(NewBrief))}, created_at)
VALUES ({", ".join(f"${n}" for n in range(1, len(fields(NewBrief)) + 1))}, now())
ON CONFLICT DO NOTHING
"""  # noqa: S608 - our own names

# Entries are forgotten sooner than briefs: what was read by them is noted here before that.
NOTE_SEEN = f"""
UPDATE briefs b SET opened_at = i.read_at FROM inbox i
WHERE b.org_id = $1 AND b.user_id = $2 AND b.opened_at IS NULL AND i.job_id = b.id AND {SEEN}
"""  # noqa: S608 - our own names
FORGET = "DELETE FROM briefs WHERE org_id = $1 AND user_id = $2 AND day < $3::date - $4::int"


async def timezones_of_readers(session: "AsyncSession") -> list[str]:
    """Return the zones of all who want briefs."""
    return list((await run(session, TIMEZONES)).scalars())


async def decide(session: "AsyncSession", turns: Sequence[Turn], limit: int) -> list[Candidate]:
    """Return users whose turn has come, those that wait longest first, and move their days on.

    With the session's end each of them is decided for that day, by whoever gets them here.
    """
    columns = [
        [getattr(turn, name) for turn in turns] for name in ("timezone", "hour", "day", "at")
    ]
    found = await run(session, DECIDE, *columns, limit)
    return [
        Candidate(row.org_id, row.user_id, row.day, Past(row.last_day, row.unopened))
        for row in found
    ]


async def find_reader(session: "AsyncSession", org: str, user: str) -> Reader:
    """Return by what a user's brief is written; for one who never said anything by UTC."""
    row = (await run(session, READER, org, user)).one()
    return Reader(row.timezone, row.by_email, row.now)


async def find_brief(session: "AsyncSession", org: str, user: str, day: date) -> BriefRow | None:
    """Return a user's brief of a day."""
    return await one(session, BriefRow, FIND, org, user, day)


async def keep_brief(session: "AsyncSession", brief: NewBrief) -> None:
    """Keep a brief, unless there is one of that day; those older than a year go."""
    owner, told = (brief.org_id, brief.user_id), json_text(brief.usage)
    values = [getattr(brief, field.name) for field in fields(brief) if field.name != "usage"]
    await run(session, KEEP, *values, told)
    await run(session, NOTE_SEEN, *owner)
    await run(session, FORGET, *owner, brief.day, DAYS_KEPT)
