"""Which server a command talks to, and as whom."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from service.client import Jobcast, mint_token
from service.client.server import is_local
from service.dev.data_folder import DataFolder, pairs_of

FOLDER = Path(".data")
SECRETS = FOLDER / "secret"
DEMO_LIFETIME = timedelta(hours=12)
RETRIES = 2  # people wait at the other end
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


def connect(
    url: str | None, token: str | None, *, timeout_seconds: float = 30.0, retries: int = RETRIES
) -> Jobcast:
    """Return the server to talk to. Raises JobcastError when the address is none."""
    port = os.environ.get("PORT") or DataFolder(FOLDER).running().get("PORT") or "8000"
    address = url or f"http://127.0.0.1:{port}"
    who = token or demo_token(address) or ""
    return Jobcast(address, who, timeout=timeout_seconds, retries=retries)


def demo_token(url: str) -> str | None:
    """Return a token for the demo user of the stack that runs in this folder, if one does.

    Only for an address on this machine: a token is never sent to strangers unasked.
    """
    kept = pairs_of(SECRETS).get("JWT_SECRET")
    if not kept or not is_local(url):
        return None
    secret = os.environ.get("JWT_SECRET") or kept
    return mint_token(secret, user="demo", scopes=DEMO_SCOPES, lifetime=DEMO_LIFETIME)
