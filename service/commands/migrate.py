"""``jobcast migrate``: bring the database to the newest schema, or say whether it is there."""

import asyncio

import asyncpg
import typer
from sqlalchemy.exc import SQLAlchemyError

from jobs.db import LOST
from jobs.errors import Unavailable
from jobs.settings import JobsSettings
from service import schema
from service.commands.terminal import err, show_json


def migrate(*, check: bool, as_json: bool = False) -> None:
    """Upgrade, or with ``check`` only compare and exit with 1 when the database is behind.

    Raises Unavailable when Postgres cannot be reached.
    """
    settings = JobsSettings()
    try:
        if not check:
            schema.upgrade(settings)
        here, head = asyncio.run(current(settings)), schema.newest(settings)
    except (*LOST, asyncpg.PostgresError, SQLAlchemyError) as error:
        raise Unavailable(f"Postgres cannot be used: {first_line(error)}") from error
    if as_json:
        show_json({"version": here, "newest": head})
    elif here == head:
        err().print(f"The database is at version {head}.")
    else:
        err().print(
            f"The database is at version {here or 'none'}, not {head}. Run: jobcast migrate"
        )
    if here != head:
        raise typer.Exit(1)


async def current(settings: JobsSettings) -> str:
    """Return the version the database is at."""
    timeout = settings.database_timeout_seconds
    connection = await asyncpg.connect(settings.postgres_dsn, timeout=timeout)
    try:
        return await schema.current(connection)
    finally:
        await connection.close(timeout=timeout)


def first_line(error: Exception) -> str:
    """Return the part of a database error that people can use."""
    return (str(error) or type(error).__name__).split("\n", maxsplit=1)[0]
