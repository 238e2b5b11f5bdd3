import asyncio
import sys
from uuid import uuid4

import asyncpg
import pytest
from alembic import command

from jobs.errors import Unavailable
from jobs.settings import JobsSettings
from service import schema
from service.dev.postgres_server import PostgresServer
from tests.conftest import TEMPLATE
from tests.e2e.program import ROOT, started

BACK = "-1"
BEFORE_A_COLUMN_AND_AN_INDEX = "0023"
"""Then one migration adds a column, and the next one indexes, beside everybody."""


@pytest.fixture
async def behind(postgres: PostgresServer, template: str) -> JobsSettings:
    """Give a database of its own, one migration behind."""
    url = await postgres.create_database(f"behind_{uuid4().hex[:8]}", TEMPLATE)
    settings = JobsSettings(database_url=url)
    await asyncio.to_thread(command.downgrade, schema.alembic_config(settings), BACK)
    return settings


async def version(settings: JobsSettings) -> str:
    return await schema.look(settings)


async def upgraded(settings: JobsSettings, tries: int = 20) -> str:
    return await asyncio.to_thread(schema.upgrade, settings, tries)


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "PAUSE_SECONDS", 0.0)


async def test_releases_at_the_same_moment_take_turns(behind: JobsSettings) -> None:
    environment = {"DATABASE_URL": behind.database_url}
    release = (sys.executable, "-m", "service", "migrate")

    async with (
        started(*release, cwd=ROOT, environment=environment) as one,
        started(*release, cwd=ROOT, environment=environment) as other,
    ):
        codes = [await one.ends(), await other.ends()]

    assert codes == [0, 0], one.said + other.said
    assert await version(behind) == schema.newest(behind)


async def test_a_table_in_use_is_waited_for_in_turns(behind: JobsSettings, no_pause: None) -> None:
    reader = await asyncpg.connect(behind.database_url)
    held = reader.transaction()
    await held.start()
    await reader.execute("LOCK TABLE alembic_version IN SHARE MODE")

    with pytest.raises(Unavailable, match="a table is in use"):
        await upgraded(behind, tries=1)
    before = await version(behind)
    release = asyncio.create_task(upgraded(behind))
    await held.rollback()
    await reader.close()

    assert before != await release
    assert await version(behind) == schema.newest(behind)


TERMS = """
CREATE TABLE terms (lock text, statement text, idle text);
CREATE FUNCTION tell() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO terms SELECT current_setting('lock_timeout'), current_setting('statement_timeout'),
    current_setting('idle_in_transaction_session_timeout');
END $$;
CREATE EVENT TRIGGER tells ON ddl_command_start EXECUTE FUNCTION tell();
ALTER ROLE CURRENT_USER IN DATABASE {database} SET statement_timeout = '1min';
"""


async def test_only_an_index_that_nobody_waits_for_waits_for_a_lock_longer_than_two_seconds(
    behind: JobsSettings,
) -> None:
    start = BEFORE_A_COLUMN_AND_AN_INDEX
    await asyncio.to_thread(command.downgrade, schema.alembic_config(behind), start)
    connection = await asyncpg.connect(behind.database_url)
    await connection.execute(TERMS.format(database=behind.database_url.rpartition("/")[2]))

    await upgraded(behind)

    rows = await connection.fetch("SELECT DISTINCT * FROM terms ORDER BY lock DESC")
    await connection.close()
    assert [tuple(row.values()) for row in rows] == [("2s", "0", "0"), ("0", "0", "0")]


async def test_a_newer_release_s_database_is_left_as_it_is(
    postgres: PostgresServer, template: str
) -> None:
    url = await postgres.create_database(f"ahead_{uuid4().hex[:8]}", TEMPLATE)
    settings = JobsSettings(database_url=url)
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()

    assert await upgraded(settings) == "9999"
    assert schema.is_ahead(settings, "9999")
    assert not schema.is_ahead(settings, schema.newest(settings))
    assert not schema.is_ahead(settings, "")
