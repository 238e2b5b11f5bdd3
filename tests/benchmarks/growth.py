"""Growth: how fast a worker drains beside 1,000 and beside 1,000,000 rows, as ratios.

Everywhere the rate is of jobs begun between the first thousands, when the worker is warm, and the last
of the window: a mountain of queued jobs is not drained to its end.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from redis.asyncio import Redis

from tests.benchmarks.crew import Crew, crew_of
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.racers import Jobcast, jobcast
from tests.benchmarks.realtime.report import Bar, Part, at_least
from tests.benchmarks.rows import FINISHED, MANY_ORGS, ONE_ORG, copies
from tests.benchmarks.stack import Stack

FEW = 1_000
WINDOWS = 3
SLACK = 1_000
LOOKS, QUIET_SECONDS, HANDING_SECONDS = 3, 1.0, 180.0
LEAST = 0.9
COLUMNS = ("rows beside", "jobs", "jobs/s", "of that beside few")
Row = tuple[str | float, ...]


@dataclass(frozen=True)
class Case:
    """Rows of a state, put into the table before."""

    name: str
    state: str
    own: Mapping[str, str]


CASES = (
    Case("finished", "succeeded", FINISHED),
    Case("queued, of one org", "queued", ONE_ORG),
    Case("queued, of 1,000 orgs", "queued", MANY_ORGS),
)


async def measure_growth(host: Host, effort: Effort) -> Part:
    """Measure each case beside few rows and beside many, each time on a database of its own."""
    found: list[Row] = []
    jobs = WINDOWS * effort.window_jobs
    for case in CASES:
        few = (
            FEW if case.state == "succeeded" else SLACK + jobs + SLACK
        )  # or there is too little to do
        measured: list[tuple[str, float]] = []
        for count in (few, effort.many_rows):
            stack = await host.stack(empty=True)
            stack.used = True
            async with jobcast(stack) as product:
                await filled(host, product, case, count)
                measured += await drained(host, product, case, count, effort)
        base = measured[0][1]
        found += [(name, jobs, rate, rate / base) for name, rate in measured]
    title = f"Drain by one worker beside other rows, medians of {WINDOWS} windows"
    return Part("growth", title, COLUMNS, found, bars(found))


async def filled(host: Host, product: Jobcast, case: Case, count: int) -> None:
    """Fill the table with copies of a job that has really come that far."""
    if case.state == "queued":
        await product.fill(1)
    else:
        async with crew_of(product, host.file()):
            pass  # the jobs that warmed it up are finished
    await copies(product.record, count, case.state, case.own)


async def drained(
    host: Host, product: Jobcast, case: Case, count: int, effort: Effort
) -> list[tuple[str, float]]:
    """Return the jobs a second a worker begins, once it is warm.

    Copies of queued jobs are news to Redis: the relay hands them over while the worker drains, as
    after a loss of Redis. Where they are many, that and the time after it are measured apart.
    """
    name = f"{count:,} {case.name}"
    many_queued = case.state == "queued" and count == effort.many_rows
    if case.state != "queued":
        await product.fill(SLACK + WINDOWS * effort.window_jobs + SLACK)
        await product.settle()
    async with crew_of(product, host.file(), warm=False) as crew:
        await crew.begun(SLACK)
        rates = [(name + ", being handed over" * many_queued, await rate_of(crew, effort))]
        if many_queued:
            await handed_over(product.stack)
            rates.append((name, await rate_of(crew, effort)))
    return rates


async def handed_over(stack: Stack) -> None:
    """Return when Redis has stopped to grow: it knows of all it will know of."""
    async with Redis.from_url(stack.redis.url) as redis, asyncio.timeout(HANDING_SECONDS):
        sizes = [0, 1]
        while sizes[-1] > max(sizes[:-1]):
            await asyncio.sleep(QUIET_SECONDS)
            sizes = [*sizes[-LOOKS:], (await redis.info("memory"))["used_memory"]]


async def rate_of(crew: Crew, effort: Effort) -> float:
    """Return the median of the jobs a second in a few windows, one behind the other."""
    return median([await rate_in(crew, effort.window_jobs) for _ in range(WINDOWS)])


async def rate_in(crew: Crew, jobs: int) -> float:
    """Return the jobs a second over the next so many."""
    begun, before = time.monotonic(), crew.tally.total
    await crew.begun(before + jobs)
    return (crew.tally.total - before) / (time.monotonic() - begun)


def bars(found: list[Row]) -> list[Bar]:
    """Hold every case with many rows to the issue's share."""
    return [
        at_least(f"beside {name}: ≥ {LEAST:.0%} of the rate", float(share), LEAST)
        for name, _, _, share in found
        if share != 1.0 and "handed over" not in str(name)
    ]
