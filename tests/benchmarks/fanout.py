"""Fan-out: a quick figure of the way back; ``make bench-realtime`` has all of them."""

import os
from dataclasses import replace

from tests.benchmarks.cores import place
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.realtime.effort import QUICK
from tests.benchmarks.realtime.fanout import measure_fanout as measure
from tests.benchmarks.realtime.machine import all_cores, machine
from tests.benchmarks.realtime.report import Part


async def measure_fanout(host: Host, effort: Effort) -> Part:
    """Deliver to a few hundred browsers, as the way back's own benchmark does."""
    try:
        async with machine(host.tree) as found:
            part = await measure(found, replace(QUICK, alone=host.alone, rounds=effort.rounds))
            return replace(
                part, bars=()
            )  # a crowd that small is no proof: it is held to them there
    finally:
        place([os.getpid()], set(all_cores()))  # it keeps itself off the measured core
