"""``jobcast batches``: many jobs as one, listed, stopped and tried again."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from service.client import BatchResource
from service.commands.batch_bar import counted
from service.commands.connection import Token, Url, connect
from service.commands.each import each
from service.commands.live import AsLive, show
from service.commands.terminal import AsJson, spoken, table

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="One batch or more.")]

batches = typer.Typer(
    rich_markup_mode=None, invoke_without_command=True, help="Batches: many jobs as one."
)


@batches.callback()
def batches_of_mine(
    ctx: typer.Context,
    *,
    state: Annotated[str | None, typer.Option("--state", help="open, completed or failed.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000)] = 20,
    live: AsLive = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List my batches, newest first."""
    if ctx.invoked_subcommand is not None:
        return
    with connect(url, token) as jobcast:

        def read() -> list[Mapping[str, Any]]:
            return [one.current.raw for one in jobcast.batches(state=state, limit=limit)]

        show(
            read,
            lambda raws: table_of(map(BatchResource, raws)),
            live=live,
            as_json=as_json,
            nothing="No batches yet. Submit one: jobcast submit --batch jobs.jsonl",
        )


@batches.command()
def cancel(ids: Ids, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Stop every job of these batches that is not over."""
    with connect(url, token) as jobcast:
        each(ids, lambda one: jobcast.cancel_batch(one).raw, word_of, as_json=as_json)


@batches.command()
def retry(ids: Ids, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Run the failed and expired jobs of these batches again."""
    with connect(url, token) as jobcast:
        each(ids, lambda one: jobcast.retry_batch(one).raw, word_of, as_json=as_json)


def word_of(raw: Mapping[str, Any]) -> str:
    """Return how many jobs are in which state."""
    return counted(BatchResource(raw).counts).plain


def table_of(found: Iterable[BatchResource]) -> Table:
    """Return batches as a table that never folds an id."""
    names = ("id", "jobs", "done", "states", "tags", "age")
    made, now = table(names, ("jobs", "done", "age"), ("states", "tags")), datetime.now(UTC)
    for one in found:
        done, age = f"{one.progress.fraction:.0%}", spoken(now - one.created_at)
        tags = " ".join(one.tags)
        made.add_row(one.id, f"{one.total:,}", done, counted(one.counts), tags, age)
    return made
