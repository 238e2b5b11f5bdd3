"""SQLModel sessions for processors: SQLAlchemy is loaded, and connected, when the first one is asked for.

It takes 25 MB and half a second, which a worker whose processors keep no tables of their own never pays.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.settings import JobsSettings

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine
    from sqlmodel.ext.asyncio.session import AsyncSession

WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """The engine with its connections, and what makes a session of it."""

    engine: "AsyncEngine"
    make: "Callable[[], AsyncSession]"


class Sessions:
    """At most ``session_pool_size`` at once; who finds none free waits. ``close`` it."""

    def __init__(self, settings: JobsSettings) -> None:
        self._settings = settings
        self._loading = asyncio.Lock()
        self._loaded: Loaded | None = None

    @asynccontextmanager
    async def open(self) -> "AsyncIterator[AsyncSession]":
        """Open a session: committed at the end, rolled back on an exception."""
        loaded = await self._load()
        async with loaded.make() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Close every connection."""
        if self._loaded is not None:
            await self._loaded.engine.dispose()

    async def _load(self) -> Loaded:
        async with self._loading:
            if self._loaded is None:  # not on the loop: everybody else would stand still
                self._loaded = await asyncio.to_thread(load, self._settings)
            return self._loaded


def load(settings: JobsSettings) -> Loaded:
    """Load SQLAlchemy and prepare an engine; it connects with its first session."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415 - see the module
    from sqlmodel.ext.asyncio.session import AsyncSession  # noqa: PLC0415

    engine = create_async_engine(
        settings.sqlalchemy_url,
        pool_size=settings.session_pool_size,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "server_settings": {"application_name": "jobcast-sessions"},
            "statement_cache_size": settings.database_statement_cache,
            "prepared_statement_cache_size": settings.database_statement_cache,
        },
    )
    return Loaded(engine, lambda: AsyncSession(engine, expire_on_commit=False))
