"""``jobcast keys``: API keys for programs, shown once and revoked at any time."""

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from service.client.models import KeyResource
from service.commands.arguments import read_delay
from service.commands.connection import Token, Url, connect
from service.commands.each import each
from service.commands.terminal import AsJson, clean, err, out, show_json, table

keys = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="API keys: for programs that act as me."
)


@keys.command("list")
def list_keys(
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my keys, newest first: how they begin, never the whole."""
    with connect(url, token) as jobcast:
        found = jobcast.keys.list()
    if as_json:
        show_json([one.raw for one in found])
    elif found:
        out().print(table_of(found))
    else:
        err().print("No keys yet. Make one: jobcast keys create --name NAME")


@keys.command()
def create(
    name: Annotated[str, typer.Option("--name", help="What it is for.")] = "",
    scopes: Annotated[str, typer.Option("--scopes", help="Separated by spaces.")] = (
        "jobs:read jobs:write"
    ),
    expires_in: Annotated[
        str | None, typer.Option("--expires-in", help="90s, 5m, 12h, 30d; default: never.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Make a key and print it. It is not shown again."""
    lasting = read_delay(expires_in, "--expires-in")
    with connect(url, token) as jobcast:
        made = jobcast.keys.create(name, scopes.split(), expires_in=lasting)
    if as_json:
        return show_json(made.raw)
    sys.stdout.write(f"{made.key}\n")
    return err().print(f"Keep it now. To revoke it: jobcast keys revoke {made.id}")


@keys.command()
def revoke(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="One key or more.")],
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Revoke keys: they stop at once, and everything open with them is closed."""
    with connect(url, token) as jobcast:
        each(ids, jobcast.keys.revoke, lambda _: "revoked", as_json=as_json)


def table_of(found: Iterable[KeyResource]) -> Table:
    """Return keys as a table that never folds an id."""
    names = ("id", "key", "name", "scopes", "expires", "last used")
    made = table(names, folds=names[2:])
    for one in found:
        scopes = " ".join(map(clean, one.scopes))
        expires, used = day(one.expires_at, "never"), day(one.last_used_at, "not yet")
        made.add_row(one.id, f"{one.hint}…", clean(one.name), scopes, expires, used)
    return made


def day(moment: datetime | None, otherwise: str) -> str:
    """Return a moment to the minute, or a word for none."""
    return f"{moment:%Y-%m-%d %H:%M}" if moment else otherwise
