"""The position check: what asking for everybody's newest offset costs the web process and Postgres."""

import asyncio

import asyncpg
import psutil

from tests.benchmarks.realtime.crowd import ORG, names_of
from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.machine import Machine
from tests.benchmarks.realtime.memory import crowds
from tests.benchmarks.realtime.publisher import cpu_seconds
from tests.benchmarks.realtime.report import Part, at_most
from tests.benchmarks.realtime.servers import jobcast

EVERY_SECONDS = 2.0
NEVER = "3600"
SETTLE_SECONDS = 3.0
MOST_PERCENT = 1.0
SEED = """
INSERT INTO sequences (org_id, user_id, seq) SELECT $1, u, 7 FROM unnest($2::text[]) AS u
ON CONFLICT DO NOTHING
"""
COLUMNS = ("connected users", "web ms a check", "Postgres ms a check", "% of a core")


async def measure_positions(machine: Machine, effort: Effort) -> Part:
    """Return the CPU with checks less the CPU of the same idle crowd without."""
    count, seconds = effort.checked, effort.check_seconds
    await seed(machine, count)
    web, database = await idle_cpu(machine, count, seconds, str(EVERY_SECONDS))
    web_idle, database_idle = await idle_cpu(machine, count, seconds, NEVER)
    checks = seconds / EVERY_SECONDS
    web_ms, database_ms = (
        (spent - idle) / checks * 1000
        for spent, idle in ((web, web_idle), (database, database_idle))
    )
    percent = (web_ms + database_ms) / (EVERY_SECONDS * 1000) * 100
    rows = [(float(count), web_ms, database_ms, percent)]
    limit = MOST_PERCENT * count / 10_000
    bar = at_most(f"{count:,} connected users: under {limit:.1f} % of a core", percent, limit)
    title = f"Position check every {EVERY_SECONDS:.0f} s"
    return Part("positions", title, COLUMNS, rows, [bar])


async def seed(machine: Machine, count: int) -> None:
    """Give every user a sequence: who never had a job would be cheaper."""
    database = await asyncpg.connect(machine.postgres.url())
    try:
        await database.execute(SEED, ORG, names_of(count))
        await database.execute("VACUUM ANALYZE sequences")
    finally:
        await database.close()


async def idle_cpu(machine: Machine, count: int, seconds: float, every: str) -> tuple[float, float]:
    """Return the CPU seconds of web process and Postgres while ``count`` users are only connected."""
    async with (
        jobcast(machine, POSITION_CHECK_SECONDS=every) as server,
        crowds(machine, server, "sse", count),
    ):
        await asyncio.sleep(SETTLE_SECONDS)
        before = cpu_seconds(server.pid), postgres_seconds(machine)
        await asyncio.sleep(seconds)
        return cpu_seconds(server.pid) - before[0], postgres_seconds(machine) - before[1]


def postgres_seconds(machine: Machine) -> float:
    """Return the CPU seconds of Postgres and its living children."""
    child = machine.postgres.child
    family = child.family() if child else []
    return sum(spent(process) for process in family)


def spent(process: psutil.Process) -> float:
    """Return a process's CPU seconds; one that just ended has none."""
    try:
        return cpu_seconds(process.pid)
    except OSError:
        return 0.0
