"""What the tests of the engine's features let happen: queues fill, workers die, time is waited for."""

import asyncio
from collections.abc import Sequence
from typing import Any

from jobs import store
from jobs.acceptance import PLAIN, Origin, Submission, new_rows
from jobs.resources import Resources
from jobs.store import JobRow
from realtime.caller import Caller
from tests.jobs.conftest import ANNA

UNFINISHED = "EXISTS (SELECT FROM jobs WHERE finished_at IS NULL)"


async def queue_up(
    resources: Resources,
    wanted: Sequence[Submission],
    caller: Caller = ANNA,
    origin: Origin = PLAIN,
) -> list[JobRow]:
    """Accept many jobs at once, in their order, and hand them over."""
    jobs = [resources.acceptance.build(caller, one, origin) for one in wanted]
    rows: list[JobRow] = []
    for start in range(0, len(jobs), 500):
        found = new_rows(await store.accept(resources.db, jobs[start : start + 500]))
        by_id = {row.id: row for row in found}
        rows += [by_id[job.id] for job in jobs[start : start + 500] if job.id in by_id]
    await resources.line.hand_over(rows)
    return rows


async def when(resources: Resources, condition: str, *values: object) -> None:
    """Wait until a condition in SQL holds: the record is asked, so Redis may be away."""
    sql = f"SELECT ({condition}) AS holds, pg_sleep(0.02)::text"
    async with asyncio.timeout(30):
        while not (await resources.db.fetch(sql, *values))[0]["holds"]:
            pass


async def all_over(resources: Resources) -> None:
    """Wait until no job is unfinished."""
    await when(resources, f"NOT {UNFINISHED}")


async def worker_dies(resources: Resources) -> list[JobRow]:
    """Let the record take every worker for dead, as after kill -9; they learn it with a heartbeat."""
    rescued: list[JobRow] = []
    async with asyncio.timeout(10):
        while not rescued:
            await resources.db.fetch("UPDATE workers SET lease_until = now() - interval '1 s'")
            rescued = await store.rescue(resources.db, 0, resources.settings.max_crashes)
    await resources.announcer.announce(rescued)
    await resources.flows.follow_up(rescued)
    return rescued


async def value(resources: Resources, sql: str, *values: object) -> Any:
    """Return the first column of the first row."""
    record = await resources.db.fetchrow(sql, *values)
    return record[0] if record else None
