"""What all tests share: servers of their own, made as new before each test that uses them."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from jobs.settings import JobsSettings
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.dev.sandbox import Sandbox, open_sandbox
from service.schema import upgrade

TEMPLATE = "template_jobcast"
TABLES = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'"


def pytest_configure() -> None:
    """Forget what the caller's environment says about the product: tests bring their own."""
    for name in ("ENV", "HOST", "PORT", "JWT_SECRET", *JobsSettings.model_fields):
        os.environ.pop(name.upper(), None)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail in CI when anything was skipped: there, a missing browser is a fault, not a reason."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("CI allows no skipped test.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[PostgresServer]:
    """Give this process's own PostgreSQL; a test may kill, pause and restart it."""
    async with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
async def redis_server() -> AsyncIterator[RedisServer]:
    """Give this process's own Redis; a test may kill, pause and restart it."""
    async with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
async def template(postgres: PostgresServer) -> str:
    """Migrate a database once, for others to be copied from."""
    settings = JobsSettings(database_url=await postgres.create_database(TEMPLATE))
    await asyncio.to_thread(upgrade, settings)
    return TEMPLATE


@pytest.fixture(scope="session")
async def database_url(postgres: PostgresServer, template: str) -> str:
    """Give the migrated database that the tests of this process share."""
    return await postgres.create_database("tests", template)


@pytest.fixture(scope="session")
async def redis_url(redis_server: RedisServer) -> str:
    """Give the Redis that the tests of this process share."""
    return redis_server.url


@pytest.fixture(scope="session")
async def emptied(database_url: str) -> list[str]:
    """List what tests fill: every table a migration left empty."""
    connection = await asyncpg.connect(database_url)
    try:
        tables = [row[0] for row in await connection.fetch(TABLES)]
        filled = {t for t in tables if await connection.fetchval(f"SELECT 1 FROM {t} LIMIT 1")}  # noqa: S608 - our own names
        return sorted(set(tables) - filled)
    finally:
        await connection.close()


@pytest.fixture(autouse=True)
def servers_as_new(request: pytest.FixtureRequest) -> None:
    """Make the servers that a test uses as new; a test without servers pays nothing."""
    used = set(request.fixturenames)
    if "postgres" in used:
        request.getfixturevalue("live_postgres")
    if "database_url" in used:
        request.getfixturevalue("empty_database")
    if "redis_server" in used:
        request.getfixturevalue("empty_redis")


@pytest.fixture
async def live_postgres(postgres: PostgresServer) -> None:
    """Start PostgreSQL again if an earlier test left it dead or paused."""
    await revived(postgres)


@pytest.fixture
async def empty_database(live_postgres: None, database_url: str, emptied: list[str]) -> None:
    """Empty the tables; a test before that left a transaction open fails here, and loudly.

    Only those that hold anything: making all of them as new takes a tenth of a second.
    """
    holds = " UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT FROM {t})" for t in emptied)  # noqa: S608 - our own names
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("SET lock_timeout = '5s'")
        await connection.execute("SET session_replication_role = replica")  # the audit log resists
        if filled := [row[0] for row in await connection.fetch(holds)]:
            await connection.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
    finally:
        await connection.close()


@pytest.fixture
async def empty_redis(redis_server: RedisServer) -> None:
    """Empty Redis; start it again if an earlier test left it dead or paused."""
    await revived(redis_server)
    async with Redis.from_url(redis_server.url) as client:
        await client.flushall()


async def revived(server: PostgresServer | RedisServer) -> None:
    """Let a paused server go on; start a dead one."""
    server.resume()
    if server.child is None or not server.child.running:
        await server.restart()


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> JobsSettings:
    """Give settings that point at this process's servers and a folder of the test's own."""
    return JobsSettings(
        database_url=database_url, redis_url=redis_url, storage_url=f"file://{tmp_path}/uploads"
    )


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Give the outside world, played by a server of the test's own."""
    with open_sandbox() as opened:
        yield opened
