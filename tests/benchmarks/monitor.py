"""What clients ask of Redis and Postgres, counted by the servers themselves while nothing is timed.

Redis's MONITOR tells every command with who sent it; those that a script calls are told with ``lua`` in
that place and are not counted, a script is one command. Postgres logs every statement.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from tests.benchmarks.stack import Stack

TOLD = re.compile(rb'^\+\d+\.\d+ \[\d+ (\S+)\] "(\w+)"', re.MULTILINE)
STATEMENT = re.compile(r"LOG:  (?:execute [^:]*|statement): \s*(\S[^\n]{0,60})")
QUIET_SECONDS = 0.3
WRITTEN = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes"
TRANSACTIONS = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@dataclass
class Counted:
    """What a phase asked for, in all; ``transactions`` are those that wrote."""

    commands: Counter[str] = field(default_factory=Counter)
    statements: Counter[str] = field(default_factory=Counter)
    transactions: int = 0
    wal_bytes: int = 0


@asynccontextmanager
async def counting(stack: Stack, record: asyncpg.Connection) -> AsyncIterator[Counted]:
    """Count from now until the block ends, and a moment longer: what a phase leaves to do is its own."""
    found = Counted()
    async with statements_logged(stack, record) as log:
        reader, writer = await asyncio.open_connection("127.0.0.1", stack.redis.port, limit=2**24)
        writer.write(b"MONITOR\r\n")
        await reader.readline()
        listening = asyncio.create_task(listen(reader, found.commands))
        transactions, written = await figures(record)
        begun = log.stat().st_size
        yield found
        await asyncio.sleep(QUIET_SECONDS)
        with log.open("rb") as file:
            file.seek(begun)
            text = file.read().decode(errors="replace")
        found.statements.update(match[1] for match in STATEMENT.finditer(text))
        then = await figures(record)
        found.transactions, found.wal_bytes = then[0] - transactions, then[1] - written
        listening.cancel()
        writer.close()


async def figures(record: asyncpg.Connection) -> tuple[int, int]:
    """Return how many transactions have written so far, and how many bytes of WAL there are."""
    return await record.fetchval(TRANSACTIONS), int(await record.fetchval(WRITTEN))


async def listen(reader: asyncio.StreamReader, commands: Counter[str]) -> None:
    """Count what is told until cancelled."""
    rest = b""
    while data := await reader.read(2**20):
        whole, end, rest = (rest + data).rpartition(b"\n")
        commands.update(commands_in(whole + end))


def commands_in(told: bytes) -> Counter[str]:
    """Return the commands of clients in complete lines of MONITOR's."""
    return Counter(name.decode().upper() for sender, name in TOLD.findall(told) if sender != b"lua")


@asynccontextmanager
async def statements_logged(stack: Stack, record: asyncpg.Connection) -> AsyncIterator[Path]:
    """Let Postgres log every statement until the block ends; give its log."""
    if stack.postgres.child is None:
        raise AssertionError("Postgres is running")
    try:
        await record.execute("ALTER SYSTEM SET log_statement = 'all'")
        await record.execute("SELECT pg_reload_conf()")
        await asyncio.sleep(QUIET_SECONDS)
        yield stack.postgres.child.log
    finally:
        await record.execute("ALTER SYSTEM RESET log_statement")
        await record.execute("SELECT pg_reload_conf()")
