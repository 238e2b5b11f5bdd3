"""Readers for tests: their wishes, briefs they had, and what they did with them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from jobs.db import Database
from jobs.ids import uuid7

OPT_IN = """
INSERT INTO preferences (org_id, user_id, timezone, brief_opt_in, brief_hour)
SELECT 'acme', * FROM unnest($1::text[], $2::text[], $3::bool[], $4::smallint[])
"""
VERIFIED = """
UPDATE preferences SET email = 'anna@example.com', email_verified_at = now(), brief_email = true
"""
BRIEF = """
INSERT INTO briefs (id, org_id, user_id, day, timezone, title, body, created_at, opened_at)
VALUES ($1, $6, $2, $3, 'UTC', 'A day', 'Long.', $4, $5)
"""
ENTRY = """
INSERT INTO inbox (id, org_id, user_id, job_id, name, read_at, change_seq)
VALUES ($1, 'acme', $2, $3, $4, $5, 1)
"""


async def add_readers(
    db: Database, readers: Sequence[tuple[str, str, int]], *, opted_in: bool = True
) -> None:
    """Let users (name, zone, hour) want briefs, or not want them any more."""
    names, zones, hours = zip(*readers, strict=True)
    await db.fetch(OPT_IN, names, zones, [opted_in] * len(readers), hours)


async def verify_email(db: Database) -> None:
    """Let all readers want e-mail at an address that is theirs."""
    await db.fetch(VERIFIED)


async def add_brief(
    db: Database,
    user: str,
    day: date,
    made: datetime,
    opened: datetime | None = None,
    *,
    org: str = "acme",
) -> UUID:
    """Let a user have had a brief."""
    ident = uuid7()
    await db.fetch(BRIEF, ident, user, day, made, opened, org)
    return ident


async def read_entry(
    db: Database, user: str, brief: UUID, at: datetime | None, name: str = "brief_completed"
) -> None:
    """Let a user have read of a brief in the inbox; at None they have not."""
    await db.fetch(ENTRY, uuid7(), user, brief, name, at)
