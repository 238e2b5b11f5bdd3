"""Growth: how fast a worker drains beside 1,000 and beside 1,000,000 rows, as ratios.

Everywhere the rate is of jobs begun between the first thousands, when the worker is warm, and the last
of the window: a mountain of queued jobs is not drained to its end.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.crew import Crew, crew_of
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.racers import Jobcast, jobcast
from tests.benchmarks.realtime.report import Bar, Part, at_least
from tests.benchmarks.rows import FINISHED, MANY_ORGS, ONE_ORG, copies

FEW = 1_000
WINDOWS = 3
SLACK = 1_000
LEAST = 0.9
COLUMNS = ("rows beside", "jobs", "jobs/s", "of that beside few", "filled in s")
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
        rates: list[float] = []
        for count in (few, effort.many_rows):
            stack = await host.stack(empty=True)
            stack.used = True
            async with jobcast(stack) as product:
                seconds = await filled(host, product, case, count)
                rates.append(await drained(host, product, case, effort))
            name = f"{count:,} {case.name}"
            found.append((name, jobs, rates[-1], rates[-1] / rates[0], seconds))
    title = f"Drain by one worker beside other rows, medians of {WINDOWS} windows"
    return Part("growth", title, COLUMNS, found, bars(found))


async def filled(host: Host, product: Jobcast, case: Case, count: int) -> float:
    """Fill the table with copies of a job that has really come that far; return how long that took."""
    if case.state == "queued":
        await product.fill(1)
    else:
        async with crew_of(product, host.file()):
            pass  # the jobs that warmed it up are finished
    begun = time.monotonic()
    await copies(product.record, count, case.state, case.own)
    return time.monotonic() - begun


async def drained(host: Host, product: Jobcast, case: Case, effort: Effort) -> float:
    """Return the jobs a second a worker begins, once it is warm."""
    if case.state != "queued":
        await product.fill(SLACK + WINDOWS * effort.window_jobs + SLACK)
        await product.settle()
    async with crew_of(product, host.file(), warm=False) as crew:
        await crew.begun(SLACK)
        return median([await rate_of(crew, effort.window_jobs) for _ in range(WINDOWS)])


async def rate_of(crew: Crew, jobs: int) -> float:
    """Return the jobs a second over the next so many."""
    begun, before = time.monotonic(), crew.tally.total
    await crew.begun(before + jobs)
    return (crew.tally.total - before) / (time.monotonic() - begun)


def bars(found: list[Row]) -> list[Bar]:
    """Hold every case with many rows to the issue's share."""
    return [
        at_least(f"beside {row[0]}: ≥ {LEAST:.0%} of the rate", float(row[3]), LEAST)
        for row in found[1::2]
    ]
