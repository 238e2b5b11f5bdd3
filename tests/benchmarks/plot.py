"""The picture of a run, from the file that holds its figures."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks.racers import PRODUCT
from tests.benchmarks.realtime.report import written
from tests.benchmarks.svg import Bar, Panel, chart

Row = Mapping[str, Any]
HIGHER, LOWER = "more is better", "less is better"


def plotted(found: Mapping[str, Any]) -> str:
    """Return an SVG of the parts that are there."""
    parts = {name: part["rows"] for name, part in found["parts"].items()}
    drawers = {
        "accept": accept, "bulk": bulk, "drain": drain, "pickup": pickup, "live": live,
        "growth": growth,
    }  # fmt: skip
    panels = [draw(parts[name]) for name, draw in drawers.items() if parts.get(name)]
    machine = found["machine"]
    below = (
        f"{machine['date']} · {machine['cpu']} · {machine['cores']} cores · "
        f"Python {machine['python']} · {machine['commit']}"
    )
    return chart("Jobcast beside its peers, in one run on one machine", below, panels)


def accept(rows: Sequence[Row]) -> Panel:
    """Return requests a second, by how many are in flight."""
    bars = [
        bar(f"{row['server']}, {written(row['in flight'])} in flight", row["requests/s"], "/s")
        for row in rows
    ]
    return Panel("Accepting one job a request", HIGHER, bars)


def bulk(rows: Sequence[Row]) -> Panel:
    """Return jobs a second in batches."""
    return Panel("Accepting in bulk", HIGHER, [bar(r["queue"], r["jobs/s"], "/s") for r in rows])


def drain(rows: Sequence[Row]) -> Panel:
    """Return jobs a second by each queue and number of workers."""
    bars = [bar(f"{r['queue']} · {workers(r['workers'])}", r["jobs/s"], "/s") for r in rows]
    return Panel("Draining no-op jobs, concurrency 100", HIGHER, bars)


def pickup(rows: Sequence[Row]) -> Panel:
    """Return the medians from the call, without who is off the scale."""
    sent = [row for row in rows if row["from"].startswith("call sent")]
    least = min(row["p50 ms"] for row in sent)
    near = [row for row in sent if row["p50 ms"] < 20 * least]
    bars = [bar(row["queue"], row["p50 ms"], " ms") for row in near]
    return Panel("Pickup on an idle system, median", LOWER, bars)


def live(rows: Sequence[Row]) -> Panel:
    """Return medians and 99th percentiles at each rate."""
    seen = [row for row in rows if "socket" in row["what"]]
    bars = [
        Bar(
            f"{row['jobs/s']} jobs/s, {name}",
            row[f"{name} ms"],
            f"{written(row[f'{name} ms'])} ms",
            True,
        )
        for row in seen
        for name in ("p50", "p99")
    ]
    return Panel("From submission to the end at a browser's socket", LOWER, bars)


def growth(rows: Sequence[Row]) -> Panel:
    """Return jobs a second beside few and many rows."""
    bars = [
        Bar(row["rows beside"], row["jobs/s"], f"{written(row['jobs/s'])}/s", True) for row in rows
    ]
    return Panel("Draining beside other rows", HIGHER, bars)


def bar(label: str, value: float, unit: str) -> Bar:
    """Return a bar, in the product's colour if it is the product's."""
    return Bar(label, value, f"{written(value)}{unit}", label.startswith(PRODUCT))


def workers(count: float) -> str:
    """Return a number of workers."""
    return f"{written(count)} worker{'s' * (count != 1)}"
