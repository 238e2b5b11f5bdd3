"""A database's time can be moved, and everything in it goes by that time."""

from datetime import UTC, datetime, timedelta

import asyncpg

from jobs.db import open_database
from jobs.settings import JobsSettings
from jobs.store.schedules import now
from service.dev.postgres_server import PostgresServer
from tests.simulation.clock import database_with_a_clock

SUNDAY = datetime(2026, 3, 29, 0, 45, tzinfo=UTC)
NEAR = timedelta(seconds=30)


async def test_statements_and_defaults_go_by_the_moved_clock(postgres: PostgresServer) -> None:
    clock = await database_with_a_clock(postgres, "clock_test", SUNDAY)
    await clock.move_to(SUNDAY + timedelta(hours=1))

    async with open_database(JobsSettings(database_url=clock.url)) as db:
        told = await now(db)
        kept = await db.fetchrow("INSERT INTO ticks (kind, slot) VALUES ('x', now()) RETURNING *")

    assert SUNDAY + timedelta(hours=1) <= told < SUNDAY + timedelta(hours=1) + NEAR
    assert kept is not None
    assert told <= kept["slot"] <= kept["fired_at"] < told + NEAR
    connection = await asyncpg.connect(clock.url)
    real = await connection.fetchval("SELECT pg_catalog.now()")
    await connection.close()
    assert real > told
