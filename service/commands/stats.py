"""``jobcast stats``: how many jobs are in which state, how long they take, and what the queues hold."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.client import Jobcast
from service.client.models import KindState, QueuesResource, StatsResource
from service.commands.connection import Token, Url, connect
from service.commands.live import AsLive, stay
from service.commands.queues import pace_of, queues_table
from service.commands.terminal import COLOURS, AsJson, clean, err, out, show_json, spoken, table

STATES = [state for state in COLOURS if state != "stopping"]


def stats(
    live: AsLive = False, as_json: AsJson = False, url: Url = None, token: Token = None
) -> None:
    """Show the figures of the last day, and what waits and runs now."""
    with connect(url, token) as jobcast:
        if live:
            return stay(partial(read, jobcast), drawn, as_json=as_json)
        found = read(jobcast)
    if as_json:
        show_json(found)
        return None
    if not found["kinds"]:
        err().print("No jobs in the last day.")
    out().print(drawn(found))
    return None


def read(jobcast: Jobcast) -> dict[str, Any]:
    """Return figures and queues as one object."""
    figures, queues = jobcast.stats().raw, jobcast.queues().raw
    return {**figures, "queues": queues["data"], "jobs_per_second": queues["jobs_per_second"]}


def drawn(found: Mapping[str, Any]) -> RenderableType:
    """Return the tables of both."""
    figures = StatsResource(found)
    queues = QueuesResource({"data": found["queues"], "jobs_per_second": found["jobs_per_second"]})
    above: list[RenderableType] = [kinds_table(figures.kinds), ""] if figures.kinds else []
    return Group(*above, queues_table(queues.data), *pace_of(queues))


def kinds_table(counts: Iterable[KindState]) -> Table:
    """Return a row a kind, a column for each state that occurs, and how long successes took."""
    by_kind: dict[str, dict[str, KindState]] = {}
    for one in counts:
        by_kind.setdefault(one.kind, {})[one.state] = one
    present = {state for states in by_kind.values() for state in states}
    shown = [state for state in STATES if state in present]
    numbers = (*shown, "average", "p95")
    made = table(("kind", *numbers), numbers)
    for kind, states in sorted(by_kind.items()):
        took = states.get("succeeded")
        lasted = [took.average_seconds, took.p95_seconds] if took else [None, None]
        cells = (number(states, state) for state in shown)
        made.add_row(clean(kind), *cells, *map(lasting, lasted))
    return made


def number(states: Mapping[str, KindState], state: str) -> Text:
    """Return how many jobs are in ``state``, in its colour."""
    jobs = states[state].jobs if state in states else 0
    return Text(f"{jobs:,}" if jobs else "", style=COLOURS[state])


def lasting(seconds: float | None) -> str:
    """Return a duration in words, nothing when there is none."""
    return "" if seconds is None else spoken(timedelta(seconds=seconds))
