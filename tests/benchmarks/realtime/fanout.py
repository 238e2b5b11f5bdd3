"""Fan-out: how many deliveries a second one server process sustains, and what one costs it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import httpx2

from tests.benchmarks.realtime import peers
from tests.benchmarks.realtime.crowd import Crowd, crowd, receivers
from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.machine import Machine
from tests.benchmarks.realtime.publisher import cpu_seconds
from tests.benchmarks.realtime.report import Bar, Part, at_least
from tests.benchmarks.realtime.servers import Server, Wire, jobcast

WINDOWS = {"single": 8_000, "broadcast": 32_000}
WARM_SECONDS = 1.0
COLUMNS = (
    "server", "wire", "mode", "deliveries/s", "server busy %", "server CPU µs each",
    "per full core/s", "× tutorial hub", "Redis µs each", "clients µs each",
)  # fmt: skip
LEAST = {"single": 100_000, "broadcast": 180_000}
TIMES_TUTORIAL = 8


@dataclass(frozen=True)
class Round:
    """One measurement. ``rate`` is deliveries a second, costs are CPU µs a delivery."""

    rate: float
    busy: float
    server: float
    redis: float = 0.0
    others: float = 0.0

    @property
    def per_core(self) -> float:
        """Return the rate that a core of its own, fully used, would carry at this cost."""
        return 1e6 / self.server


Found = dict[tuple[str, str, str], Round]


async def measure_fanout(machine: Machine, effort: Effort) -> Part:
    """Measure the product, then the peers."""
    found: Found = {}
    async with jobcast(machine) as server:
        for wire in server.wires:
            found |= await rounds_of(machine, server, wire, effort)
    for program in peers.some(effort):
        async with peers.running(machine, program) as peer:
            found |= await rounds_of(machine, peer, program.wire, effort)
    for program in peers.bare(effort):
        found |= await rounds_of_bare(machine, program, effort)
    notes = [f"left out, not installed: {p.name}" for p in peers.PEERS if not p.there]
    return Part(
        "fanout", f"Fan-out to {effort.clients:,} clients", COLUMNS, rows(found), bars(found), notes
    )


async def rounds_of(machine: Machine, server: Server, wire: Wire, effort: Effort) -> Found:
    """Return the median round of each mode; the first, shorter one only warms up."""
    found: Found = {}
    for mode in WINDOWS:
        async with crowd(machine, server, wire, effort.clients, mode) as people:
            await one_round(people, mode, min(WARM_SECONDS, effort.seconds))
            rounds = [await one_round(people, mode, effort.seconds) for _ in range(effort.rounds)]
        found[server.name, wire, mode] = middle(rounds)
    return found


async def one_round(people: Crowd, mode: str, seconds: float) -> Round:
    """Publish as fast as everything is received; raise if anything was lost or out of order."""
    await people.everyone("count")
    listeners = 1 if mode == "single" else people.size
    order = {
        "do": "run",
        "mode": mode,
        "seconds": seconds,
        "window": WINDOWS[mode],
        "listeners": listeners,
    }
    found = await people.publisher.ask(json.dumps(order))
    check(await people.everyone("report"), found["deliveries"], people.size)
    count, cpu = found["deliveries"], found["cpu"]
    each = {who: spent / count * 1e6 for who, spent in cpu.items()}
    busy = cpu["server"] / found["seconds"]
    others = each["receivers"] + each["publisher"]
    return Round(count / found["seconds"], busy, each["server"], each["redis"], others)


async def rounds_of_bare(machine: Machine, program: peers.Program, effort: Effort) -> Found:
    """Let uvicorn send by itself: what a hub could reach if it cost nothing."""
    shared = machine.shared()
    more = {"BENCH_SHARED": str(shared)}
    async with (
        peers.running(machine, program, more=more) as peer,
        receivers(machine, peer, program.wire, effort.clients, shared=shared) as reading,
    ):
        rounds = []
        for _ in range(effort.rounds):
            await reading.ask("count")
            before = cpu_seconds(peer.pid)
            found = await asyncio.to_thread(send_by_itself, peer.port, effort.seconds)
            spent = cpu_seconds(peer.pid) - before
            count, seconds = found["deliveries"], found["seconds"]
            rounds.append(Round(count / seconds, spent / seconds, spent / count * 1e6))
    return {(peer.name, program.wire, "single"): middle(rounds)}


def send_by_itself(port: int, seconds: float) -> Mapping[str, float]:
    """Start a round of the bare server and return what it tells."""
    query = {"seconds": str(seconds), "window": str(WINDOWS["single"])}
    url = f"http://127.0.0.1:{port}/run"
    answer = httpx2.get(url, params=query, timeout=60, trust_env=False)
    found: Mapping[str, float] = answer.json()
    return found


def middle(rounds: Sequence[Round]) -> Round:
    """Return the median of each figure."""
    names = ("rate", "busy", "server", "redis", "others")
    return Round(*(median(getattr(one, name) for one in rounds) for name in names))


def check(reports: Sequence[Mapping[str, Any]], deliveries: int, size: int) -> None:
    """Raise unless every client got everything once and, as far as looked at, in order."""
    total = sum(report["total"] for report in reports)
    least, most = min(r["least"] for r in reports), max(r["most"] for r in reports)
    broken, lost = sum(r["broken"] for r in reports), sum(r["lost"] for r in reports)
    if total != deliveries or broken or lost or least != most:
        raise RuntimeError(
            f"{total} of {deliveries} deliveries, {least} to {most} a client, "
            f"{broken} of the clients looked at out of order, {lost} of {size} disconnected"
        )


def rows(found: Found) -> list[tuple[str | float, ...]]:
    """Return the table, peers after the product."""
    return [
        (
            *key,
            one.rate,
            one.busy * 100,
            one.server,
            one.per_core,
            times(found, key),
            one.redis,
            one.others,
        )
        for key, one in found.items()
    ]


def times(found: Found, key: tuple[str, str, str]) -> str | float:
    """Return how many tutorial hubs one server is, by what a delivery costs."""
    hub = found.get((peers.TUTORIAL.name, "ws", key[2]))
    return found[key].per_core / hub.per_core if hub else ""


def bars(found: Found) -> list[Bar]:
    """Hold the product to the issue's figures, by the rate of a full core."""
    kept = []
    for key, one in found.items():
        server, wire, mode = key
        if server != "jobcast":
            continue
        least = LEAST[mode]
        kept.append(at_least(f"{wire} {mode}: ≥ {least:,}/s per full core", one.per_core, least))
        ratio = times(found, key)
        if isinstance(ratio, float):
            kept.append(at_least(f"{wire} {mode}: ≥ 8 × the tutorial hub", ratio, TIMES_TUTORIAL))
    return kept
