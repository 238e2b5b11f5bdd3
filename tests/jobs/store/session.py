"""Two sessions and a pause: the second statement is issued while the first one's transaction is open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from jobs.db import Database, Statements, Transaction, speak_json

T = TypeVar("T")

BLOCKED = "SELECT cardinality(pg_blocking_pids($1)) > 0"


class Session(Database):
    """The database on one connection. Nothing is tried again: a deadlock is an error that is seen."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def fetch(self, sql: str, *args: object) -> list[asyncpg.Record]:
        """Run one statement, in the transaction if one is open."""
        found: list[asyncpg.Record] = await self.connection.fetch(sql, *args)
        return found

    async def in_transaction(self, work: Callable[[Statements], Awaitable[T]]) -> T:
        """Run ``work`` in one transaction; inside an open one, as a part of it."""
        async with self.connection.transaction():
            return await work(Transaction(self.connection, 10))


@asynccontextmanager
async def open_session(url: str) -> AsyncIterator[Session]:
    """Connect; a deadlock is found at once."""
    settings = {"timezone": "UTC", "deadlock_timeout": "30ms", "lock_timeout": "10s"}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        await speak_json(connection)
        yield Session(connection)
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Raced:
    """What two steps returned, and whether the second had to wait for the first one's commit."""

    first: Any
    second: Any
    waited: bool


Step = Callable[[Session], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Stage:
    """Two sessions that race and a third one that arranges and looks."""

    one: Session
    other: Session
    db: Session

    async def race(self, first: Step, second: Step, then: Step | None = None) -> Raced:
        """Run ``second`` while ``first`` is done but not committed; ``then`` is first's last step."""
        async with asyncio.TaskGroup() as group:
            async with self.one.connection.transaction():
                done = await first(self.one)
                task: asyncio.Task[Any] = group.create_task(as_coroutine(second, self.other))
                waited = await self.waits(self.other, task)
                if then is not None:
                    await then(self.one)
            return Raced(done, await task, waited)

    async def crowd(self, lock: str, first: Step, second: Step) -> Raced:
        """Hold what ``lock`` selects until both steps wait, ``first`` before ``second``."""
        async with asyncio.TaskGroup() as group:
            async with self.db.connection.transaction():
                await self.db.fetch(lock)
                one: asyncio.Task[Any] = group.create_task(as_coroutine(first, self.one))
                waited = await self.waits(self.one, one)
                other: asyncio.Task[Any] = group.create_task(as_coroutine(second, self.other))
                waited &= await self.waits(self.other, other)
            return Raced(await one, await other, waited)

    async def waits(self, session: Session, task: "asyncio.Task[Any]") -> bool:
        """Return whether the session waits for a lock, False when its step is through."""
        pid = session.connection.get_server_pid()
        while not task.done():
            if (await self.db.fetch(BLOCKED, pid))[0][0]:
                return True
        return False


async def as_coroutine(step: Step, session: Session) -> Any:
    """Run a step; a task takes nothing but coroutines."""
    return await step(session)
