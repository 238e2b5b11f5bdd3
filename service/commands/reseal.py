"""``jobcast reseal``: finish a change of SECRET_KEY."""

import asyncio
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from jobs.errors import NotConfigured
from jobs.settings import JobsSettings
from service.commands.terminal import show_json

if TYPE_CHECKING:
    from jobs.resealing import Resealed


def reseal(*, as_json: bool = False) -> None:
    """Seal credentials and secrets anew with the first key of SECRET_KEY."""
    settings = JobsSettings()
    if not settings.secret_key.get_secret_value().strip(", "):
        raise NotConfigured("SECRET_KEY")
    found = asyncio.run(through(settings))
    if as_json:
        show_json({purpose: asdict(counted) for purpose, counted in found.items()})
    else:
        for purpose, done in found.items():
            told = f"{purpose}: {done.anew} sealed anew, {done.locked} cannot be opened"
            sys.stdout.write(f"{told}\n")
    if any(counted.locked for counted in found.values()):
        raise typer.Exit(1)


async def through(settings: JobsSettings) -> "dict[str, Resealed]":
    """Go through the database. Raises Unavailable."""
    from jobs.audit import Deed, record_command  # noqa: PLC0415 - so that other commands start fast
    from jobs.db import open_database  # noqa: PLC0415
    from jobs.resealing import reseal as reseal_all  # noqa: PLC0415

    async with open_database(settings) as db:
        found = await reseal_all(db, settings.secret_key.get_secret_value())
        counts = {purpose: asdict(counted) for purpose, counted in found.items()}
        await record_command(db, Deed("secrets.reseal", "secrets", counts))
        return found
