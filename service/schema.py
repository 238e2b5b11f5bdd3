"""The database's schema version: where it is, where it should be, and how it gets there."""

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from jobs.settings import JobsSettings

CURRENT = """
SELECT string_agg(version_num, ', ' ORDER BY version_num) FROM alembic_version
"""


def alembic_config(settings: JobsSettings) -> Config:
    """Return alembic's configuration; needs no file, so it works wherever Jobcast is installed."""
    config = Config()
    config.set_main_option("script_location", "jobs:migrations")
    config.set_main_option("sqlalchemy.url", settings.sqlalchemy_url.replace("%", "%%"))
    return config


def upgrade(settings: JobsSettings) -> str:
    """Bring the database to the newest version and return it. Must not run inside an event loop."""
    command.upgrade(alembic_config(settings), "head")
    return newest(settings)


def newest(settings: JobsSettings) -> str:
    """Return the version this code is written for."""
    return ", ".join(sorted(ScriptDirectory.from_config(alembic_config(settings)).get_heads()))


async def current(connection: asyncpg.Connection) -> str:
    """Return the version the database is at; empty when it was never migrated."""
    try:
        return await connection.fetchval(CURRENT) or ""
    except asyncpg.UndefinedTableError:
        return ""
