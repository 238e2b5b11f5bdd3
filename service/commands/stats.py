"""``jobcast stats``: how many jobs are in which state, how long they take, and what the queues hold."""

import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

import orjson
import typer
from rich.table import Table
from rich.text import Text

from service.commands.connection import Token, Url, connect
from service.commands.terminal import COLOURS, clean, err, instant, out, spoken
from service.remote import Json

STATES = [state for state in COLOURS if state != "stopping"]


def stats(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """Show the figures of the last day, and what waits and runs now."""
    with connect(url, token) as remote:
        figures, queues = remote.stats(), remote.queues()
    if as_json:
        both = {**figures, "queues": queues["data"], "jobs_per_second": queues["jobs_per_second"]}
        sys.stdout.write(orjson.dumps(both, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    console = out()
    if figures["kinds"]:
        console.print(kinds_table(figures["kinds"]))
        console.print()
    else:
        err().print("No jobs in the last day.")
    console.print(queues_table(queues["data"]))
    if (pace := queues["jobs_per_second"]) is not None:
        console.print(f"\nThe workers get through about {pace:,.1f} jobs/s.")


def kinds_table(counts: Iterable[Json]) -> Table:
    """Return a row a kind, a column for each state that occurs, and how long successes took."""
    by_kind: dict[str, dict[str, Json]] = {}
    for one in counts:
        by_kind.setdefault(one["kind"], {})[one["state"]] = one
    present = {state for states in by_kind.values() for state in states}
    shown = [state for state in STATES if state in present]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("kind", no_wrap=True)
    for name in (*shown, "average", "p95"):
        table.add_column(name, justify="right", no_wrap=True)
    for kind, states in sorted(by_kind.items()):
        took = states.get("succeeded", {})
        lasted = [lasting(took.get(f"{name}_seconds")) for name in ("average", "p95")]
        table.add_row(clean(kind), *(number(states, state) for state in shown), *lasted)
    return table


def number(states: Json, state: str) -> Text:
    """Return how many jobs are in ``state``, in its colour."""
    jobs = states.get(state, {}).get("jobs", 0)
    return Text(f"{jobs:,}" if jobs else "", style=COLOURS[state])


def lasting(seconds: float | None) -> str:
    """Return a duration in words, nothing when there is none."""
    return "" if seconds is None else spoken(timedelta(seconds=seconds))


def queues_table(queues: Iterable[Json]) -> Table:
    """Return a row a queue; what it holds of each org and kind is in --json."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("queue", no_wrap=True)
    for name in ("queued", "held", "running", "oldest"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for queue in queues:
        counts = [f"{queue[name]:,}" for name in ("queued", "held", "running")]
        oldest = lasting(queue["oldest_seconds"]) if queue["queued"] else ""
        table.add_row(clean(queue["name"]), *counts, oldest, pause(queue))
    return table


def pause(queue: Json) -> Text:
    """Return since when, and by whom if we may know, the queue is paused."""
    at = instant(queue.get("paused_at"))
    if at is None:
        return Text()
    by = f" by {clean(queue['paused_by'])}" if queue.get("paused_by") else ""
    return Text(f"paused {at:%Y-%m-%d %H:%M} UTC{by}", style="yellow")
