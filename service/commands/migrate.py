"""``jobcast migrate``: bring the database to the newest schema, or say whether it is there.

The release phase of a platform: safe beside a running product, twice at once, and after a rollback.
"""

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
        here = asyncio.run(schema.look(settings)) if check else schema.upgrade(settings)
        head, ahead = schema.newest(settings), schema.is_ahead(settings, here)
    except (*LOST, asyncpg.PostgresError, SQLAlchemyError) as error:
        raise Unavailable(f"Postgres cannot be used: {first_line(error)}") from error
    works = here == head or ahead
    if as_json:
        show_json({"version": here, "newest": head, "works": works})
    elif works:
        newer = f", which a newer release made: this code ({head}) works with it" if ahead else ""
        err().print(f"The database is at version {here}{newer}.")
    else:
        err().print(
            f"The database is at version {here or 'none'}, not {head}. Run: jobcast migrate"
        )
    if not works:
        raise typer.Exit(1)


def first_line(error: Exception) -> str:
    """Return the part of a database error that people can use."""
    return (str(error) or type(error).__name__).split("\n", maxsplit=1)[0]
