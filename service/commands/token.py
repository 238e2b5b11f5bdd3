"""``jobcast token``: mint a token with the server's own secret."""

import os
import sys
from datetime import timedelta
from typing import Annotated

import typer

from service.client import JobcastError, mint_token
from service.commands.arguments import read_delay
from service.commands.connection import SECRETS
from service.commands.terminal import AsJson, show_json
from service.dev.data_folder import pairs_of


def token(
    user: Annotated[str, typer.Option("--user", help="Whose token; the claim `sub`.")],
    org: Annotated[str | None, typer.Option("--org", help="Default: the user's own.")] = None,
    scopes: Annotated[str, typer.Option("--scopes", help="Separated by spaces.")] = (
        "jobs:read jobs:write"
    ),
    lifetime: Annotated[str, typer.Option("--lifetime", help="90s, 5m, 12h, 30d.")] = "12h",
    as_json: AsJson = False,
) -> None:
    """Mint a token, signed with JWT_SECRET or the `make run` secret of this folder."""
    lasting = read_delay(lifetime)
    if not lasting or lasting <= timedelta(0):
        raise typer.BadParameter("must be longer than nothing", param_hint="--lifetime")
    secret = signing_secret()
    minted = mint_token(secret, user=user, org=org, scopes=scopes, lifetime=lasting)
    if as_json:
        show_json({"token": minted, "expires_in": lasting.total_seconds()})
    else:
        sys.stdout.write(minted + "\n")


def signing_secret() -> str:
    """Return JWT_SECRET. Raises JobcastError when there is none to sign with."""
    secret = os.environ.get("JWT_SECRET") or pairs_of(SECRETS).get("JWT_SECRET", "")
    if not secret:
        raise JobcastError("Set JWT_SECRET to the server's secret; there is none to sign with.")
    return secret
