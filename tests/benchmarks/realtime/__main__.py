"""``make bench-realtime``: the way back beside its peers, in one run, as ratios.

The measured server has a core to itself; Redis, Postgres, publisher and browsers share the others. On
a machine that is not idle the CPU a delivery costs is what can be compared: ``per full core`` is
computed from it. ``peers`` fetches those that are not Python's or not ours.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from tests.benchmarks.realtime import peers
from tests.benchmarks.realtime.effort import QUICK, THOROUGH, Effort
from tests.benchmarks.realtime.fanout import measure_fanout
from tests.benchmarks.realtime.joins import measure_joins
from tests.benchmarks.realtime.latency import measure_latency
from tests.benchmarks.realtime.machine import Machine, machine
from tests.benchmarks.realtime.memory import measure_memory
from tests.benchmarks.realtime.positions import measure_positions
from tests.benchmarks.realtime.report import Part, keep, show
from tests.benchmarks.realtime.slow_reader import measure_slow_reader

PARTS: Mapping[str, Callable[[Machine, Effort], Awaitable[Part]]] = {
    "fanout": measure_fanout,
    "latency": measure_latency,
    "memory": measure_memory,
    "joins": measure_joins,
    "positions": measure_positions,
    "slow_reader": measure_slow_reader,
}
SOON = ("fanout", "latency", "memory", "joins")  # the others need their time


async def measure(options: argparse.Namespace, effort: Effort, console: Console) -> list[Part]:
    """Measure what was asked for, showing each part when it is there."""
    parts: list[Part] = []
    async with machine(options.tree, ahead=options.ahead) as host:
        for name in options.parts or (SOON if options.quick else PARTS):
            parts.append(await PARTS[name](host, effort))
            show(parts[-1], console)
    return parts


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; or: peers")
    parser.add_argument("--quick", action="store_true", help=f"{', '.join(SOON)} in about a minute")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--ahead", action="store_true", help="before the machine's other work")
    parser.add_argument("--tree", type=Path, default=Path.cwd(), help="the product's checkout")
    parser.add_argument("--json", type=Path, help="also write every figure here")
    options = parser.parse_args()
    if options.parts == ["peers"]:
        peers.install()
        return
    console = Console(width=150)
    effort = replace(QUICK if options.quick else THOROUGH, alone=options.alone)
    parts = asyncio.run(measure(options, effort, console))
    if options.json:
        keep(parts, options.json, options.tree)


if __name__ == "__main__":
    main()
