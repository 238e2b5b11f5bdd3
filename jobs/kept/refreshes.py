"""Refreshing a connection's tokens, in the database: who may, until when, and what came of it.

All times are the database's. A refresh holds the connection by a lease, ``refreshing_until``: that very
value is what everything after it must find, so whoever lost it (or whose connection got new credentials)
writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jobs.kept.connections import COLUMNS, ConnectionRow
from jobs.kept.statement import one, run

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

WITHIN = timedelta(minutes=20)
"""How long before its end a token is refreshed."""
JUST_NOW = timedelta(minutes=1)
LEASE = timedelta(seconds=25)
"""Longer than a refresh takes, however it ends: no second one may begin meanwhile."""
GIVE_UP = timedelta(days=7)
"""After a token's end, when no refresh succeeds any more."""

# A token that lives shorter than WITHIN is always near its end: what was refreshed just now is left alone.
DUE = """(c.expires_at IS NULL OR c.expires_at <= now() + $4::interval)
  AND (c.refreshed_at IS NULL OR c.refreshed_at < now() - $5::interval)"""
OWN = "c.id = $1 AND c.org_id = $2 AND c.user_id = $3"

LOOK = f"SELECT {DUE} AS due, {COLUMNS} FROM connections c WHERE {OWN}"  # noqa: S608 - our own names

EXPIRING = """
SELECT c.org_id, c.user_id, c.id FROM connections c
WHERE c.status = 'active' AND c.expires_at <= now() + $1::interval AND 'refresh_token' = ANY(c.holds)
  AND (c.refresh_after IS NULL OR c.refresh_after <= now())
ORDER BY c.expires_at LIMIT $2
"""

CLAIM = f"""
UPDATE connections c SET refreshing_until = clock_timestamp() + $6::interval,
  unanswered_at = coalesce(c.unanswered_at, now())
FROM (SELECT id, unanswered_at FROM connections WHERE id = $1 FOR UPDATE) before
WHERE {OWN} AND before.id = c.id AND c.status = 'active' AND {DUE}
  AND (c.refreshing_until IS NULL OR c.refreshing_until <= clock_timestamp())
RETURNING before.unanswered_at AS lost_at, {COLUMNS}
"""  # noqa: S608 - our own names

LEASED = f"{OWN} AND c.refreshing_until = $4"

# Written again when it is unknown whether it was written: then it finds its own credentials.
KEEP = f"""
UPDATE connections c SET credentials = $5, holds = $6, expires_at = now() + $7::interval,
  refreshed_at = now(), refreshing_until = NULL, unanswered_at = NULL, refresh_after = NULL,
  refresh_failures = 0, status_reason = NULL, version = c.version + 1, updated_at = now()
WHERE {OWN} AND (c.refreshing_until = $4 OR c.credentials = $5) RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

EXPIRE = f"""
UPDATE connections c SET status = 'expired', status_reason = $5, refreshing_until = NULL,
  unanswered_at = NULL, version = c.version + 1, updated_at = now()
WHERE {LEASED} RETURNING {COLUMNS}
"""  # noqa: S608 - our own names

# A short outage is met by the job's own attempts; a longer one makes the clock ask less and less often.
FAIL = f"""
UPDATE connections c SET refreshing_until = NULL, status_reason = $5,
  unanswered_at = CASE WHEN $6 THEN NULL ELSE c.unanswered_at END,
  refresh_failures = least(c.refresh_failures + 1, 1000),
  refresh_after = now() + least(interval '5 minutes' * 2 ^ least(greatest(c.refresh_failures - 2, 0), 10),
                                interval '6 hours'),
  status = CASE WHEN c.expires_at < now() - $7::interval THEN 'expired' ELSE c.status END,
  version = c.version + 1, updated_at = now()
WHERE {LEASED} RETURNING {COLUMNS}
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Claim:
    """A connection that is ours to refresh.

    ``lost_at`` is when an earlier refresh began whose answer nobody kept: the provider may have changed
    the token then.
    """

    row: ConnectionRow
    lost_at: datetime | None


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a refresh brought, the credentials sealed."""

    credentials: bytes = field(repr=False)
    holds: Sequence[str]
    lasts: timedelta


async def find_expiring(session: "AsyncSession", limit: int) -> list[tuple[str, str, UUID]]:
    """Return (org, user, id) of connections whose token ends soon, the first to end first."""
    found = await run(session, EXPIRING, WITHIN, limit)
    return [(row.org_id, row.user_id, row.id) for row in found]


async def look(
    session: "AsyncSession", org: str, user: str, ident: UUID
) -> tuple[ConnectionRow | None, bool]:
    """Return a connection, if it is this user's, and whether its token is to be refreshed."""
    row = (await run(session, LOOK, ident, org, user, WITHIN, JUST_NOW)).first()
    return (None, False) if row is None else (ConnectionRow(*tuple(row)[1:]), row[0])


async def claim_refresh(session: "AsyncSession", org: str, user: str, ident: UUID) -> Claim | None:
    """Take a connection for one refresh; None when nothing is due or another refresh is under way."""
    row = (await run(session, CLAIM, ident, org, user, WITHIN, JUST_NOW, LEASE)).first()
    return None if row is None else Claim(ConnectionRow(*tuple(row)[1:]), row[0])


async def keep_tokens(
    session: "AsyncSession", row: ConnectionRow, renewed: Renewed
) -> ConnectionRow | None:
    """Write what a refresh brought; None when the connection is no longer ours to write."""
    values = renewed.credentials, list(renewed.holds), renewed.lasts
    return await one(session, ConnectionRow, KEEP, *leased(row), *values)


async def expire_connection(
    session: "AsyncSession", row: ConnectionRow, reason: str
) -> ConnectionRow | None:
    """Mark a connection whose grant has ended; None when it is no longer ours to write."""
    return await one(session, ConnectionRow, EXPIRE, *leased(row), reason)


async def note_failure(
    session: "AsyncSession", row: ConnectionRow, reason: str, *, answered: bool
) -> ConnectionRow | None:
    """Let go of a connection that was not refreshed, and keep the clock away from it for a while.

    ``answered`` says that the provider has surely changed nothing. One that has not been refreshed for a
    week after its token's end is expired.
    """
    return await one(session, ConnectionRow, FAIL, *leased(row), reason, answered, GIVE_UP)


def leased(row: ConnectionRow) -> tuple[Any, ...]:
    """Return what names a connection together with the lease on it."""
    return row.id, row.org_id, row.user_id, row.refreshing_until
