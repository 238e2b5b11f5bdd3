"""``make bench-realtime``: the way back beside its peers, in one run, as ratios."""

import argparse
import asyncio
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.realtime.fanout import Round, crowd, measure_fanout
from tests.benchmarks.realtime.machine import machine
from tests.benchmarks.realtime.servers import jobcast


async def measure(options: argparse.Namespace) -> dict[str, Round]:
    rows: dict[str, Round] = {}
    async with machine(options.tree) as host, jobcast(host) as server:
        for wire in options.wires.split(","):
            found = await measure_fanout(
                host, server, wire, size=options.clients, seconds=options.seconds, rounds=options.rounds
            )
            rows |= {f"jobcast {wire} {mode}": one for mode, one in found.items()}
    return rows


def table_of(rows: dict[str, Round]) -> Table:
    table = Table(title="deliveries/s")
    for column in ("what", "per s", "server busy", "server µs", "per core/s", "redis µs", "rest µs"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, one in rows.items():
        table.add_row(
            what, f"{one.rate:,.0f}", f"{one.busy:.0%}", f"{one.server_cost:.2f}",
            f"{one.per_core:,.0f}", f"{one.redis_cost:.2f}", f"{one.others_cost:.2f}",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="fanout")
    parser.add_argument("--tree", type=Path, default=Path.cwd())
    parser.add_argument("--wires", default="ws,sse")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    Console(width=140).print(table_of(asyncio.run(measure(options))))


if __name__ == "__main__":
    main()
