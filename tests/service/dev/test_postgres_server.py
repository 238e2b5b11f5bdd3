import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from jobs.settings import JobsSettings
from service.dev.child import ServerFailedError, becomes_true
from service.dev.postgres_server import PostgresServer


@pytest.fixture
def kept() -> Iterator[Path]:
    """Give a folder that PostgreSQL's account can reach, unlike pytest's own below root's."""
    above = Path(tempfile.mkdtemp(prefix="jobcast-kept-"))
    above.chmod(0o755)
    yield above / "postgres"
    shutil.rmtree(above)


async def test_committed_rows_survive_a_kill_and_a_restart_on_the_same_port(
    postgres: PostgresServer,
) -> None:
    url = await postgres.create_database("killed")
    await postgres.execute("CREATE TABLE kept AS SELECT 1 AS one", "killed")

    postgres.kill()
    await postgres.restart()

    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT one FROM kept") == 1
    await connection.close()
    await postgres.execute('DROP DATABASE "killed"')


async def test_a_paused_server_answers_again_when_it_is_resumed(postgres: PostgresServer) -> None:
    postgres.pause()
    with pytest.raises(TimeoutError):
        await asyncpg.connect(postgres.url("postgres"), timeout=0.2)

    postgres.resume()

    await postgres.execute("SELECT 1")


async def test_only_the_owner_of_the_folder_has_the_password(postgres: PostgresServer) -> None:
    stranger = postgres.url("postgres").replace(postgres.password, "guessed")

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(stranger)

    assert (postgres.home() / "password").stat().st_mode & 0o077 == 0


async def test_a_kept_cluster_starts_again_though_a_dead_server_left_its_claim(
    kept: Path,
) -> None:
    first = PostgresServer(kept)
    async with first:
        await first.execute("CREATE TABLE kept AS SELECT 1 AS one", "jobcast")
        claim = first.home() / "data" / "postmaster.pid"
        claimed = claim.read_text()
        first.kill()
    claim.write_text(claimed.replace(claimed.split()[0], "1", 1))  # the id is another program's now

    async with PostgresServer(kept) as second:
        connection = await asyncpg.connect(second.url())
        found = await connection.fetchval("SELECT one FROM kept")
        await connection.close()

    assert found == 1


async def test_an_initdb_cut_short_is_done_again(kept: Path) -> None:
    server = PostgresServer(kept)
    (server.home() / "data.new").mkdir()
    (server.home() / "data.new" / "PG_VERSION").touch()

    async with server:
        await server.execute("SELECT 1")

    assert (kept / "data" / "PG_VERSION").exists()


async def test_a_server_that_cannot_start_says_why_and_leaves_nothing() -> None:
    server = PostgresServer(options={"shared_buffers": "no number"})

    with pytest.raises(ServerFailedError, match="shared_buffers"):
        async with server:
            pass

    assert server.directory is None
    assert server.child is not None
    assert not server.child.running


async def test_a_start_that_is_cancelled_leaves_nothing() -> None:
    server = PostgresServer()
    starting = asyncio.create_task(server.__aenter__())
    await becomes_true(partial(is_spawned, server), 30)

    starting.cancel()
    await asyncio.wait({starting})

    assert starting.cancelled()
    assert server.child is not None
    assert not server.child.running
    assert server.directory is None


async def test_the_tests_database_is_migrated_and_empty(settings: JobsSettings) -> None:
    connection = await asyncpg.connect(settings.postgres_dsn)

    version = await connection.fetchval("SELECT version_num FROM alembic_version")
    jobs = await connection.fetchval("SELECT count(*) FROM jobs")

    assert version
    assert jobs == 0
    await connection.close()


async def is_spawned(server: PostgresServer) -> bool:
    return server.child is not None
