"""Calendars for tests of the front door, as a sync would have left them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from jobs.ids import uuid7

CONNECTED = "01a203fe-315d-7704-ba1e-0be741383f9b"
EVENT_ID = "01a203fe-315d-7704-ba1e-0be741383f9c"
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
HOUR = timedelta(hours=1)

CONNECTION = """
INSERT INTO connections (id, org_id, user_id, provider, name, credentials)
VALUES ($1, $2, $3, 'google', 'Ours', '') ON CONFLICT DO NOTHING
"""
CALENDAR = """
INSERT INTO calendars (id, org_id, user_id, connection_id, remote_id, timezone, own_name, access)
VALUES ($1, $2, $3, $4, $5, 'Europe/Berlin', 'The garden', $6)
"""
EVENT = """
INSERT INTO calendar_events (id, calendar_id, remote_id, etag, title, starts_at, ends_at)
VALUES ($1, $2, $3, '"1"', $4, $5, $6)
"""


async def add_connection(database_url: str, owner: tuple[str, str], ident: str = CONNECTED) -> None:
    """Add a connection of ``owner`` (org, user) to Google."""
    await run(database_url, CONNECTION, UUID(ident), *owner)


async def add_calendar(
    database_url: str, owner: tuple[str, str], *, access: str = "owner", events: int = 1
) -> str:
    """Add a calendar that is in step, with events an hour apart, and return its id."""
    ident = uuid7()
    await add_connection(database_url, owner)
    values = (*owner, UUID(CONNECTED), "primary", access)
    await run(database_url, CALENDAR, ident, *values)
    for number in range(events):
        event = UUID(EVENT_ID) if number == 0 else uuid7()
        begin = NOON + number * HOUR
        times = (begin, begin + HOUR)
        await run(database_url, EVENT, event, ident, event.hex, f"Event {number}", *times)
    return str(ident)


async def run(database_url: str, sql: str, *values: Any) -> Any:
    """Run a statement and return its first value."""
    database = await asyncpg.connect(database_url)
    try:
        return await database.fetchval(sql, *values)
    finally:
        await database.close()
