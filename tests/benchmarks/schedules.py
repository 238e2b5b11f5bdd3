"""How long a worker looks for due schedules among 100,000, and how long firing 200 of them takes."""

import tempfile
import time
from asyncio import to_thread
from collections.abc import Awaitable, Callable

from jobs.logs import configure_logging
from jobs.resources import Resources, open_resources
from jobs.schedules.scheduler import Scheduler
from jobs.settings import JobsSettings
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.schema import upgrade
from tests.benchmarks.arrivals import Times

SCHEDULES = 100_000
LOOKS, PASSES, PAGE = 500, 50, 200

FILL = """
INSERT INTO schedules (id, org_id, user_id, key, kind, args, cron, timezone, next_at)
SELECT gen_random_uuid(), 'org' || n % 1000, 'user', 'key' || n, 'echo', '{}', '0 9 * * *',
  'Europe/Berlin', now() + make_interval(secs => 3600 + n % 86400)
FROM generate_series(1, $1) n
"""
COME_DUE = """
UPDATE schedules SET next_at = now() WHERE id IN (SELECT id FROM schedules ORDER BY id LIMIT $1)
"""


async def measure_schedules() -> dict[str, Times]:
    """Return the times of passes that find nothing and of passes that fire a page."""
    with tempfile.TemporaryDirectory(prefix="jobcast-bench-") as folder:
        async with PostgresServer(durable=True) as postgres, RedisServer() as redis:
            settings = JobsSettings(
                database_url=await postgres.create_database("schedules"),
                redis_url=redis.url,
                storage_url=f"file://{folder}",
                processors="tests.kinds",
                log_level="WARNING",
            )
            configure_logging(settings)
            await to_thread(upgrade, settings)
            async with open_resources(settings) as resources:
                return await measure(resources)


async def measure(resources: Resources) -> dict[str, Times]:
    """Fill the table, look, then let as many come due as the passes can take."""
    scheduler = Scheduler(
        resources.settings, resources.db, resources.registry, resources.acceptance,
        resources.flows, resources.announcer,
    )  # fmt: skip
    await filled(resources, FILL, SCHEDULES)
    looks = await timed(scheduler.fire, LOOKS)
    await filled(resources, COME_DUE, PASSES * PAGE)
    fires = await timed(scheduler.fire, PASSES)
    among = f"of {SCHEDULES:,} schedules"
    return {f"none {among} is due": looks, f"{PAGE} {among} are fired": fires}


async def filled(resources: Resources, sql: str, count: int) -> None:
    """Run a statement that takes its time, and let the planner know what the table is like."""
    async with resources.db.pool.acquire() as connection:
        await connection.execute(sql, count, timeout=120)
        await connection.execute("VACUUM ANALYZE schedules", timeout=120)


async def timed(step: Callable[[], Awaitable[object]], times: int) -> Times:
    """Return how long each of so many steps took."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        await step()
        taken.append(time.perf_counter() - begun)
    return Times.of(taken)
