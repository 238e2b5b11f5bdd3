"""Joining: what it asks of Postgres and Redis, and a storm of everybody coming back at once."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx2
from redis.asyncio import Redis
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from service.client import mint_token
from tests.benchmarks.realtime.crowd import receivers
from tests.benchmarks.realtime.effort import Effort
from tests.benchmarks.realtime.machine import SECRET, Machine
from tests.benchmarks.realtime.publisher import cpu_seconds
from tests.benchmarks.realtime.report import Part, at_most
from tests.benchmarks.realtime.servers import Jobcast, Wire, jobcast

MOST_STATEMENTS, MOST_COMMANDS = 2.1, 1.1  # a tenth for what runs in the background
QUIET_SECONDS = 0.5
PREPARING = 5  # statements are prepared when they are first asked
JOBS = 50
# One socket asks faster than a browser may, and the position check stays out of the figures.
HASTE = {
    "POSITION_CHECK_SECONDS": "3600",
    "MAX_MESSAGES_PER_SECOND": "100000",
    "MAX_MESSAGES_BURST": "100000",
}
WARM = 50
STATEMENT = re.compile(r"LOG:  (?:execute [^:]*|statement): \s*([^\n]{1,60})")
COLUMNS = (
    "what",
    "Postgres statements",
    "Redis round trips",
    "SUBSCRIBE",
    "server CPU ms",
    "per core/s",
    "ms",
)
Row = tuple[str | float, ...]


async def measure_joins(machine: Machine, effort: Effort) -> Part:
    """Count statements of single joins, then let everybody come at once."""
    found: list[Row] = []
    notes: list[str] = []
    async with jobcast(machine, **HASTE) as server:
        jobs = await some_jobs(server)
        for what, channels in (("a job's channel", jobs), ("the own channel", ["me"] * JOBS)):
            row, statements = await counted(machine, server, what, channels, effort.joins)
            found.append(row)
            notes += [f"{what}: {count:g} × {text}" for text, count in statements]
    bars = [
        limit
        for row in found
        for limit in (
            at_most(f"join of {row[0]}: ≤ 2 Postgres round trips", float(row[1]), MOST_STATEMENTS),
            at_most(f"join of {row[0]}: ≤ 1 Redis round trip", float(row[2]), MOST_COMMANDS),
        )
    ]
    storms = [await storm(machine, wire, effort.storm) for wire in server.wires]
    return Part("joins", "Joining with a snapshot", COLUMNS, [*found, *storms], bars, notes)


async def some_jobs(server: Jobcast) -> list[str]:
    """Enqueue jobs nobody works on; return their channels."""
    headers = {"Authorization": f"Bearer {token()}"}
    url = f"http://127.0.0.1:{server.port}/api/jobs"
    body = {"kind": "echo", "args": {"value": 1}}
    async with httpx2.AsyncClient(headers=headers, trust_env=False) as client:
        answers = [await client.post(url, json=body) for _ in range(JOBS)]
    return [f"job:{answer.raise_for_status().json()['id']}" for answer in answers]


async def counted(
    machine: Machine, server: Jobcast, what: str, channels: Sequence[str], count: int
) -> tuple[Row, list[tuple[str, float]]]:
    """Join one channel after the other over one socket; return the row, and what Postgres was asked."""
    async with (
        logging(machine) as statements,
        Redis.from_url(machine.redis.url) as redis,
        talking(server) as socket,
    ):
        await join_each(socket, channels[:PREPARING])
        statements.clear()
        before, spent = await reads(redis), cpu_seconds(server.pid)
        await join_each(socket, [channels[number % len(channels)] for number in range(count)])
        spent = cpu_seconds(server.pid) - spent
        asked, subscribed = (n - then for n, then in zip(await reads(redis), before, strict=True))
        told = Counter(statements.read())
    redis_each = (asked - subscribed - 1) / count  # one of them was our own question
    cost = (spent / count * 1000, count / spent, "")
    row = (what, sum(told.values()) / count, redis_each, subscribed / count, *cost)
    return row, [(text, n / count) for text, n in told.most_common(6)]


async def join_each(socket: ClientConnection, channels: Sequence[str]) -> None:
    """Join channels with a snapshot and leave them, one by one; all is logged when this returns."""
    for channel in channels:
        await socket.send(json.dumps({"t": "sub", "i": 1, "channel": channel}))
        await until(socket, "subbed")
        await socket.send(json.dumps({"t": "unsub", "i": 2, "channel": channel}))
        await until(socket, "unsubbed")
    await asyncio.sleep(QUIET_SECONDS)


@asynccontextmanager
async def talking(server: Jobcast) -> AsyncIterator[ClientConnection]:
    """Open a socket and greet."""
    url = f"ws://127.0.0.1:{server.port}/api/ws"
    headers = {"Authorization": f"Bearer {token()}"}
    protocols = [Subprotocol("jobcast.v1")]
    async with connect(
        url, additional_headers=headers, subprotocols=protocols, proxy=None
    ) as socket:
        await socket.send(json.dumps({"t": "hello", "subs": []}))
        await until(socket, "welcome")
        yield socket


async def until(socket: ClientConnection, kind: str) -> None:
    """Read until a frame of ``kind`` came; raise for an error."""
    async with asyncio.timeout(10):
        while (frame := json.loads(await socket.recv()))["t"] != kind:
            if frame["t"] == "err":
                raise RuntimeError(frame)


async def storm(machine: Machine, wire: Wire, count: int) -> Row:
    """Let ``count`` users connect as fast as one process can; return what one costs the server."""
    async with (
        jobcast(machine) as server,
        receivers(machine, server, wire, WARM, shared=machine.shared(), first=count),
    ):
        before = cpu_seconds(server.pid)
        async with receivers(machine, server, wire, count, shared=machine.shared()) as people:
            spent, seconds = cpu_seconds(server.pid) - before, people.told["seconds"]
    what = f"{count:,} reconnect at once, {wire}"
    return (what, "", "", "", spent / count * 1000, count / spent, seconds * 1000)


async def reads(redis: Redis) -> tuple[int, int]:
    """Return how often Redis has read a request, or several at once, and how many were SUBSCRIBE."""
    stats: Mapping[str, Any] = await redis.info("everything")
    subscribe = stats.get("cmdstat_subscribe", {"calls": 0})
    return stats["total_reads_processed"], subscribe["calls"]


class Statements:
    """What Postgres logged since ``clear``."""

    def __init__(self, machine: Machine) -> None:
        child = machine.postgres.child
        if child is None:
            raise AssertionError("Postgres is running")
        self._log = child.log
        self._from = 0

    def clear(self) -> None:
        """Forget what was asked until now."""
        self._from = self._log.stat().st_size

    def read(self) -> list[str]:
        """Return each statement's beginning."""
        text = self._log.read_bytes()[self._from :].decode(errors="replace")
        return [found[1] for found in STATEMENT.finditer(text)]


@asynccontextmanager
async def logging(machine: Machine) -> AsyncIterator[Statements]:
    """Let Postgres log every statement until the block ends."""
    database = await asyncpg.connect(machine.postgres.url())
    try:
        await database.execute("ALTER SYSTEM SET log_statement = 'all'")
        await database.execute("SELECT pg_reload_conf()")
        yield Statements(machine)
        await database.execute("ALTER SYSTEM RESET log_statement")
        await database.execute("SELECT pg_reload_conf()")
    finally:
        await database.close()


def token() -> str:
    """Return a token of the user whose jobs are joined."""
    return mint_token(SECRET, user="joiner1", org="bench", scopes="jobs:read jobs:write")
