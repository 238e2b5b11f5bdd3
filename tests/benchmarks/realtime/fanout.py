"""Fan-out: how many deliveries a second one server process sustains, and what one costs it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

import httpx2

from tests.benchmarks.realtime import peers
from tests.benchmarks.realtime.crowd import Crowd, crowd, receivers
from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.machine import Machine, Program
from tests.benchmarks.realtime.publisher import cpu_seconds
from tests.benchmarks.realtime.report import Bar, Part, at_least
from tests.benchmarks.realtime.servers import Server, Wire, jobcast

WINDOWS = {"single": 8_000, "broadcast": 32_000}
WARM_SECONDS = 1.0
COLUMNS = (
    "server", "wire", "mode", "deliveries/s", "busy %", "CPU µs each", "per full core/s",
    "× tutorial", "× npm ws", "× bare", "Redis µs each", "clients µs each",
)  # fmt: skip
LEAST = {"single": 100_000, "broadcast": 180_000}
TIMES_TUTORIAL, TIMES_NODE = 8, 1
BARE_THERE = 179_835  # bare ASGI sends a second on the idle machine the bars were set on


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


Key = tuple[str, str, str]
Found = dict[Key, Round]


class Racer(Protocol):
    """A server with a crowd connected to it."""

    async def round(self, seconds: float) -> Round:
        """Deliver as much as it can for a while."""


async def measure_fanout(machine: Machine, effort: Effort) -> Part:
    """Connect everybody, then let all servers take turns: what else the machine does meets all."""
    async with AsyncExitStack() as parts:
        racers = await at_the_start(machine, effort, parts)
        rounds: dict[Key, list[Round]] = {key: [] for key in racers}
        for racer in racers.values():
            await racer.round(min(WARM_SECONDS, effort.seconds))
        for _ in range(effort.rounds):
            for key, racer in racers.items():
                rounds[key].append(await racer.round(effort.seconds))
    found = {key: middle(those) for key, those in rounds.items()}
    title = f"Fan-out to {effort.clients:,} clients, medians of {effort.rounds}"
    return Part("fanout", title, COLUMNS, rows(found), bars(found), notes(found))


async def at_the_start(machine: Machine, effort: Effort, parts: AsyncExitStack) -> dict[Key, Racer]:
    """Start every server and connect its crowds, one for each mode."""
    found: dict[Key, Racer] = {}
    size = effort.clients
    enter = parts.enter_async_context
    server = await enter(jobcast(machine))
    running: list[tuple[Server, Wire]] = [(server, wire) for wire in server.wires]
    running += [(await enter(peers.running(machine, p)), p.wire) for p in peers.some(effort)]
    for one, wire in running:
        for mode in WINDOWS:
            people = await enter(crowd(machine, one, wire, size, mode))
            found[one.name, wire, mode] = Hub(people, mode)
    for program in peers.bare(effort):
        found[program.name, program.wire, "single"] = await enter(bare(machine, program, size))
    return found


@dataclass(frozen=True)
class Hub:
    """A server that is told by Redis."""

    people: Crowd
    mode: str

    async def round(self, seconds: float) -> Round:
        """Publish as fast as everything is received; raise if anything was lost or out of order."""
        people, mode = self.people, self.mode
        await people.everyone("count")
        order = {
            "do": "run",
            "mode": mode,
            "seconds": seconds,
            "window": WINDOWS[mode],
            "listeners": 1 if mode == "single" else people.size,
        }
        found = await people.publisher.ask(json.dumps(order))
        check(await people.everyone("report"), found["deliveries"], people.size)
        return round_of(found["deliveries"], found["seconds"], found["cpu"])


@dataclass(frozen=True)
class Bare:
    """uvicorn that sends by itself: what a hub could reach if it cost nothing."""

    server: peers.Peer
    reading: Program

    async def round(self, seconds: float) -> Round:
        """Let it send as fast as everything is received."""
        await self.reading.ask("count")
        before = cpu_seconds(self.server.pid)
        found = await asyncio.to_thread(send_by_itself, self.server.port, seconds)
        spent = cpu_seconds(self.server.pid) - before
        return round_of(int(found["deliveries"]), found["seconds"], {"server": spent})


@asynccontextmanager
async def bare(machine: Machine, program: peers.Program, size: int) -> AsyncIterator[Bare]:
    """Run it and connect its crowd."""
    shared = machine.shared()
    async with (
        peers.running(machine, program, more={"BENCH_SHARED": str(shared)}) as server,
        receivers(machine, server, program.wire, size, shared=shared) as reading,
    ):
        yield Bare(server, reading)


def round_of(count: int, seconds: float, cpu: Mapping[str, float]) -> Round:
    """Turn sums into figures a delivery."""
    each = {who: spent / count * 1e6 for who, spent in cpu.items()}
    others = each.get("receivers", 0.0) + each.get("publisher", 0.0)
    redis = each.get("redis", 0.0)
    return Round(count / seconds, cpu["server"] / seconds, each["server"], redis, others)


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
    """Return the table. Ratios are of what a delivery costs the server."""
    told: list[tuple[str | float, ...]] = []
    for key, one in found.items():
        server, wire, mode = key
        compared = (
            times(one, found.get((peers.TUTORIAL.name, "ws", mode))),
            times(one, found.get((peers.NODE.name, "ws", mode))),
            times(one, found.get((peers.BARE_WS.name, wire, "single"))),
        )
        figures = (one.rate, one.busy * 100, one.server, one.per_core)
        told.append((server, wire, mode, *figures, *compared, one.redis, one.others))
    return told


def times(one: Round, other: Round | None) -> str | float:
    """Return how many of the others one server is, or nothing if the other was not measured."""
    return one.per_core / other.per_core if other else ""


def notes(found: Found) -> list[str]:
    """Return what is missing, and how this machine compares with the one the bars come from."""
    told = [f"left out, not installed: {p.name}" for p in peers.PEERS if not p.there]
    bare_ws = found.get((peers.BARE_WS.name, "ws", "single"))
    if bare_ws:
        told.append(
            f"bare uvicorn: {bare_ws.per_core:,.0f}/s by a full core now, {BARE_THERE:,} where the bars "
            f"come from: this machine, as busy as it is, counts {bare_ws.per_core / BARE_THERE:.2f}"
        )
    return told


def bars(found: Found) -> list[Bar]:
    """Hold the product to the issue's figures, by the rate of a full core."""
    kept = []
    for (server, wire, mode), one in found.items():
        if server != "jobcast":
            continue
        what, least = f"{wire} {mode}", LEAST[mode]
        kept.append(at_least(f"{what}: ≥ {least:,}/s by a full core", one.per_core, least))
        for peer, limit in ((peers.TUTORIAL, TIMES_TUTORIAL), (peers.NODE, TIMES_NODE)):
            ratio = times(one, found.get((peer.name, "ws", mode)))
            if isinstance(ratio, float):
                kept.append(at_least(f"{what}: ≥ {limit} × {peer.name}", ratio, limit))
    return kept
