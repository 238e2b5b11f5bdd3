"""``jobcast keys``: API keys for programs, shown once and revoked at any time."""

import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

import orjson
import typer
from rich.table import Table

from service.commands.arguments import read_delay
from service.commands.connection import Token, Url, connect
from service.commands.terminal import clean, err, instant, out
from service.remote import Json, RemoteError

keys = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="API keys: for programs that act as me."
)


@keys.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my keys, newest first: how they begin, never the whole."""
    with connect(url, token) as remote:
        found = remote.keys()
    if as_json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
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
    url: Url = None,
    token: Token = None,
) -> None:
    """Make a key and print it. It is not shown again."""
    lasting = read_delay(expires_in, "--expires-in")
    with connect(url, token) as remote:
        made = remote.create_key(body_of(name, scopes, lasting))
    sys.stdout.write(f"{made['key']}\n")
    err().print(f"Keep it now. To revoke it: jobcast keys revoke {made['id']}")


@keys.command()
def revoke(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="One key or more.")],
    url: Url = None,
    token: Token = None,
) -> None:
    """Revoke keys: they stop at once, and everything open with them is closed."""
    refused = False
    with connect(url, token) as remote:
        for ident in ids:
            try:
                remote.revoke_key(ident)
                out().print(f"{ident}  revoked")
            except RemoteError as error:
                refused = True
                err().print(f"{ident}: {error}")
    if refused:
        raise typer.Exit(2)


def body_of(name: str, scopes: str, lasting: timedelta | None) -> dict[str, Json]:
    """Return what to ask for."""
    life = {} if lasting is None else {"expires_in": lasting.total_seconds()}
    return {"name": name, "scopes": scopes.split(), **life}


def table_of(found: Iterable[Json]) -> Table:
    """Return keys as a table that never folds an id."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "key", "name", "scopes", "expires", "last used"):
        table.add_column(column, no_wrap=column in {"id", "key"})
    for one in found:
        scopes = " ".join(map(clean, one["scopes"]))
        expires, used = day(one["expires_at"], "never"), day(one["last_used_at"], "not yet")
        table.add_row(one["id"], f"{one['hint']}…", clean(one["name"]), scopes, expires, used)
    return table


def day(text: str | None, otherwise: str) -> str:
    """Return a moment to the minute, or a word for none."""
    moment = instant(text)
    return f"{moment:%Y-%m-%d %H:%M}" if moment else otherwise
