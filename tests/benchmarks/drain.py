"""Drain: jobs that are accepted already, emptied by workers that are up and warm.

Workers do a few jobs, are stopped where they stand (SIGSTOP) while the queue is filled, and go on all
at once: the clock runs from that moment until the last job is recorded as finished.
"""

import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.cpu import Spent
from tests.benchmarks.crew import crew_of
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.peers import ARQ_DEFAULT, ARQ_TUNED, BULLMQ, LEFT_OUT, SAQ, peer, there
from tests.benchmarks.racers import PRODUCT, Racer, jobcast
from tests.benchmarks.realtime.report import Bar, Part, at_least

USERS = 20
COLUMNS = (
    "queue", "workers", "jobs", "jobs/s", "× arq tuned", "× SAQ", "worker CPU µs each",
    "Postgres µs", "Redis µs",
)  # fmt: skip
TIMES_ARQ, TIMES_SAQ, TIMES_ONE = 3.0, 2.0, 1.4


@dataclass(frozen=True)
class Drained:
    """One queue emptied. ``rate`` is jobs a second, costs are CPU µs a job."""

    rate: float
    jobs: int
    worker: float
    postgres: float
    redis: float


Key = tuple[str, int]
Found = dict[Key, Drained]


async def measure_drain(host: Host, effort: Effort) -> Part:
    """Let all take turns, round by round: what else the machine does meets all of them."""
    async with AsyncExitStack() as parts:
        racers = await at_the_start(host, effort, parts)
        rounds: dict[Key, list[Drained]] = {}
        for _ in range(effort.rounds):
            for racer, workers in racers:
                fast = racer.name.startswith((PRODUCT, BULLMQ))
                jobs = effort.drain_jobs if fast else effort.peer_jobs
                drained = await drain(host, racer, jobs, workers)
                rounds.setdefault((racer.name, workers), []).append(drained)
    found = {key: middle(those) for key, those in rounds.items()}
    title = f"Drain of no-op jobs at concurrency 100, medians of {effort.rounds}"
    missing = [LEFT_OUT.format(name) for name in (SAQ, BULLMQ) if not there(name)]
    return Part("drain", title, COLUMNS, rows(found), bars(found), missing)


async def at_the_start(
    host: Host, effort: Effort, parts: AsyncExitStack
) -> Sequence[tuple[Racer, int]]:
    """Return who runs, each with its number of workers."""
    stack = await host.stack(empty=True)
    enter = parts.enter_async_context
    one = await enter(jobcast(stack))
    found: list[tuple[Racer, int]] = [(one, 1), (one, 2)]
    if effort.all_racers:
        found.append((await enter(jobcast(stack, USERS)), 1))
    if host.alone:
        return found
    names = (ARQ_TUNED, SAQ, ARQ_DEFAULT, BULLMQ) if effort.all_racers else (ARQ_TUNED, SAQ)
    for name in filter(there, names):
        other = await enter(peer(stack, name))
        pairs = (1, 2) if effort.all_racers and name in {ARQ_TUNED, SAQ} else (1,)
        found += [(other, workers) for workers in pairs]
    return found


async def drain(host: Host, racer: Racer, jobs: int, workers: int) -> Drained:
    """Fill, let go, wait for the end."""
    async with crew_of(racer, host.file(), workers) as crew:
        await crew.hold()
        await racer.fill(jobs)
        await racer.settle()
        goal = crew.tally.total + jobs
        groups = {"worker": crew.workers, "postgres": [], "redis": [], **racer.servers}
        spent, begun = Spent.by(groups), time.monotonic()
        crew.go()
        await crew.emptied(goal)
        taken, costs = time.monotonic() - begun, Spent.by(groups).since(spent)
    each = {who: seconds / jobs * 1e6 for who, seconds in costs.items()}
    return Drained(jobs / taken, jobs, each["worker"], each["postgres"], each["redis"])


def middle(rounds: Sequence[Drained]) -> Drained:
    """Return the median of each figure."""
    names = ("rate", "jobs", "worker", "postgres", "redis")
    return Drained(*(median(getattr(one, name) for one in rounds) for name in names))


def rows(found: Found) -> list[tuple[str | float, ...]]:
    """Return the table; ratios are to the peer with one worker."""
    return [
        (
            name, workers, one.jobs, one.rate, times(one, found.get((ARQ_TUNED, 1))),
            times(one, found.get((SAQ, 1))), one.worker, one.postgres, one.redis,
        )
        for (name, workers), one in found.items()
    ]  # fmt: skip


def times(one: Drained, other: Drained | None) -> float | str:
    """Return how many times the other's rate it is; nothing without the other."""
    return one.rate / other.rate if other else ""


def bars(found: Found) -> list[Bar]:
    """Hold the product to the issue's ratios."""
    one, two = found[PRODUCT, 1], found[PRODUCT, 2]
    kept = [at_least(f"two workers: ≥ {TIMES_ONE} × one", two.rate / one.rate, TIMES_ONE)]
    for name, limit in ((ARQ_TUNED, TIMES_ARQ), (SAQ, TIMES_SAQ)):
        if (name, 1) in found:
            ratio = one.rate / found[name, 1].rate
            kept.append(at_least(f"one worker: ≥ {limit:.0f} × {name}", ratio, limit))
    return kept
