"""Connections for tests, written as their owner's request would have."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from jobs.db import Database
from jobs.ids import uuid7
from jobs.kept.connections import ConnectionRow
from jobs.settings import JobsSettings
from jobs.vault import Credentials, Vault
from service.dev.sandbox import Sandbox
from service.dev.sandbox.oauth import CLIENT, SECRET, OAuth

SECRET_KEY = "the tests' key for what is sealed"
OWNER = ("acme", "anna")
SOON = timedelta(minutes=5)
ADD = """
INSERT INTO connections (id, org_id, user_id, provider, name, base_url, token_url, credentials, holds,
                         expires_at)
VALUES ($1, $2, $3, $4, 'Ours', $5, $6, $7, $8, now() + $9::interval)
"""


def sealing(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    """Return settings under which the sandbox can be reached and connections be opened."""
    values = {"secret_key": SECRET_KEY, "web_allow_private": sandbox.host}
    return JobsSettings(**{**settings.model_dump(), **values})


def credentials_at(sandbox: Sandbox) -> dict[str, str]:
    """Return what a user has after consenting."""
    issued = sandbox.peer(OAuth).issuer.begin(CLIENT)
    return {
        "access_token": issued.access,
        "refresh_token": issued.refresh,
        "client_id": CLIENT,
        "client_secret": SECRET,
    }


async def keep_connection(
    database: Database | asyncpg.Connection,
    sandbox: Sandbox,
    credentials: dict[str, str],
    *,
    owner: tuple[str, str] = OWNER,
    ends_in: timedelta | None = SOON,
    provider: str = "oauth2",
) -> UUID:
    """Keep a connection to the sandbox."""
    ident = uuid7()
    sealed = Vault(JobsSettings(secret_key=SECRET_KEY)).close(ident, credentials)
    values = (provider, sandbox.url, f"{sandbox.url}/oauth/token", sealed, sorted(credentials))
    await database.fetch(ADD, ident, *owner, *values, ends_in)
    return ident


async def kept(database: Database | asyncpg.Connection, ident: UUID) -> ConnectionRow:
    """Return a connection as it is now."""
    record: Any = await database.fetchrow("SELECT * FROM connections WHERE id = $1", ident)
    return ConnectionRow(**record)


def opened(row: ConnectionRow) -> Credentials:
    """Return a connection's credentials."""
    return Vault(JobsSettings(secret_key=SECRET_KEY)).open(row)
