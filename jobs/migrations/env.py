"""How alembic reaches the database: the async engine of DATABASE_URL, beside a product that runs.

Each migration is a transaction of its own and waits for no lock longer than ``LOCK_TIMEOUT``: while
ALTER TABLE waits, everybody else waits behind it. Who calls tries again (``service.schema``).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic import context
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from jobs.models.tables import metadata
from jobs.settings import JobsSettings

ONE_AT_A_TIME = 7_243_891
"""The advisory lock that two release phases take in turn."""
TURN_SECONDS = 0.25
LOCK_TIMEOUT = "2s"
"""Less than DATABASE_TIMEOUT_SECONDS: who waits behind us gets its turn before it gives up."""

TERMS = f"""
SET LOCAL lock_timeout = '{LOCK_TIMEOUT}';
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0
"""
CONCURRENT_TERMS = "SET lock_timeout = 0; SET statement_timeout = 0"
"""Of an index built beside everybody: it waits for others, and nobody waits for it."""

TAKE_TURN = text("SELECT pg_try_advisory_xact_lock(:key)")


def migrate(connection: Connection) -> None:
    """Run the migrations that are asked for, each in a transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_migrate() -> None:
    """Open connections of our own; the ``sqlalchemy.url`` option wins over DATABASE_URL."""
    given = context.config.get_alembic_option("sqlalchemy.url")
    engine = create_async_engine(given or JobsSettings().sqlalchemy_url, poolclass=NullPool)
    event.listen(engine.sync_engine, "begin", set_terms)
    try:
        async with in_turn(engine), engine.connect() as connection:
            await connection.run_sync(migrate)
            await connection.commit()
    finally:
        await engine.dispose()


def set_terms(connection: Connection) -> None:
    """Begin on our terms, whatever the role's are."""
    alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    for statement in (CONCURRENT_TERMS if alone else TERMS).split(";"):
        connection.exec_driver_sql(statement)


@asynccontextmanager
async def in_turn(engine: AsyncEngine) -> AsyncIterator[None]:
    """Keep other releases out. Holds for a transaction, so that it works through any pooler."""
    async with engine.connect() as holder:
        await take_turn(holder)
        await forget_snapshot(holder)
        yield
        await holder.rollback()


async def take_turn(holder: AsyncConnection) -> None:
    """Ask until it is our turn. To wait inside Postgres would hold up CREATE INDEX CONCURRENTLY."""
    while not await holder.scalar(TAKE_TURN, {"key": ONE_AT_A_TIME}):
        await holder.rollback()
        await asyncio.sleep(TURN_SECONDS)


async def forget_snapshot(holder: AsyncConnection) -> None:
    """Let go of the answer just read: as long as it lies open, CREATE INDEX CONCURRENTLY waits for it."""
    raw = await holder.get_raw_connection()
    if raw.driver_connection is not None:
        await raw.driver_connection.execute("SELECT 1")  # the simple protocol closes what was open


asyncio.run(connect_and_migrate())
