"""``make bench``: the engine beside its peers, in one run, as ratios."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from rich.console import Console

from tests.benchmarks import peers
from tests.benchmarks.accept import measure_accept
from tests.benchmarks.bulk import measure_bulk
from tests.benchmarks.costs import measure_costs
from tests.benchmarks.drain import measure_drain
from tests.benchmarks.effort import QUICK, THOROUGH, Effort
from tests.benchmarks.footprint import measure_footprint
from tests.benchmarks.growth import measure_growth
from tests.benchmarks.host import Host, open_host
from tests.benchmarks.live import measure_live
from tests.benchmarks.pickup import measure_pickup
from tests.benchmarks.realtime.report import Part, keep, show
from tests.benchmarks.stack import ROOT

PARTS: Mapping[str, Callable[[Host, Effort], Awaitable[Part]]] = {
    "accept": measure_accept,
    "bulk": measure_bulk,
    "drain": measure_drain,
    "pickup": measure_pickup,
    "live": measure_live,
    "costs": measure_costs,
    "footprint": measure_footprint,
    "growth": measure_growth,
}


async def measure(options: argparse.Namespace, effort: Effort, console: Console) -> list[Part]:
    """Measure what was asked for, showing each part when it is there."""
    parts: list[Part] = []
    async with open_host(options.tree, alone=options.alone) as host:
        for name in options.parts or PARTS:
            parts.append(await PARTS[name](host, effort))
            show(parts[-1], console)
    return parts


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; or: peers")
    parser.add_argument("--quick", action="store_true", help="all of it in about a minute")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the product's checkout")
    parser.add_argument("--json", type=Path, help="also write every figure here")
    options = parser.parse_args()
    if options.parts == ["peers"]:
        peers.install()
        return
    effort = QUICK if options.quick else THOROUGH
    parts = asyncio.run(measure(options, effort, Console(width=150)))
    if options.json:
        keep(parts, options.json, options.tree)


if __name__ == "__main__":
    main()
