"""Memory: what an idle connection costs the server, beside bare uvicorn; and that many of them hold."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.benchmarks.realtime import peers
from tests.benchmarks.realtime.crowd import receivers
from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.machine import Machine, Program
from tests.benchmarks.realtime.publisher import cpu_seconds
from tests.benchmarks.realtime.report import Bar, Part, at_most
from tests.benchmarks.realtime.servers import Server, Wire, jobcast

MOST_RATIO = 1.3
WARM = 100
CROWD = 5_000
COLUMNS = (
    "server", "wire", "connections", "KiB each", "× bare uvicorn", "still open", "server CPU % idle",
)  # fmt: skip
Row = tuple[str | float, ...]
Bare = dict[Wire, float]


async def measure_memory(machine: Machine, effort: Effort) -> Part:
    """Measure each wire on a fresh server; bare uvicorn first, with the smallest crowd."""
    found: list[Row] = []
    bare: Bare = {}
    for program in (peers.BARE_WS, peers.BARE_SSE):
        more = {"BENCH_SHARED": str(machine.shared())}
        async with peers.running(machine, program, more=more) as peer:
            row = await idle(machine, peer, program.wire, effort.idle[0], 0.0, {})
        bare[program.wire] = float(row[3])
        found.append(row)
    for wire in ("ws", "sse"):
        for count in effort.idle:
            async with jobcast(machine) as server:
                found.append(await idle(machine, server, wire, count, effort.hold_seconds, bare))
    return Part("memory", "Idle connections", COLUMNS, found, bars(found))


async def idle(
    machine: Machine, server: Server, wire: Wire, count: int, seconds: float, bare: Bare
) -> Row:
    """Open ``count`` connections and hold them for a while; a few before have warmed the server up."""
    shared = machine.shared()
    async with receivers(machine, server, wire, WARM, shared=shared, first=count):
        before = resident(server.pid)
        async with crowds(machine, server, wire, count) as people:
            each = (resident(server.pid) - before) / count / 1024
            spent = cpu_seconds(server.pid)
            await asyncio.sleep(seconds)
            busy = (cpu_seconds(server.pid) - spent) / seconds * 100 if seconds else 0.0
            reports = [await one.ask("report") for one in people]
    still = sum(report["connected"] for report in reports)
    ratio = each / bare[wire] if wire in bare else 1.0
    return (server.name, wire, float(count), each, ratio, float(still), busy)


@asynccontextmanager
async def crowds(
    machine: Machine, server: Server, wire: Wire, count: int
) -> AsyncIterator[Sequence[Program]]:
    """Connect ``count`` users, at most ``CROWD`` by one process."""
    async with AsyncExitStack() as parts:
        yield [
            await parts.enter_async_context(
                receivers(
                    machine,
                    server,
                    wire,
                    min(CROWD, count - first),
                    shared=machine.shared(),
                    first=first,
                )
            )
            for first in range(0, count, CROWD)
        ]


def resident(pid: int) -> int:
    """Return the bytes of a process that are in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    if found is None:
        raise RuntimeError(f"process {pid} has no memory")
    return int(found[1]) * 1024


def bars(rows: Sequence[Row]) -> list[Bar]:
    """Hold a WebSocket of the product to bare uvicorn's memory, and both wires to losing nobody."""
    found = []
    for server, wire, count, _, ratio, still, _ in rows:
        if server != "jobcast":
            continue
        told = f"{count:,.0f} idle {wire}"
        if wire == "ws":
            found.append(at_most(f"{told}: ≤ {MOST_RATIO} × bare", float(ratio), MOST_RATIO))
        found.append(Bar(f"{told}: all still open", float(still), still == count))
    return found
