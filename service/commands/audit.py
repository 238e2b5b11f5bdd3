"""``jobcast audit``: who did what, when and from where."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer
from rich.table import Table

from service.client.models import AuditEntryResource
from service.commands.arguments import read_delay
from service.commands.connection import Token, Url, connect
from service.commands.terminal import AsJson, clean, err, out, show_json, table


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
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List what people did, newest first. Needs the scope org:read, or admin for every org."""
    back = read_delay(since, "--since")
    with connect(url, token) as jobcast:
        found = list(
            jobcast.audit(
                actor=actor,
                action=action,
                subject=subject,
                since=datetime.now(UTC) - back if back else None,
                limit=limit,
            )
        )
    if as_json:
        show_json([one.raw for one in found])
    elif found:
        out().print(table_of(found))
    else:
        err().print("Nothing of that kind was done.")


def table_of(found: Iterable[AuditEntryResource]) -> Table:
    """Return entries as a table that never folds an action or a subject."""
    shown = table(
        ("at", "actor", "action", "subject", "from", "detail"), folds=("actor", "from", "detail")
    )
    for one in found:
        shown.add_row(*row_of(one))
    return shown


def row_of(one: AuditEntryResource) -> list[str]:
    """Return one entry's cells."""
    return [
        f"{one.at:%Y-%m-%d %H:%M:%S}",
        clean(one.actor or "nobody known"),
        one.action,
        clean(one.subject),
        clean(one.address or one.via),
        clean(orjson.dumps(one.detail).decode()) if one.detail else "",
    ]
