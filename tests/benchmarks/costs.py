"""What a job's whole life asks of Redis and Postgres, amortised: accepted, then drained."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import asyncpg

from tests.benchmarks.accept import closed
from tests.benchmarks.crew import Crew
from tests.benchmarks.effort import Effort
from tests.benchmarks.host import Host
from tests.benchmarks.monitor import counting
from tests.benchmarks.realtime.machine import Program
from tests.benchmarks.realtime.report import Bar, Part, at_most
from tests.benchmarks.stack import Stack, token

IN_FLIGHT = 32
USERS = 8
JOBS = "SELECT count(*) FROM jobs"
MOST = 5
MOST_COMMANDS, MOST_WAL = 3.0, 3 * 1024
COLUMNS = (
    "of one job", "jobs", "Redis commands", "Postgres statements", "transactions that write",
    "WAL bytes",
)  # fmt: skip


@dataclass(frozen=True)
class Each:
    """A phase's costs, for one job."""

    jobs: int
    commands: float
    statements: float
    transactions: float
    wal_bytes: float

    def __add__(self, other: "Each") -> "Each":
        """Return both phases of one life."""
        return Each(
            min(self.jobs, other.jobs),
            self.commands + other.commands,
            self.statements + other.statements,
            self.transactions + other.transactions,
            self.wal_bytes + other.wal_bytes,
        )


Do = Callable[[], Awaitable[object]]


async def measure_costs(host: Host, effort: Effort) -> Part:
    """Count both ways in, and the way out; then add up. Nothing here is timed."""
    product, crew = await host.at_work()
    load = await host.load()
    watch = Watch(product.stack, product.record)
    await crew.hold()
    single = await watch.during("one by one", lambda: one_by_one(load, product.stack, effort))
    await product.settle()
    goal = crew.tally.total + single.jobs
    drained = await watch.during("drained", lambda: let_go(crew, goal), single.jobs)
    await crew.hold()
    batches = await watch.during("in batches", lambda: product.fill(effort.counted_jobs))
    await let_go(crew, goal + batches.jobs)
    found = {
        f"accepted one by one, {IN_FLIGHT} in flight": single,
        "accepted in batches of 1,000": batches,
        "drained by one worker": drained,
        "whole life, one by one": single + drained,
        "whole life, in batches": batches + drained,
    }
    notes = [f"{what} of a job {name}: {text}" for name, what, text in watch.most_common]
    return Part("costs", "What one no-op job costs", COLUMNS, rows(found), bars(found), notes)


async def one_by_one(load: Program, stack: Stack, effort: Effort) -> None:
    """Submit for a while with so many requests in flight."""
    tokens = [token(f"single-{number}") for number in range(USERS)]
    order = closed(stack.port, IN_FLIGHT, 0.0, effort.counted_seconds, tokens)
    await load.ask(json.dumps(order))


async def let_go(crew: Crew, goal: int) -> None:
    """Let a crew that is held empty the queue."""
    crew.go()
    await crew.emptied(goal)


@dataclass
class Watch:
    """Counts what phases ask for, and keeps what each asks for most."""

    stack: Stack
    record: asyncpg.Connection
    most_common: list[tuple[str, str, str]] = field(default_factory=list)

    async def during(self, name: str, do: Do, jobs: int = 0) -> Each:
        """Return a phase's costs a job, of as many jobs as it has made unless they are given."""
        before = await self.record.fetchval(JOBS)
        async with counting(self.stack, self.record) as counted:
            await do()
        jobs = jobs or await self.record.fetchval(JOBS) - before
        for what, counter in (("commands", counted.commands), ("statements", counted.statements)):
            told = " · ".join(f"{n / jobs:.2f} {text}" for text, n in counter.most_common(MOST))
            self.most_common.append((name, what, told))
        commands, statements = counted.commands.total(), counted.statements.total()
        whole = (commands, statements, counted.transactions, counted.wal_bytes)
        return Each(jobs, *(figure / jobs for figure in whole))


def rows(found: dict[str, Each]) -> list[tuple[str | float, ...]]:
    """Return the table."""
    return [
        (name, one.jobs, one.commands, one.statements, one.transactions, one.wal_bytes)
        for name, one in found.items()
    ]


def bars(found: dict[str, Each]) -> list[Bar]:
    """Hold both lives to the issue's limits."""
    return [
        bar
        for name, one in found.items()
        if name.startswith("whole life")
        for bar in (
            at_most(f"{name}: ≤ {MOST_COMMANDS:.0f} Redis commands", one.commands, MOST_COMMANDS),
            at_most(f"{name}: ≤ {MOST_WAL:,} bytes of WAL", one.wal_bytes, MOST_WAL),
        )
    ]
