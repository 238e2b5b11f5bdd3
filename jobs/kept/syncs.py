"""A calendar as its sync sees it: who holds it, what is known of the other side, how the sync ended.

One job holds a calendar at a time, until it lets go or its lease is over; whoever lost it writes nothing.
Whoever says that there is something to do is either heard by the job that holds it, or gets a job of
its own: the two meet at the row, where ``touches`` and ``round`` are counted. All times are the database's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

LEASE = timedelta(minutes=4)
"""Longer than an attempt takes, however it ends."""

EVERY = timedelta(minutes=14)
"""A little less than the time between two ticks, so that each finds it due."""


@dataclass(frozen=True, slots=True)
class SyncRow:
    """What a sync must know of a calendar. Field order is column order; ``now`` is when it was read."""

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
    sync_token: str
    full_at: datetime | None
    touches: int
    round: int
    channel_id: UUID | None
    channel_resource: str
    channel_until: datetime | None
    channel_after: datetime | None
    failures: int
    left_at: datetime | None
    now: datetime

    @property
    def title(self) -> str:
        """Return what people call it."""
        return self.name or self.own_name or self.remote_id

    @property
    def read_only(self) -> bool:
        """Return whether its user may not change it there; unknown before the first sync."""
        return self.access not in {"", "writer", "owner"}


COLUMNS = ", ".join(f"c.{field.name}" for field in fields(SyncRow) if field.name != "now")
OWN = "c.id = $1 AND c.org_id = $2 AND c.user_id = $3"

FIND = f"SELECT {COLUMNS}, now() AS now FROM calendars c WHERE {OWN}"  # noqa: S608 - our own names

CLAIM = f"""
UPDATE calendars c SET syncing_job = $4, syncing_until = now() + $5::interval
WHERE {OWN} AND (c.syncing_job IS NULL OR c.syncing_job = $4 OR c.syncing_until <= now())
RETURNING {COLUMNS}, now() AS now
"""  # noqa: S608 - our own names

HELD = "SELECT 1 FROM calendars WHERE id = $1 AND syncing_job = $2 FOR UPDATE"

# What was said while this sync was under way is not yet done: then it goes on.
FINISH = """
UPDATE calendars SET syncing_job = NULL, syncing_until = NULL, round = round + 1, synced_at = now(),
  next_at = now() + $4::interval, failures = 0, failed_job = NULL, failing_since = NULL,
  error_code = '', error = '', broken_at = NULL, updated_at = now()
WHERE id = $1 AND syncing_job = $2 AND (touches = $3 OR $5)
RETURNING id
"""
LET_GO = "UPDATE calendars SET syncing_job = NULL, syncing_until = NULL WHERE id = $1 AND syncing_job = $2"
FAIL = """
UPDATE calendars SET syncing_job = NULL, syncing_until = NULL,
  failures = failures + CASE WHEN failed_job = $2 THEN 0 ELSE 1 END, failed_job = $2,
  failing_since = coalesce(failing_since, now()), error_code = $3, error = $4,
  next_at = now() + $5::interval, broken_at = CASE WHEN $6 THEN now() END, updated_at = now()
WHERE id = $1 AND syncing_job = $2
"""
ABOUT = """
UPDATE calendars SET own_name = $3, timezone = $4, access = $5,
  sync_token = coalesce($6, sync_token), full_at = coalesce($7, full_at),
  changed_at = CASE WHEN $8 THEN now() ELSE changed_at END
WHERE id = $1 AND syncing_job = $2
"""
FORGET_TOKEN = "UPDATE calendars SET sync_token = '' WHERE id = $1 AND syncing_job = $2"  # noqa: S105 - SQL
GONE = "DELETE FROM calendars WHERE id = $1 AND syncing_job = $2 AND left_at IS NOT NULL"

# Each is put off until the next tick, also for when its job is lost; a broken one waits for its connection.
DUE = """
WITH due AS (
  SELECT c.id FROM calendars c JOIN connections o ON o.id = c.connection_id
  WHERE (NOT c.paused OR c.left_at IS NOT NULL) AND c.next_at <= $1
    AND (c.broken_at IS NULL OR (o.status = 'active' AND o.updated_at > c.broken_at))
  ORDER BY c.next_at, c.id LIMIT $2 FOR UPDATE OF c SKIP LOCKED
)
UPDATE calendars SET next_at = $3 FROM due WHERE calendars.id = due.id
RETURNING calendars.id, calendars.org_id, calendars.user_id, calendars.round
"""

ASK_CHANNEL = "UPDATE calendars SET channel_next = $3 WHERE id = $1 AND syncing_job = $2"
KEEP_CHANNEL = """
UPDATE calendars SET channel_id = $3, channel_resource = $4, channel_until = $5, channel_message = 0,
  channel_next = NULL, channel_after = NULL, channel_error = ''
WHERE id = $1 AND syncing_job = $2
"""
NO_CHANNEL = """
UPDATE calendars SET channel_next = NULL, channel_after = now() + $3::interval, channel_error = $4
WHERE id = $1 AND syncing_job = $2
"""
FORGET_CHANNEL = """
UPDATE calendars SET channel_id = NULL, channel_resource = '', channel_until = NULL
WHERE id = $1 AND syncing_job = $2
"""


def sync_key(calendar_id: UUID, sync_round: int) -> str:
    """Return the unique key of a calendar's next sync: one job for all who want it."""
    return f"calendar:{calendar_id}:{sync_round}"


async def find_sync(session: "AsyncSession", org: str, user: str, ident: UUID) -> SyncRow | None:
    """Return a calendar, if it is this user's."""
    return await one(session, SyncRow, FIND, ident, org, user)


async def claim_sync(
    session: "AsyncSession", org: str, user: str, ident: UUID, job: UUID
) -> SyncRow | None:
    """Take a calendar for a job, or once more for the same; None when another job holds it."""
    return await one(session, SyncRow, CLAIM, ident, org, user, job, LEASE)


async def holds(session: "AsyncSession", calendar: UUID, job: UUID) -> bool:
    """Say whether a job still holds a calendar, and lock it until the end of the transaction."""
    return (await run(session, HELD, calendar, job)).first() is not None


async def finish_sync(
    session: "AsyncSession", calendar: UUID, job: UUID, touches: int, *, whatever: bool
) -> bool:
    """Let go of a calendar that is in step; False when somebody has touched it more often than ``touches``.

    ``whatever`` lets go of it all the same.
    """
    return (await run(session, FINISH, calendar, job, touches, EVERY, whatever)).first() is not None


async def let_go(session: "AsyncSession", calendar: UUID, job: UUID) -> None:
    """Let go of a calendar that was not to be synced."""
    await run(session, LET_GO, calendar, job)


async def fail_sync(
    session: "AsyncSession",
    calendar: UUID,
    job: UUID,
    error: tuple[str, str],
    wait: timedelta,
    *,
    broken: bool,
) -> None:
    """Note a failure (code and message), once a job however many attempts fail, and let go.

    A ``broken`` one is not asked again until its user does something about it.
    """
    await run(session, FAIL, calendar, job, *error, wait, broken)


async def note_about(
    session: "AsyncSession",
    calendar: UUID,
    job: UUID,
    about: tuple[str, str, str],
    *,
    sync_token: str | None,
    full_at: datetime | None,
    changed: bool,
) -> None:
    """Keep what a calendar says of itself (name, zone, access) and, if given, what comes next."""
    await run(session, ABOUT, calendar, job, *about, sync_token, full_at, changed)


async def forget_token(session: "AsyncSession", calendar: UUID, job: UUID) -> None:
    """Read everything again the next time."""
    await run(session, FORGET_TOKEN, calendar, job)


async def remove_left(session: "AsyncSession", calendar: UUID, job: UUID) -> None:
    """Remove a calendar whose user left it, with all it has, unless it was taken up again."""
    await run(session, GONE, calendar, job)


async def due_syncs(
    session: "AsyncSession", now: datetime, limit: int
) -> Sequence[tuple[UUID, str, str, int]]:
    """Return calendars that are due (id, org, user, round), and put them off until the next tick."""
    found = await run(session, DUE, now, limit, now + EVERY)
    return [tuple(row) for row in found]


async def ask_channel(session: "AsyncSession", calendar: UUID, job: UUID, channel: UUID) -> None:
    """Note a push channel before it is asked for: its first message may be faster than the answer."""
    await run(session, ASK_CHANNEL, calendar, job, channel)


async def keep_channel(
    session: "AsyncSession", calendar: UUID, job: UUID, channel: tuple[UUID, str, datetime | None]
) -> None:
    """Keep a push channel: its id, its resource and when it ends."""
    await run(session, KEEP_CHANNEL, calendar, job, *channel)


async def no_channel(
    session: "AsyncSession", calendar: UUID, job: UUID, wait: timedelta, why: str
) -> None:
    """Note that there is no new push channel, and leave it for a while."""
    await run(session, NO_CHANNEL, calendar, job, wait, why)


async def forget_channel(session: "AsyncSession", calendar: UUID, job: UUID) -> None:
    """Forget a push channel that was closed."""
    await run(session, FORGET_CHANNEL, calendar, job)
