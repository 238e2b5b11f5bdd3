"""Browsers and a publisher for them, in processes of their own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.realtime.machine import Machine, Program
from tests.benchmarks.realtime.servers import Server, Wire

ORG = "bench"


@dataclass(frozen=True)
class Crowd:
    """Connected receivers and the publisher for them."""

    receivers: Sequence[Program]
    publisher: Program
    size: int

    @property
    def pids(self) -> list[int]:
        """Return the processes of all scripts."""
        return [script.process.pid for script in (*self.receivers, self.publisher)]

    async def everyone(self, word: str) -> list[dict[str, Any]]:
        """Ask all receivers one question."""
        return [await receiver.ask(word) for receiver in self.receivers]


@asynccontextmanager
async def crowd(
    machine: Machine, server: Server, wire: Wire, size: int, mode: str
) -> AsyncIterator[Crowd]:
    """Connect ``size`` browsers, each to its own channel (single) or all to one (broadcast)."""
    shared, first = machine.shared(), machine.newcomers(size)
    hot = f"h{first:06}"
    heard = hot if mode == "broadcast" else None
    reading = receivers(machine, server, wire, size, shared=shared, heard=heard, first=first)
    names = names_of(size, first)
    async with (
        reading as browsers,
        publisher(machine, server, browsers, names, hot, shared=shared) as telling,
    ):
        yield Crowd([browsers], telling, size)


@asynccontextmanager
async def receivers(
    machine: Machine,
    server: Server,
    wire: Wire,
    size: int,
    *,
    shared: Path,
    heard: str | None = None,
    first: int = 0,
    more: Mapping[str, Any] | None = None,
) -> AsyncIterator[Program]:
    """Connect users number ``first`` and up; ``more`` goes into the script's plan."""
    names = names_of(size, first)
    people = [server.person(wire, name, heard) for name in names]
    plan = server.plan(wire) | {"people": people, "shared": str(shared), "slot": 0}
    async with machine.script("receivers", plan | dict(more or {})) as program:
        program.told = await program.hear()
        yield program


@asynccontextmanager
async def publisher(
    machine: Machine,
    server: Server,
    reading: Program,
    names: Sequence[str],
    hot: str,
    *,
    shared: Path,
    event_bytes: int = 300,
) -> AsyncIterator[Program]:
    """Open a publisher for users and one hot channel that watches what all processes cost."""
    pids = {"server": server.pid, "redis": machine.redis_pid, "receivers": reading.process.pid}
    plan = server.publishing() | {
        "single": names, "broadcast": [hot], "org": ORG, "shared": str(shared),
        "size": event_bytes, "redis_port": machine.redis.port, "pids": pids,
    }  # fmt: skip
    async with machine.script("publisher", plan) as program:
        await program.hear()
        yield program


def names_of(size: int, first: int = 0) -> list[str]:
    """Return users' names, all of one length."""
    return [f"u{number:06}" for number in range(first, first + size)]
