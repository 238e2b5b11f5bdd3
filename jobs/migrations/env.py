"""How alembic reaches the database: the async engine of DATABASE_URL, or a connection handed in."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from jobs.models.tables import metadata
from jobs.settings import JobsSettings

ONE_AT_A_TIME = 7_243_891
"""The advisory lock that two release phases take in turn."""


def migrate(connection: Connection) -> None:
    """Run the migrations that are asked for, in one transaction."""
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        context.run_migrations()


async def connect_and_migrate() -> None:
    """Open a connection of our own; the ``sqlalchemy.url`` option wins over DATABASE_URL."""
    given = context.config.get_alembic_option("sqlalchemy.url")
    engine = create_async_engine(given or JobsSettings().sqlalchemy_url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect_and_migrate())
