"""Accepting in bulk: batches of a thousand over HTTP, beside the peers' own enqueueing."""

from contextlib import AsyncExitStack
from statistics import median

from tests.benchmarks.cpu import Spent
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.peers import ARQ_DEFAULT, BULLMQ, SAQ, peer, there
from tests.benchmarks.racers import CALL, CALLS_AT_ONCE, PRODUCT, in_batches, running
from tests.benchmarks.realtime.report import Part, at_least
from tests.benchmarks.stack import Stack

USERS = 4
LEAST = 10_000
HOW = {
    ARQ_DEFAULT: "enqueue_job, 100 at once", SAQ: "enqueue, 100 at once", BULLMQ: "addBulk of 1,000",
}  # fmt: skip
COLUMNS = ("queue", "how", "jobs/s", "web CPU µs each", "Postgres µs", "Redis µs")
Row = tuple[str | float, ...]


async def measure_bulk(host: Host, effort: Effort) -> Part:
    """Take turns, round by round; no worker runs."""
    stack = await host.stack()
    stack.used = True
    rounds: dict[str, list[list[float]]] = {}
    async with AsyncExitStack() as parts:
        names = () if host.alone else tuple(filter(there, (ARQ_DEFAULT, SAQ, BULLMQ)))
        others = [await parts.enter_async_context(peer(stack, name)) for name in names]
        for _ in range(effort.rounds):
            rounds.setdefault(PRODUCT, []).append(await batched(stack, effort.bulk_jobs))
            for other in others:
                rate = effort.peer_jobs / await other.fill(effort.peer_jobs)
                rounds.setdefault(other.name, []).append([rate])
    found = [row(name, figures) for name, figures in rounds.items()]
    bar = at_least(f"≥ {LEAST:,} jobs/s through the batch call", float(found[0][2]), LEAST)
    return Part("bulk", f"Accepting in bulk, medians of {effort.rounds}", COLUMNS, found, [bar])


async def batched(stack: Stack, jobs: int) -> list[float]:
    """Return the jobs a second, and the CPU µs of web, Postgres and Redis for one."""
    groups = {
        "web": [stack.programs["web"]],
        "postgres": running(stack.postgres.child),
        "redis": running(stack.redis.child),
    }
    before = Spent.by(groups)
    seconds = await in_batches(stack, [(f"bulk-{n % USERS}", CALL) for n in range(jobs // CALL)])
    spent = Spent.by(groups).since(before)
    return [jobs / seconds, *(one / jobs * 1e6 for one in spent.values())]


def row(name: str, rounds: list[list[float]]) -> Row:
    """Return the medians; peers have no costs here."""
    how = HOW.get(name, f"POST /api/jobs/batch, {CALL:,} each, {CALLS_AT_ONCE} calls in flight")
    figures: list[str | float] = [median(column) for column in zip(*rounds, strict=True)]
    return (name, how, *figures, *[""] * (4 - len(figures)))
