"""A database whose time is moved by hand: every ``now()`` in it is a fake one.

PostgreSQL looks a function's name up by the search path, so a ``now()`` in a schema ahead of
``pg_catalog`` stands in for the real one, in the product's statements as in its columns' defaults
(https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SEARCH-PATH). It goes on with real
time, plus what it was moved by. When the server was started moves along, as what is rescued depends on it.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from jobs.settings import JobsSettings
from service.dev.postgres_server import PostgresServer
from service.schema import upgrade

SHADOW = """
CREATE TABLE public.moved (ahead interval NOT NULL);
INSERT INTO public.moved VALUES ('0');
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE AS
  'SELECT pg_catalog.now() + ahead FROM public.moved';
CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql STABLE AS
  'SELECT pg_catalog.pg_postmaster_start_time() + ahead FROM public.moved';
"""
PATH = "ALTER DATABASE {} SET search_path = public, pg_catalog"
MOVE = "UPDATE moved SET ahead = $1::timestamptz - pg_catalog.now()"

# A jump is no time in which a worker could have renewed its lease, or a caller have been kept waiting.
LEASES = "UPDATE workers SET lease_until = lease_until + $1"


@dataclass
class DatabaseClock:
    """The time of one database, whoever connects to it. ``ahead`` is by how much it was moved."""

    url: str
    ahead: timedelta = timedelta()

    def shown(self) -> datetime:
        """Return what time it is there, without asking; for whoever is played outside."""
        return datetime.fromtimestamp(time.time(), UTC) + self.ahead

    async def now(self) -> datetime:
        """Return what time it is there."""
        connection = await asyncpg.connect(self.url)
        try:
            moment: datetime = await connection.fetchval("SELECT now()")
            return moment
        finally:
            await connection.close()

    async def move_to(self, moment: datetime) -> None:
        """Make it ``moment`` there; the leases of living workers are worth as much as before."""
        connection = await asyncpg.connect(self.url)
        try:
            async with connection.transaction():
                before: datetime = await connection.fetchval("SELECT now()")
                await connection.execute(MOVE, moment)
                await connection.execute(LEASES, moment - before)
            self.ahead = moment - datetime.fromtimestamp(time.time(), UTC)
        finally:
            await connection.close()


async def database_with_a_clock(
    server: PostgresServer, name: str, begin: datetime
) -> DatabaseClock:
    """Make a migrated database in which it is ``begin``."""
    clock = DatabaseClock(await server.create_database(name))
    await server.execute(SHADOW, name)
    await server.execute(PATH.format(name))
    await asyncio.to_thread(upgrade, JobsSettings(database_url=clock.url))
    await clock.move_to(begin)
    return clock
