"""A real Postgres for a bench whose processors ask it questions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from jobs.settings import JobsSettings
from jobs.testing.absent import Sessions


def sessions(database_url: str) -> Sessions:
    """Return a session factory for ``Bench(db=…)``; the database must be migrated.

    Connects anew for each session: no connection may outlive the bench's loop.
    """
    settings = JobsSettings.model_construct(database_url=database_url)
    engine = create_async_engine(settings.sqlalchemy_url, poolclass=NullPool)

    @asynccontextmanager
    async def session() -> AsyncIterator[AsyncSession]:
        async with AsyncSession(engine, expire_on_commit=False) as opened, opened.begin():
            yield opened

    return session
