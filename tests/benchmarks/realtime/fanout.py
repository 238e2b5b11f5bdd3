"""Fan-out: how many deliveries a second one server process sustains, and what one costs it."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.benchmarks.realtime.machine import Machine, Program
from tests.benchmarks.realtime.servers import HOT, Server, Wire

ORG = "bench"
WINDOWS = {"single": 8_000, "broadcast": 32_000}
LATENCY_RATE = 500.0


@dataclass(frozen=True)
class Round:
    """One measurement of one server. Rates are deliveries a second, costs CPU µs a delivery."""

    rate: float
    server_cost: float
    redis_cost: float
    others_cost: float
    busy: float

    @property
    def per_core(self) -> float:
        """Return the rate one core of this server alone could carry."""
        return 1e6 / self.server_cost


@dataclass
class Crowd:
    """Connected receivers and the publisher for them."""

    receivers: Sequence[Program]
    publisher: Program
    size: int

    async def measure(self, mode: str, seconds: float) -> Round:
        """Publish as fast as everything is received; raise if anything was lost or out of order."""
        await self.everyone("count")
        listeners = 1 if mode == "single" else self.size
        order = {
            "do": "run",
            "mode": mode,
            "seconds": seconds,
            "window": WINDOWS[mode],
            "listeners": listeners,
        }
        found = await self.publisher.ask(json.dumps(order))
        check(await self.everyone("report"), found["deliveries"], self.size)
        return round_of(found)

    async def everyone(self, word: str) -> list[dict[str, Any]]:
        """Ask all receivers."""
        return [await receiver.ask(word) for receiver in self.receivers]

    async def ages(self, mode: str, seconds: float, rate: float = LATENCY_RATE) -> list[float]:
        """Publish at a steady rate; return the age of each delivery in ms, sorted."""
        await self.set_mode("alert")
        await self.everyone("count")
        listeners = 1 if mode == "single" else self.size
        pace = rate / listeners
        order = {
            "do": "steady", "mode": mode, "seconds": seconds, "rate": pace, "listeners": listeners
        }  # fmt: skip
        await self.publisher.ask(json.dumps(order))
        reports = await self.everyone("report")
        await self.set_mode("sweep")
        return sorted(age / 1e6 for report in reports for age in report["ages"])

    async def set_mode(self, word: str) -> None:
        """Let receivers read at once, or now and then."""
        for receiver in self.receivers:
            await receiver.say(word)


@asynccontextmanager
async def crowd(
    machine: Machine, server: Server, wire: Wire, modes: str, size: int, *, bytes_each: int = 300
) -> AsyncIterator[Crowd]:
    """Connect ``size`` browsers, each to its own channel (single) or all to one (broadcast)."""
    shared = str(machine.shared())
    names = [f"u{number:06}" for number in range(size)]
    people = [server.person(wire, name, HOT if modes == "broadcast" else None) for name in names]
    plan = server.plan(wire) | {"people": people, "shared": shared, "slot": 0}
    pids = {"server": server.pid, "redis": machine.redis.child.pid if machine.redis.child else 0}
    async with AsyncExitStack() as parts:
        receiver = await parts.enter_async_context(machine.script("receivers", plan))
        await receiver.hear()
        pids["receivers"] = receiver.process.pid
        publishing = server.publishing() | {
            "single": names, "broadcast": [HOT], "org": ORG, "shared": shared, "size": bytes_each,
            "redis_port": machine.redis.port, "pids": pids,
        }  # fmt: skip
        publisher = await parts.enter_async_context(machine.script("publisher", publishing))
        await publisher.hear()
        yield Crowd([receiver], publisher, size)


async def measure_fanout(
    machine: Machine, server: Server, wire: Wire, *, size: int, seconds: float, rounds: int
) -> dict[str, Round]:
    """Return the median round of each mode; the first, shorter one only warms up."""
    found = {}
    for mode in WINDOWS:
        async with crowd(machine, server, wire, mode, size) as people:
            await people.measure(mode, min(1.0, seconds))
            found[mode] = middle([await people.measure(mode, seconds) for _ in range(rounds)])
    return found


def middle(rounds: Sequence[Round]) -> Round:
    """Return the median of each figure."""
    names = ("rate", "server_cost", "redis_cost", "others_cost", "busy")
    return Round(*(median(getattr(one, name) for one in rounds) for name in names))


def round_of(found: Mapping[str, Any]) -> Round:
    """Turn the publisher's sums into figures a delivery."""
    count, cpu, seconds = found["deliveries"], found["cpu"], found["seconds"]
    costs = {who: spent / count * 1e6 for who, spent in cpu.items()}
    others = costs["receivers"] + costs["publisher"]
    busy = cpu["server"] / seconds
    return Round(count / seconds, costs["server"], costs["redis"], others, busy)


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
