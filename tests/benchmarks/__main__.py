"""``make bench``: the engine beside its peers, in one run, as ratios.

Everything is real: PostgreSQL with durable commits, Redis, web and worker processes at their default
settings, and the load, all on this machine's cores. Parts named on the command line are measured
instead of the default ones; ``peers`` fetches those that are not Python's or not ours.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from rich.console import Console

from tests.benchmarks import peers
from tests.benchmarks.accept import measure_accept
from tests.benchmarks.bulk import measure_bulk
from tests.benchmarks.costs import measure_costs
from tests.benchmarks.drain import measure_drain
from tests.benchmarks.effort import QUICK, THOROUGH, Effort
from tests.benchmarks.fanout import measure_fanout
from tests.benchmarks.footprint import measure_footprint
from tests.benchmarks.growth import measure_growth
from tests.benchmarks.host import Host, open_host
from tests.benchmarks.live import measure_live
from tests.benchmarks.pickup import measure_pickup
from tests.benchmarks.plot import plotted
from tests.benchmarks.realtime.report import Part, show
from tests.benchmarks.record import record, write
from tests.benchmarks.stack import ROOT
from tests.benchmarks.timelines import measure_timelines
from tests.benchmarks.waits import WAITS

Measure = Callable[[Host, Effort], Awaitable[Part]]
ENGINE: Mapping[str, Measure] = {
    "drain": measure_drain,
    "pickup": measure_pickup,
    "live": measure_live,
    "costs": measure_costs,
    "accept": measure_accept,
    "bulk": measure_bulk,
    "footprint": measure_footprint,
    "fanout": measure_fanout,
    "growth": measure_growth,
}
SOON = ("drain", "pickup", "live", "costs", "accept", "bulk")  # the others need their time
PARTS: Mapping[str, Measure] = {**ENGINE, **WAITS, "timelines": measure_timelines}


async def measure(options: argparse.Namespace, effort: Effort, console: Console) -> list[Part]:
    """Measure what was asked for, showing each part when it is there."""
    parts: list[Part] = []
    async with open_host(options.tree, alone=options.alone, first=options.ahead) as host:
        for name in options.parts or (SOON if options.quick else ENGINE):
            begun = time.monotonic()
            parts.append(await PARTS[name](host, effort))
            show(parts[-1], console)
            console.print(f"       {name} took {time.monotonic() - begun:.0f} s\n", highlight=False)
    return parts


def main() -> None:
    """Measure, print, keep, draw."""
    parser = arguments()
    options = parser.parse_args()
    if options.parts == ["peers"]:
        peers.install()
        return
    if unknown := set(options.parts) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    begun, effort = time.monotonic(), QUICK if options.quick else THOROUGH
    parts = asyncio.run(measure(options, effort, Console(width=150)))
    found = record(parts, options.tree, time.monotonic() - begun)
    if options.json:
        write(found, options.json)
    if options.plot:
        options.plot.write_text(plotted(found))


def arguments() -> argparse.ArgumentParser:
    """Return what can be said on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; or: peers"
    )
    parser.add_argument("--quick", action="store_true", help=f"{', '.join(SOON)} in a minute")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--ahead", action="store_true", help="before the machine's other work")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the product's checkout")
    parser.add_argument("--json", type=Path, help="also write every figure here")
    parser.add_argument("--plot", type=Path, help="also draw the result here, as SVG")
    return parser


if __name__ == "__main__":
    main()
