"""Postgres: reach, version, durability, room for connections, latency, clock and schema."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from statistics import median

import asyncpg

from jobs.settings import JobsSettings
from service import schema
from service.doctor import supported
from service.doctor.finding import Finding, clock, judge

SLOW_MS = 20.0
PROBES = 7
CROWDED = 0.8

FACTS = """
SELECT current_setting('server_version') AS version,
  current_setting('server_version_num')::int AS number,
  pg_is_in_recovery() AS standby,
  current_setting('fsync') = 'on' AS fsync,
  current_setting('synchronous_commit') <> 'off' AS waits,
  current_setting('max_connections')::int AS connections,
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used
"""


async def examine_postgres(
    connection: asyncpg.Connection, settings: JobsSettings
) -> AsyncIterator[Finding]:
    """Yield what is found on an open connection."""
    facts = await connection.fetchrow(FACTS)
    if facts is None:
        raise AssertionError("a SELECT without FROM has one row")
    yield version(facts)
    yield durability(facts)
    yield room(facts)
    yield await latency(connection)
    before = datetime.now(UTC)
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    yield clock("postgres", theirs, before, datetime.now(UTC))
    yield compare_schema(await schema.current(connection), settings)


def version(facts: asyncpg.Record) -> Finding:
    """Judge the version, and that it takes writes at all."""
    untried, old = supported.postgres(facts["number"] // 10_000)
    standby = (
        "DATABASE_URL names a read-only standby; give the primary." if facts["standby"] else ""
    )
    return judge("postgres", f"version {facts['version']}", warn=untried, fail=standby or old)


def durability(facts: asyncpg.Record) -> Finding:
    """Judge whether a commit is on disk when it is answered."""
    safe = facts["fsync"] and facts["waits"]
    return judge(
        "postgres durability",
        "commits reach the disk" if safe else "commits may be lost in a crash",
        warn=""
        if safe
        else "Set fsync=on and synchronous_commit=on: a 202 promises the job is kept.",
    )


def room(facts: asyncpg.Record) -> Finding:
    """Judge how many connections are left for one more process."""
    used, most = facts["used"], facts["connections"]
    advice = (
        "Raise max_connections, or lower DATABASE_POOL_SIZE and SESSION_POOL_SIZE; "
        "new processes may not get in."
    )
    crowded = used > most * CROWDED
    return judge("postgres connections", f"{used} of {most} used", warn=advice if crowded else "")


async def latency(connection: asyncpg.Connection) -> Finding:
    """Judge how long the shortest question takes."""
    taken = []
    for _ in range(PROBES):
        begun = time.perf_counter()
        await connection.fetchval("SELECT 1")
        taken.append((time.perf_counter() - begun) * 1000)
    middle = median(taken)
    advice = "Run Jobcast in the database's own region; each job takes several round trips."
    slow = middle > SLOW_MS
    return judge("postgres latency", f"{middle:.1f} ms a round trip", warn=advice if slow else "")


def compare_schema(here: str, settings: JobsSettings) -> Finding:
    """Judge whether the tables are those this code is written for, or a newer release's."""
    head, message = schema.newest(settings), f"schema version {here or 'none'}"
    if schema.is_ahead(settings, here):
        advice = "A newer release made it. If no deploy is under way, deploy that release's code."
        return judge("migrations", f"{message}, newer than this code ({head})", warn=advice)
    behind = f"Run `jobcast migrate` ({head})." if here != head else ""
    return judge("migrations", message, fail=behind)
