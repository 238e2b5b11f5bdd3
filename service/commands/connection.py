"""Which server a command talks to, and as whom."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from service.dev.data_folder import DataFolder, pairs_of
from service.remote import Remote, RemoteError, is_local

FOLDER = Path(".data")
SECRETS = FOLDER / "secret"
DEMO_LIFETIME = timedelta(hours=12)
DEMO_SCOPES = "jobs:read jobs:write schedules:write keys:write"

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="JOBCAST_URL",
        help="The server; default: this machine's, on PORT or where `make run` listens.",
    ),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="JOBCAST_TOKEN",
        show_envvar=True,
        help="Who you are; beside a running `make run` the demo user by default.",
    ),
]


def connect(url: str | None, token: str | None) -> Remote:
    """Return the server to talk to. Raises RemoteError when the address is none."""
    port = os.environ.get("PORT") or DataFolder(FOLDER).running().get("PORT") or "8000"
    address = url or f"http://127.0.0.1:{port}"
    if not address.startswith(("http://", "https://")):
        raise RemoteError(f"{address!r} is no address; write http://host:port.")
    return Remote(address, token or demo_token(address))


def demo_token(url: str) -> str | None:
    """Return a token for the demo user of the stack that runs in this folder, if one does.

    Only for an address on this machine: a token is never sent to strangers unasked.
    """
    kept = pairs_of(SECRETS).get("JWT_SECRET")
    if not kept or not is_local(url):
        return None
    secret = os.environ.get("JWT_SECRET") or kept
    from service.auth import mint_token  # noqa: PLC0415 - only here, so that commands start fast

    return mint_token(secret, user="demo", scopes=DEMO_SCOPES, lifetime=DEMO_LIFETIME)
