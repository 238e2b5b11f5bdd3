"""The database's schema version: where it is, where it should be, and how it gets there."""

import asyncio
import random
import time

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from jobs.errors import Unavailable
from jobs.settings import JobsSettings

log = structlog.get_logger(__name__)

CURRENT = """
SELECT string_agg(version_num, ', ' ORDER BY version_num) FROM alembic_version
"""

BUSY = {"55P03": "a table is in use", "40P01": "two wanted the same tables"}
"""Postgres' codes for what passes by itself: lock_not_available, deadlock_detected."""
TRIES = 20
PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0


def alembic_config(settings: JobsSettings) -> Config:
    """Return alembic's configuration; needs no file, so it works wherever Jobcast is installed."""
    config = Config()
    config.set_main_option("script_location", "jobs:migrations")
    config.set_main_option("sqlalchemy.url", settings.sqlalchemy_url.replace("%", "%%"))
    return config


def upgrade(settings: JobsSettings, tries: int = TRIES) -> str:
    """Bring the database to the newest version; return the version it is at then.

    Waits for another release that is at it. A migration that finds its table in use lets the others go
    first and is tried again, ``tries`` times in all (2 s of waiting each, and a pause); then it raises
    Unavailable, with every migration either done or not begun. A database that a newer release has
    migrated is left as it is: this code works with it. Must not run inside an event loop.
    """
    here = asyncio.run(look(settings))
    if is_ahead(settings, here):
        return here
    for attempt in range(1, tries + 1):
        try:
            command.upgrade(alembic_config(settings), "head")
            break
        except DBAPIError as error:
            wait_or_raise(error, attempt, tries)
    return newest(settings)


def wait_or_raise(error: DBAPIError, attempt: int, tries: int) -> None:
    """Wait before the next try, longer each time; raise what no waiting helps against."""
    code = str(getattr(error.orig, "sqlstate", ""))
    if code not in BUSY:
        raise error
    if attempt == tries:
        raise Unavailable(
            f"The migration was not run: {BUSY[code]}, and stayed so in {tries} tries. Nothing is "
            "half done: end the long transactions (`jobcast doctor` names them) and run it again."
        ) from error
    log.warning("migration.waits", reason=BUSY[code], attempt=attempt)
    pause = min(PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
    time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - out of step with what it waits for


def newest(settings: JobsSettings) -> str:
    """Return the version this code is written for."""
    return ", ".join(sorted(scripts(settings).get_heads()))


def is_ahead(settings: JobsSettings, here: str) -> bool:
    """Say whether the database is at a version this code does not know: a newer release's."""
    known = {script.revision for script in scripts(settings).walk_revisions()}
    return bool(here) and not known.issuperset(here.split(", "))


def scripts(settings: JobsSettings) -> ScriptDirectory:
    """Return the migrations of this code."""
    return ScriptDirectory.from_config(alembic_config(settings))


async def look(settings: JobsSettings) -> str:
    """Connect and return the version the database is at. Raises what asyncpg does."""
    timeout = settings.database_timeout_seconds
    connection = await asyncpg.connect(settings.postgres_dsn, timeout=timeout)
    try:
        return await current(connection)
    finally:
        await connection.close(timeout=timeout)


async def current(connection: asyncpg.Connection) -> str:
    """Return the version the database is at; empty when it was never migrated."""
    try:
        return await connection.fetchval(CURRENT) or ""
    except asyncpg.UndefinedTableError:
        return ""
