"""A client that stops reading: what it adds to the server's memory, and to the others' latency."""

import asyncio
import json
from collections.abc import Sequence

from tests.benchmarks.realtime.crowd import publisher, receivers
from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.latency import quantile
from tests.benchmarks.realtime.machine import Machine, Program
from tests.benchmarks.realtime.memory import resident
from tests.benchmarks.realtime.report import Part, at_most
from tests.benchmarks.realtime.servers import Jobcast, Wire, jobcast

OTHERS = 5
HOT = "hot0001"
RATE = 1_000
EVENT_BYTES = 1_000
SMALL_BUFFER = 16_384
LOOK_SECONDS = 0.1
MORE_MS = 0.5
MIB = 1024 * 1024
COLUMNS = ("wire", "readers", "events", "RSS growth MiB", "others' p50 ms", "others' p99 ms", "n")
Row = tuple[str | float, ...]


async def measure_slow_reader(machine: Machine, effort: Effort) -> Part:
    """Publish the same events without and with one reader that never reads."""
    found: list[Row] = []
    bars = []
    for wire in ("ws", "sse"):
        async with jobcast(machine) as server:
            rows = await both(machine, server, wire, effort.stalled_events)
        before, during = rows[-2:]
        extra = max(0.0, float(during[3]) - max(0.0, float(before[3])))
        bars.append(at_most(f"{wire}: ≤ 1 MiB more with a stalled reader", extra, 1.0))
        more = float(during[5]) - float(before[5])
        bars.append(at_most(f"{wire}: ≤ {MORE_MS} ms more p99 for the others", more, MORE_MS))
        found += rows
    title = f"{RATE:,} events/s of {EVENT_BYTES:,} B to one channel of {OTHERS} readers"
    return Part("slow_reader", title, COLUMNS, found, bars)


async def both(machine: Machine, server: Jobcast, wire: Wire, events: int) -> list[Row]:
    """Return the rows without and with the stalled reader; a round before both warms up."""
    shared = machine.shared()
    stalled = {"receive_buffer": SMALL_BUFFER, "stalled": True}
    async with (
        receivers(machine, server, wire, OTHERS, shared=shared, heard=HOT) as reading,
        publisher(
            machine, server, reading, [HOT], HOT, shared=shared, event_bytes=EVENT_BYTES
        ) as telling,
    ):
        for pid in (server.pid, machine.redis_pid, reading.process.pid, telling.process.pid):
            machine.put_first(pid)
        await reading.say("alert")
        await told(server, reading, telling, events // 4)
        rows = [(wire, "all read", *await told(server, reading, telling, events))]
        own = machine.shared()
        async with receivers(
            machine, server, wire, 1, shared=own, heard=HOT, first=90, more=stalled
        ):
            rows.append((wire, "one more, stalled", *await told(server, reading, telling, events)))
    return rows


async def told(server: Jobcast, reading: Program, telling: Program, events: int) -> Sequence[float]:
    """Publish ``events``; return their number, the highest growth in MiB, and the others' latency."""
    await reading.ask("count")
    order = {"do": "steady", "mode": "broadcast", "seconds": events / RATE, "rate": RATE}
    before = highest = resident(server.pid)
    publishing = asyncio.create_task(telling.ask(json.dumps(order | {"listeners": OTHERS})))
    while not publishing.done():
        await asyncio.wait([publishing], timeout=LOOK_SECONDS)
        highest = max(highest, resident(server.pid))
    await publishing
    ages = sorted(age / 1e6 for age in (await reading.ask("report"))["ages"])
    growth = (highest - before) / MIB
    return (float(events), growth, quantile(ages, 0.5), quantile(ages, 0.99), float(len(ages)))
