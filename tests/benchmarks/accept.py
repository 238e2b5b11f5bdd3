"""Accepting over HTTP: submissions a second with so many in flight, beside a bare route.

All are asked by the same lean client with the same bytes. The bare route runs on the same uvicorn,
uvloop and httptools, validates the body with the same models and answers at once: what is left of its
rate is what authentication, the durable record, the queue and the answer cost. Between the two stands the
product's way in alone, with everything that a request passes and nothing recorded: a floor.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from service.dev.child import Child, becomes_true
from service.dev.ports import free_port
from tests.benchmarks.arrivals import Times
from tests.benchmarks.cores import apart
from tests.benchmarks.cpu import Spent
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.racers import PRODUCT, running
from tests.benchmarks.realtime.machine import READY_SECONDS, Program, listens
from tests.benchmarks.realtime.publisher import cpu_seconds
from tests.benchmarks.realtime.report import Bar, Part, at_least, at_most
from tests.benchmarks.stack import PROGRAMS, Stack, finished, token

IN_FLIGHT = (1, 32, 256)
HELD = 32  # in flight, where the bars are
USERS = 8
BODY = json.dumps({"kind": "noop", "args": {"value": 1}})
BARE = "bare Starlette route"
WAY_IN = "the way in alone"
SHARE, MOST_MS = 0.5, 40.0
COLUMNS = (
    "server", "in flight", "requests/s", "of the bare route", "p50 ms", "p99 ms", "server CPU µs each",
    "Postgres µs", "Redis µs", "callers µs",
)  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """One round. ``rate`` is answers a second, p50 and p99 are seconds, costs CPU µs an answer."""

    rate: float
    p50: float
    p99: float
    server: float
    callers: float
    postgres: float = 0.0
    redis: float = 0.0


Key = tuple[str, int]
Found = dict[Key, Answered]


@dataclass(frozen=True)
class Target:
    """A server, with its other processes, that accepts ``BODY``."""

    name: str
    port: int
    server: Child
    stack: Stack
    behind: dict[str, list[Child]]


async def measure_accept(host: Host, effort: Effort) -> Part:
    """Let both take turns at each load; no worker runs, so nothing but accepting is measured."""
    stack = await host.stack()
    load = await host.load()
    stack.used = True
    behind = {"postgres": running(stack.postgres.child), "redis": running(stack.redis.child)}
    product = Target(PRODUCT, stack.port, stack.programs["web"], stack, behind)
    rounds: dict[Key, list[Answered]] = {}
    async with (
        program(stack, BARE, "bare_route.py") as bare,
        program(stack, WAY_IN, "way_in.py") as way_in,
    ):
        for _ in range(effort.rounds):
            for in_flight in IN_FLIGHT:
                for target in (product, way_in, bare):
                    one = await answered(load, target, in_flight, effort)
                    rounds.setdefault((target.name, in_flight), []).append(one)
    found = {key: middle(those) for key, those in rounds.items()}
    title = f"Accepting one job a request, the web process on a core of its own, medians of {effort.rounds}"
    return Part("accept", title, COLUMNS, rows(found), bars(found))


@asynccontextmanager
async def program(stack: Stack, name: str, file: str) -> AsyncIterator[Target]:
    """Run a server that only answers, with the checkout's models."""
    port = free_port()
    server = stack.start(file, [sys.executable, PROGRAMS / file, str(port)], {})
    await becomes_true(partial(listens, server, port), READY_SECONDS)
    try:
        yield Target(name, port, server, stack, {})
    finally:
        await finished(server)


async def answered(load: Program, target: Target, in_flight: int, effort: Effort) -> Answered:
    """Keep so many requests in flight for a while."""
    tokens = [token(f"accept-{number}") for number in range(USERS)]
    times = (effort.warm_seconds, effort.accept_seconds)
    order = closed(target.port, in_flight, *times, tokens)
    groups = {"server": [target.server], **target.behind}
    with apart(
        target.server,
        [one for those in target.behind.values() for one in those],
        [load.process.pid],
    ):
        before, asked = Spent.by(groups), cpu_seconds(load.process.pid)
        told = await load.ask(json.dumps(order))
        spent = Spent.by(groups).since(before)
        spent["callers"] = cpu_seconds(load.process.pid) - asked
    taken = Times.of(told["taken"])
    rate = len(taken.seconds) / told["seconds"]
    count = rate * (told["seconds"] + effort.warm_seconds)  # CPU was looked at around all of it
    each = {who: seconds / count * 1e6 for who, seconds in spent.items()}
    return Answered(rate, taken.quantile(0.5), taken.quantile(0.99), **each)


def closed(
    port: int, in_flight: int, warm: float, seconds: float, tokens: list[str]
) -> dict[str, Any]:
    """Return the order to keep so many submissions in flight, of these callers in turn."""
    return {
        "do": "closed", "port": port, "connections": in_flight, "warm": warm, "seconds": seconds,
        "path": "/api/jobs", "body": BODY, "tokens": tokens,
    }  # fmt: skip


def middle(rounds: list[Answered]) -> Answered:
    """Return the median of each figure."""
    names = ("rate", "p50", "p99", "server", "callers", "postgres", "redis")
    return Answered(*(median(getattr(one, name) for one in rounds) for name in names))


def rows(found: Found) -> list[tuple[str | float, ...]]:
    """Return the table."""
    return [
        (
            name, in_flight, one.rate, one.rate / found[BARE, in_flight].rate, one.p50 * 1000,
            one.p99 * 1000, one.server, one.postgres, one.redis, one.callers,
        )
        for (name, in_flight), one in found.items()
    ]  # fmt: skip


def bars(found: Found) -> list[Bar]:
    """Hold the product to the issue's share and time."""
    one, bare = found[PRODUCT, HELD], found[BARE, HELD]
    text = f"{HELD} in flight: ≥ {SHARE:.0%} of the bare route's rate"
    slowest = at_most(f"{HELD} in flight: p99 ≤ {MOST_MS:.0f} ms", one.p99 * 1000, MOST_MS)
    return [at_least(text, one.rate / bare.rate, SHARE), slowest]
