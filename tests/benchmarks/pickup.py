"""Pickup: on an idle system, how long until a job's processor begins, one job at a time.

The clock is the kernel's monotonic one on both sides: read by the client before it calls and after it
was answered, and by the processor as the first thing it does. For the product the call is ``POST
/api/jobs`` over a kept connection, so everything is in it: HTTP, validation, the durable commit, the
wake-up, the claim, the durable start. For the peers it is their library's enqueue.
"""

import json

from tests.benchmarks.accept import BODY
from tests.benchmarks.arrivals import Times
from tests.benchmarks.crew import crew_of
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.peers import ARQ_DEFAULT, ARQ_TUNED, SAQ, peer, there
from tests.benchmarks.racers import PRODUCT
from tests.benchmarks.realtime.report import Bar, Part, at_most
from tests.benchmarks.stack import token

MOST_P50_MS, MOST_P99_MS = 3.0, 10.0
COLUMNS = ("queue", "from", "p50 ms", "p99 ms", "max ms", "n")
CALLED, ANSWERED = "call sent → processor begins", "call answered → processor begins"
Row = tuple[str | float, ...]


async def measure_pickup(host: Host, effort: Effort) -> Part:
    """Measure one after the other, each alone."""
    product, crew = await host.at_work()
    load = await host.load()
    order = {
        "do": "pickup", "port": product.stack.port, "samples": effort.samples, "body": BODY,
        "token": token("pickup"), "tally": str(crew.tally.path),
    }  # fmt: skip
    found = rows(PRODUCT, (await load.ask(json.dumps(order)))["pickups"])
    samples = {ARQ_TUNED: effort.samples, ARQ_DEFAULT: effort.slow_samples, SAQ: effort.samples}
    for name in () if host.alone else (n for n in samples if samples[n] and there(n)):
        async with peer(product.stack, name) as other, crew_of(other, host.file()) as crew:
            told = await other.run("pickup", samples[name], **crew.tally.environment(0))
            found += rows(name, told)
    return Part("pickup", "Pickup on an idle system", COLUMNS, found, bars(found))


def rows(name: str, pickups: list[tuple[float, float]]) -> list[Row]:
    """Return a row for each of the two moments the clock can start at."""
    called, answered = (Times.of(list(column)) for column in zip(*pickups, strict=True))
    return [row(name, CALLED, called), row(name, ANSWERED, answered)]


def row(name: str, since: str, times: Times) -> Row:
    """Return one row in milliseconds."""
    shown = (times.quantile(0.5), times.quantile(0.99), times.seconds[-1])
    return (name, since, *(seconds * 1000 for seconds in shown), len(times.seconds))


def bars(found: list[Row]) -> list[Bar]:
    """Hold the product to the issue's times: from the call, and from its answer."""
    return [
        at_most(f"{since}: {name} ≤ {most:.0f} ms", float(value), most)
        for _, since, p50, p99, *_ in found[:2]
        for name, value, most in (("p50", p50, MOST_P50_MS), ("p99", p99, MOST_P99_MS))
    ]
