"""The way to Postgres: one asyncpg pool for the store, and ``sessions`` for what processors keep."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import asyncpg
import orjson

from jobs.errors import Unavailable
from jobs.measures import POSTGRES_WAITS
from jobs.sessions import Sessions
from jobs.settings import JobsSettings

if TYPE_CHECKING:
    from asyncpg.pool import PoolAcquireContext
    from sqlmodel.ext.asyncio.session import AsyncSession

LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
)
T = TypeVar("T")
COLLISION = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
TRIES = 3


class Statements(Protocol):
    """What runs single statements: the database, or one transaction in it."""

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Run one statement and return its rows."""

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """Run one statement and return its first row."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """Statements that are kept together or not at all."""

    connection: Any
    timeout_seconds: float

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Run one statement and return its rows."""
        found: list[asyncpg.Record] = await self.connection.fetch(
            sql, *args, timeout=self.timeout_seconds
        )
        return found

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """Run one statement and return its first row."""
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None


class Database:
    """Statements against Postgres, each bounded in time. Raises Unavailable when it can't be reached.

    ``using`` counts who has a connection of the pool, or waits for one.
    """

    def __init__(self, pool: asyncpg.Pool, sessions: Sessions, timeout_seconds: float) -> None:
        self.pool = pool
        self.sessions = sessions
        self._timeout = timeout_seconds
        self._most = pool.get_max_size()
        self.using = 0

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Run one statement as its own transaction; a deadlock is tried again."""
        for tries_left in reversed(range(TRIES)):
            acquiring = self._acquire()
            try:
                async with acquiring as connection:
                    return await connection.fetch(sql, *args, timeout=self._timeout)
            except COLLISION as error:
                if not tries_left:
                    raise Unavailable from error
            except LOST as error:
                raise Unavailable from error
            finally:
                self.using -= 1
        raise AssertionError("unreachable")

    async def fetchrow(self, sql: str, *args: object) -> asyncpg.Record | None:
        """Run one statement and return its first row."""
        rows = await self.fetch(sql, *args)
        return rows[0] if rows else None

    async def in_transaction(self, work: "Callable[[Statements], Awaitable[T]]") -> T:
        """Run ``work`` in one transaction; all of it is tried again after a collision with another."""
        for tries_left in reversed(range(TRIES)):
            acquiring = self._acquire()
            try:
                async with acquiring as connection, connection.transaction():
                    return await work(Transaction(connection, self._timeout))
            except (*COLLISION, asyncpg.UniqueViolationError) as error:
                if not tries_left:
                    raise Unavailable from error
            except LOST as error:
                raise Unavailable from error
            finally:
                self.using -= 1
        raise AssertionError("unreachable")

    def _acquire(self) -> "PoolAcquireContext":
        """Take a connection out of the pool; who finds none waits for one. The caller counts it back."""
        self.using += 1
        if self.using > self._most:
            POSTGRES_WAITS.add()
        return self.pool.acquire(timeout=self._timeout)

    def session(self) -> "AbstractAsyncContextManager[AsyncSession]":
        """Open a SQLModel session: committed at the end, rolled back on an exception."""
        return self.sessions.open()


@asynccontextmanager
async def open_database(settings: JobsSettings) -> AsyncIterator[Database]:
    """Open the pool; sessions connect only when a processor asks for one."""
    pool = await create_pool(settings)
    sessions = Sessions(settings)
    try:
        yield Database(pool, sessions, settings.database_timeout_seconds)
    finally:
        await sessions.close()
        await close_pool(pool)


async def create_pool(settings: JobsSettings) -> asyncpg.Pool:
    """Connect to Postgres. Raises Unavailable."""
    try:
        return await asyncpg.create_pool(
            settings.postgres_dsn,
            min_size=1,
            max_size=settings.database_pool_size,
            timeout=settings.database_timeout_seconds,
            command_timeout=settings.database_timeout_seconds,
            statement_cache_size=settings.database_statement_cache,
            init=speak_json,
            reset=leave_as_it_is,
            server_settings={"timezone": "UTC", "application_name": "jobcast"},
        )
    except (*LOST, asyncpg.PostgresError) as error:
        raise Unavailable(f"Postgres cannot be reached: {error}") from error


async def leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Do nothing more than asyncpg itself, which rolls an open transaction back.

    Its own reset asks Postgres to forget session settings, listeners and advisory locks, a round trip after
    every use; nothing here sets any of them.
    """


async def close_pool(pool: asyncpg.Pool) -> None:
    """Close the pool politely, and impolitely when a connection hangs."""
    try:
        async with asyncio.timeout(2):
            await pool.close()
    except TimeoutError:
        pool.terminate()


async def speak_json(connection: "asyncpg.Connection[Any]") -> None:
    """Pass jsonb as Python objects."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=encode_json, decoder=orjson.loads
    )


def encode_json(value: object) -> str:
    """Return ``value`` as JSON text."""
    return orjson.dumps(value).decode()
