"""Latency: from just before PUBLISH to read by the browser's process, at a steady rate."""

import json
from collections.abc import Sequence

from tests.benchmarks.realtime import peers
from tests.benchmarks.realtime.crowd import crowd
from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.machine import Machine
from tests.benchmarks.realtime.report import Part, at_most
from tests.benchmarks.realtime.servers import Server, Wire, jobcast

RATE = 500
MOST_MS = 3.0
COLUMNS = ("server", "wire", "p50 ms", "p99 ms", "max ms", "n")
Row = tuple[str | float, ...]


async def measure_latency(machine: Machine, effort: Effort) -> Part:
    """Measure the product over both wires and the peers; deflate is not offered here."""
    async with jobcast(machine) as server:
        found = [await latency_of(machine, server, wire, effort) for wire in server.wires]
    bars = [at_most(f"{row[1]}: p99 ≤ {MOST_MS:.0f} ms", float(row[3]), MOST_MS) for row in found]
    for program in peers.some(effort):
        async with peers.running(machine, program, deflate=False) as peer:
            found.append(await latency_of(machine, peer, program.wire, effort))
    title = f"Publish → receive at {RATE} events/s over {effort.clients:,} clients"
    return Part("latency", title, COLUMNS, found, bars)


async def latency_of(machine: Machine, server: Server, wire: Wire, effort: Effort) -> Row:
    """Return one row."""
    async with crowd(machine, server, wire, effort.clients, "single") as people:
        for pid in (server.pid, machine.redis_pid, *people.pids):
            machine.put_first(pid)
        await people.receivers[0].say("alert")
        await people.everyone("count")
        order = {"do": "steady", "mode": "single", "seconds": effort.steady_seconds, "rate": RATE}
        await people.publisher.ask(json.dumps(order | {"listeners": 1}))
        reports = await people.everyone("report")
    ages = sorted(age / 1e6 for report in reports for age in report["ages"])
    return (
        server.name,
        wire,
        quantile(ages, 0.5),
        quantile(ages, 0.99),
        ages[-1],
        float(len(ages)),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which ``share`` of them lie."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
