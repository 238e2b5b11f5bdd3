"""One run: the crowd listens, jobs run, faults happen; then quiet, and the judge."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from tests.faults.judge import quiet
from tests.faults.realtime.judge import Record, Verdict, caught_up, judged, read
from tests.faults.realtime.nemesis import Nemesis
from tests.faults.realtime.town import Town, Wanted, town

QUIET_SECONDS = 60.0


@dataclass
class Told:
    """How it went."""

    wanted: Wanted
    verdict: Verdict
    nemesis: Nemesis
    town: Town
    record: Record = field(default_factory=Record)


async def tell(
    wanted: Wanted, database_url: str, postgres: PostgresServer, redis: RedisServer, folder: Path
) -> Told:
    """Run it. Whoever stays to the end is given ``patience_seconds`` to have seen everything."""
    async with town(wanted, database_url, postgres, redis, folder) as opened:
        until = asyncio.get_running_loop().time() + wanted.seconds
        nemesis = Nemesis(opened, opened.dice, wanted.only, wanted.fault_seconds)
        coming = asyncio.create_task(opened.crowd.run())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(opened.load.run(wanted.rate, until))
            tasks.create_task(nemesis.rage(until))
            tasks.create_task(nemesis.tease(until))
        coming.cancel()
        record = await settled(opened, database_url, wanted.patience_seconds)
        verdict = judged(record, opened.crowd.clients)
        verdict.add(opened.crowd.crashes)
        for customer in opened.load.customers.values():
            verdict.add(f"answer: {words}" for words in customer.wrong)
        return Told(wanted, verdict, nemesis, opened, record)


async def settled(opened: Town, database_url: str, seconds: float) -> Record:
    """Wait until every job has ended and everybody has seen it; let the crowd go; return the record."""
    seen_all = asyncio.Event()
    settling = asyncio.create_task(opened.crowd.settle(seen_all))
    connection = await asyncpg.connect(database_url)
    try:
        await quiet(connection, QUIET_SECONDS)
    finally:
        await connection.close()
    record = await read(database_url)
    await caught_up(record, opened.crowd.clients, seconds)
    seen_all.set()
    await settling
    return record
