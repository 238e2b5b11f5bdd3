"""``jobcast inbox``: what there is to look at, and what has been looked at."""

from collections.abc import Iterable
from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from service.client.models import InboxEntryResource
from service.commands.connection import Token, Url, connect
from service.commands.live import AsLive, show
from service.commands.terminal import AsJson, clean, out, show_json, table

MOST_SHOWN = 80

inbox = typer.Typer(
    rich_markup_mode=None, invoke_without_command=True, help="The inbox: my notifications."
)


@inbox.callback()
def inbox_of_mine(
    ctx: typer.Context,
    *,
    unread: Annotated[bool, typer.Option("--unread", "-u", help="Only those.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 20,
    live: AsLive = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my notifications, newest first."""
    if ctx.invoked_subcommand is not None:
        return
    with connect(url, token) as jobcast:

        def read() -> list[object]:
            return [one.raw for one in jobcast.inbox.list(unread=unread, limit=limit)]

        show(
            read,
            lambda raws: table_of(map(InboxEntryResource, raws)),
            live=live,
            as_json=as_json,
            nothing="Nothing unread." if unread else "Nothing yet.",
        )


@inbox.command()
def read(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Default: all of them.")
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Mark notifications as read, on every device."""
    with connect(url, token) as jobcast:
        done = jobcast.inbox.read(ids or None)
    if as_json:
        show_json(done.raw)
    else:
        out().print(f"{done.read} read, {done.unread} unread")


def table_of(found: Iterable[InboxEntryResource]) -> Table:
    """Return notifications; those that are unread stand out."""
    made = table(("id", "when", "what", "says"), folds=["says"])
    for one in found:
        style = "" if one.read_at else "bold"
        says = clean(orjson.dumps(one.data).decode())
        short = says if len(says) <= MOST_SHOWN else says[: MOST_SHOWN - 1] + "…"
        when = f"{one.created_at:%Y-%m-%d %H:%M}"
        made.add_row(one.id, when, Text(clean(one.name), style=style), short)
    return made
