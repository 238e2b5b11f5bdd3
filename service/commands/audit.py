"""``jobcast audit``: who did what, when and from where."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer
from rich.table import Table

from service.commands.arguments import read_delay
from service.commands.connection import Token, Url, connect
from service.commands.terminal import clean, err, instant, out
from service.remote import Json


def audit(
    actor: Annotated[str | None, typer.Option("--actor", help="Who did it.")] = None,
    action: Annotated[
        str | None, typer.Option("--action", help="Like queue.pause, or queue for all of them.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", help="Like queue:default or job:ID.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="How far back: 90s, 5m, 12h, 30d.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000)] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="The entries as a JSON array.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List what people did, newest first. Needs the scope org:read, or admin for every org."""
    back = read_delay(since, "--since")
    filters = {
        "actor": actor,
        "action": action,
        "subject": subject,
        "since": (datetime.now(UTC) - back).isoformat() if back else None,
    }
    with connect(url, token) as remote:
        found = list(remote.audit([(k, v) for k, v in filters.items() if v], limit))
    if as_json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    elif found:
        out().print(table_of(found))
    else:
        err().print("Nothing of that kind was done.")


def table_of(found: Iterable[Json]) -> Table:
    """Return entries as a table that never folds an action or a subject."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("at", "actor", "action", "subject", "from", "detail"):
        table.add_column(column, no_wrap=column in {"at", "action", "subject"})
    for one in found:
        table.add_row(*row_of(one))
    return table


def row_of(one: Json) -> list[str]:
    """Return one entry's cells."""
    at = instant(one["at"])
    detail = orjson.dumps(one["detail"]).decode() if one["detail"] else ""
    return [
        f"{at:%Y-%m-%d %H:%M:%S}" if at else "",
        clean(one["actor"] or "nobody known"),
        one["action"],
        clean(one["subject"]),
        clean(one["address"] or one["via"]),
        clean(detail),
    ]
