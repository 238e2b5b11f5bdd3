"""``make bench``: latency, stop, rescue and start times on this machine, beside stock arq.

Everything is real: PostgreSQL with durable commits, Redis, one web and one worker process, one
client, all on this machine's cores. The client counts too; the numbers are upper bounds.
"""

import argparse
import asyncio
import json
import os
import platform
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.arrivals import Times
from tests.benchmarks.growth import measure_growth
from tests.benchmarks.jobcast import measure_latency, measure_rescue, measure_stop
from tests.benchmarks.queueing import measure_queueing
from tests.benchmarks.schedules import measure_schedules
from tests.benchmarks.stack import Stack, running_stack
from tests.benchmarks.startup import measure_startup
from tests.benchmarks.stock_arq import measure_arq

LOADS = ((1, 1), (100, 1), (100, 20))  # jobs a second, users
CHOICES = ("", "latency", "start", "schedules", "growth", "queueing")
Rows = dict[str, Times]


async def measure(seconds: float, only: str) -> Rows:
    """Run everything, one after the other."""
    rows: Rows = {}
    if only in {"", "start"}:
        rows["make run, no data"], rows["make run, yesterday's data"] = await measure_startup()
    if only in {"", "schedules"}:
        rows |= await measure_schedules()
    if only in {"", "growth"}:
        rows |= await measure_growth()
    if only in {"start", "schedules", "growth"}:
        return rows
    async with running_stack() as stack:
        if only in {"latency", "queueing"}:
            await stack.worker("worker")
        else:
            rows["kill -9 of the worker → started elsewhere"] = await measure_rescue(stack)
            rows["Stop → job.cancelled seen"] = await measure_stop(stack)
        if only != "queueing":
            await measure_loads(stack, seconds, rows)
        if only != "latency":
            rows |= await measure_queueing(stack)
    return rows


async def measure_loads(stack: Stack, seconds: float, rows: Rows) -> None:
    """Measure both engines under the same arrivals."""
    for rate, users in LOADS:
        accepted, seen = await measure_latency(stack, rate, seconds, users)
        load = f"{rate} jobs/s, {users} user{'s' * (users > 1)}"
        rows[f"{load}: submit → 202"] = accepted
        rows[f"{load}: submit → job.succeeded seen"] = seen
    for rate in sorted({rate for rate, _ in LOADS}):
        rows[f"{rate} jobs/s: stock arq, enqueue → result"] = await measure_arq(
            stack, rate, seconds
        )


def table_of(rows: Rows) -> Table:
    """Return the measurements in milliseconds."""
    cores = len(os.sched_getaffinity(0))
    table = Table(title=f"milliseconds · {cores} cores · Python {platform.python_version()}")
    table.add_column("what", no_wrap=True)
    for column in ("p50", "p99", "max", "n"):
        table.add_column(column, justify="right")
    for what, times in rows.items():
        shown = [times.quantile(0.5), times.quantile(0.99), times.seconds[-1]]
        table.add_row(what, *(f"{s * 1000:,.1f}" for s in shown), str(len(times.seconds)))
    return table


def ratios(rows: Rows) -> list[str]:
    """Return how many times longer stock arq takes at the same rate, by the median."""
    told = []
    for rate in sorted({rate for rate, _ in LOADS}):
        arq = rows.get(f"{rate} jobs/s: stock arq, enqueue → result")
        ours = rows.get(f"{rate} jobs/s, 1 user: submit → job.succeeded seen")
        if arq and ours:
            half, most = (arq.quantile(q) / ours.quantile(q) for q in (0.5, 0.99))
            told.append(f"{rate} jobs/s: stock arq takes {half:.1f}x (p50), {most:.1f}x (p99)")
    return told


def main() -> None:
    """Measure and print; ``--json FILE`` keeps every number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each load")
    parser.add_argument("--only", choices=CHOICES, default="")
    parser.add_argument("--json", type=Path, help="also write the times here")
    options = parser.parse_args()
    rows = asyncio.run(measure(options.seconds, options.only))
    console = Console(width=140)
    console.print(table_of(rows))
    for ratio in ratios(rows):
        console.print(ratio, highlight=False)
    if options.json:
        kept = {what: list(times.seconds) for what, times in rows.items()}
        options.json.write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
