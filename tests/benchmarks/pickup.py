"""Pickup: on an idle system, how long until a job's processor begins, one job at a time.

The clock is the kernel's monotonic one on both sides: read by the client before it calls and after it
was answered, and by the processor as the first thing it does. For the product the call is ``POST
/api/jobs`` over a kept connection, so everything is in it: HTTP, validation, the durable commit, the
wake-up, the claim, the durable start. For the peers it is their library's enqueue.
"""

import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from service.dev.child import Child
from tests.benchmarks.accept import BODY
from tests.benchmarks.arrivals import Times
from tests.benchmarks.drain import WARM, reached
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.programs.tally import Tally
from tests.benchmarks.racers import (
    ARQ_DEFAULT,
    ARQ_TUNED,
    PRODUCT,
    SAQ,
    Racer,
    jobcast,
    peer,
    there,
)
from tests.benchmarks.realtime.report import Bar, Part, at_most
from tests.benchmarks.stack import token

MOST_P50_MS, MOST_P99_MS = 3.0, 10.0
COLUMNS = ("queue", "from", "p50 ms", "p99 ms", "max ms", "n")
CALLED, ANSWERED = "call sent → processor begins", "call answered → processor begins"
Row = tuple[str | float, ...]


async def measure_pickup(host: Host, effort: Effort) -> Part:
    """Measure one after the other, each alone."""
    stack = await host.stack(empty=True)
    load = await host.load()
    async with jobcast(stack) as product, at_work(host, product) as tally:
        order = {
            "do": "pickup", "port": stack.port, "samples": effort.samples, "body": BODY,
            "token": token("pickup"), "tally": str(tally.path),
        }  # fmt: skip
        found = rows(PRODUCT, (await load.ask(json.dumps(order)))["pickups"])
    for name in () if host.alone else filter(there, (ARQ_TUNED, ARQ_DEFAULT, SAQ)):
        samples = effort.slow_samples if name == ARQ_DEFAULT else effort.samples
        async with peer(stack, name) as other, at_work(host, other) as tally:
            told = await other.run("pickup", samples, **tally.environment(0))
            found += rows(name, told)
    return Part("pickup", "Pickup on an idle system", COLUMNS, found, bars(found))


@asynccontextmanager
async def at_work(host: Host, racer: Racer) -> AsyncIterator[Tally]:
    """Run one worker that has done a few jobs already."""
    tally = Tally(host.file(), 1)
    worker: Child = racer.work(0, tally.environment(0))
    try:
        await racer.fill(WARM)
        await reached(racer, tally, WARM, [worker])
        yield tally
    finally:
        await worker.stop(signal.SIGTERM, 30.0)


def rows(name: str, pickups: list[tuple[float, float]]) -> list[Row]:
    """Return a row for each of the two moments the clock can start at."""
    called, answered = (Times.of(list(column)) for column in zip(*pickups, strict=True))
    return [row(name, CALLED, called), row(name, ANSWERED, answered)]


def row(name: str, since: str, times: Times) -> Row:
    """Return one row in milliseconds."""
    shown = (times.quantile(0.5), times.quantile(0.99), times.seconds[-1])
    return (name, since, *(seconds * 1000 for seconds in shown), len(times.seconds))


def bars(found: list[Row]) -> list[Bar]:
    """Hold the product to the issue's times, the whole way from the call."""
    _, since, p50, p99, *_ = found[0]
    return [
        at_most(f"{since}: p50 ≤ {MOST_P50_MS:.0f} ms", float(p50), MOST_P50_MS),
        at_most(f"{since}: p99 ≤ {MOST_P99_MS:.0f} ms", float(p99), MOST_P99_MS),
    ]
