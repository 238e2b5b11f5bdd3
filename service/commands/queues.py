"""``jobcast queues``: what waits and runs, and since when; paused and resumed by operators."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.client.models import QueueResource, QueuesResource
from service.commands.completing import queue_names
from service.commands.connection import Token, Url, connect
from service.commands.each import each
from service.commands.live import AsLive, show
from service.commands.terminal import AsJson, clean, spoken, table

Names = Annotated[
    list[str],
    typer.Argument(metavar="NAME...", help="One queue or more.", autocompletion=queue_names),
]

queues = typer.Typer(
    rich_markup_mode=None, invoke_without_command=True, help="Queues: what waits and runs."
)


@queues.callback()
def all_queues(
    ctx: typer.Context,
    live: AsLive = False,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List the queues, with what is queued, held by a limit, running, and for how long."""
    if ctx.invoked_subcommand is not None:
        return
    with connect(url, token) as jobcast:
        show(
            lambda: jobcast.queues().raw,
            lambda raw: drawn(QueuesResource(raw)),
            live=live,
            as_json=as_json,
        )


@queues.command()
def pause(names: Names, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Let no job of these queues start; those that run go on. Needs the scope admin."""
    with connect(url, token) as jobcast:
        each(names, lambda name: jobcast.pause_queue(name).raw, lambda _: "paused", as_json=as_json)


@queues.command()
def resume(names: Names, as_json: AsJson = False, url: Url = None, token: Token = None) -> None:
    """Let the jobs of these queues start again. Needs the scope admin."""
    with connect(url, token) as jobcast:
        each(
            names, lambda name: jobcast.resume_queue(name).raw, lambda _: "resumed", as_json=as_json
        )


def drawn(found: QueuesResource) -> RenderableType:
    """Return the queues, and how fast the workers are."""
    return Group(queues_table(found.data), *pace_of(found))


def pace_of(found: QueuesResource) -> list[str]:
    """Return how fast the workers are, in words, once that is known."""
    pace = found.jobs_per_second
    return [] if pace is None else ["", f"The workers get through about {pace:,.1f} jobs/s."]


def queues_table(found: Iterable[QueueResource]) -> Table:
    """Return a row a queue; what it holds of each org and kind is in --json."""
    numbers = ("queued", "held", "running", "oldest")
    made = table(("queue", *numbers, ""), numbers, [""])
    for queue in found:
        counts = [f"{count:,}" for count in (queue.queued, queue.held, queue.running)]
        oldest = spoken(timedelta(seconds=queue.oldest_seconds)) if queue.queued else ""
        made.add_row(clean(queue.name), *counts, oldest, paused(queue))
    return made


def paused(queue: QueueResource) -> Text:
    """Return since when, and by whom if we may know, the queue is paused."""
    if queue.paused_at is None:
        return Text()
    by = f" by {clean(queue.paused_by)}" if queue.paused_by else ""
    return Text(f"paused {queue.paused_at:%Y-%m-%d %H:%M} UTC{by}", style="yellow")
