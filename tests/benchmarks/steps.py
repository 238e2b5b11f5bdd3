"""What a step of the engine costs with 1,000 and with 1,000,000 jobs in the table."""

import tempfile
import time
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from uuid import UUID

from rich.console import Console

from jobs import store
from jobs.ids import uuid7
from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from jobs.store import Starter
from jobs.store.attempts import START
from service.dev.postgres_server import PostgresServer
from service.dev.redis_server import RedisServer
from service.schema import upgrade
from tests.benchmarks.arrivals import Times

SIZES = (1_000, 1_000_000)
ROUNDS, PAGE = 20, 50
FIRST = (0.0, UUID(int=0))
KINDS = ("echo",)

# Three in four are over, the rest is queued or scheduled, of a thousand orgs.
FILL = """
INSERT INTO jobs (id, org_id, user_id, kind, args, timeout_seconds, state, score, run_at, finished_at,
  change_seq, history, result)
SELECT gen_random_uuid(), 'org' || n % 1000, 'user' || n % 7, 'echo', '{"value": 1}', 60, state, n,
  now() + CASE state WHEN 'scheduled' THEN interval '1 day' ELSE interval '-1 hour' END,
  CASE WHEN state = 'succeeded' THEN now() - make_interval(secs => n % 86400) END,
  n, '[{"seq": 1, "type": "job.queued", "attempt": 0, "time": "2026-01-01T00:00:00Z"}]', '1'
FROM (SELECT n, CASE WHEN n % 8 = 0 THEN 'queued' WHEN n % 8 = 1 THEN 'scheduled'
                ELSE 'succeeded' END AS state FROM generate_series(1, $1) n) AS made
"""
GIVE_BACK = "UPDATE jobs SET state = 'queued', worker_id = NULL WHERE state = 'running'"
QUEUED = "SELECT id FROM jobs WHERE state = 'queued' AND held_by IS NULL LIMIT $1"


async def measure_steps() -> dict[str, Times]:
    """Return how long each step takes, at both sizes; prints how a start is planned at the larger."""
    rows: dict[str, Times] = {}
    with tempfile.TemporaryDirectory(prefix="jobcast-bench-") as folder:
        async with PostgresServer(durable=True) as postgres, RedisServer() as redis:
            for size in SIZES:
                settings = JobsSettings(
                    database_url=await postgres.create_database(f"rows{size}"),
                    redis_url=redis.url,
                    storage_url=f"file://{folder}",
                    processors="tests.kinds",
                )
                await to_thread(upgrade, settings)
                async with open_resources(settings) as resources:
                    await filled(resources, size)
                    rows |= await measure(resources, f"{size:,} jobs")
                    if size == SIZES[-1]:
                        await explain(resources)
    return rows


async def filled(resources: Resources, size: int) -> None:
    """Fill the table and let the planner know what it is like."""
    async with resources.db.pool.acquire() as connection:
        await connection.execute(FILL, size, timeout=600)
        await connection.execute("VACUUM ANALYZE jobs", timeout=600)


async def measure(resources: Resources, among: str) -> dict[str, Times]:
    """Return the time of every step that a worker repeats."""
    db = resources.db
    worker = uuid7()
    await store.register(db, worker, "bench", 3600.0, {})
    starter = Starter(worker, "bench", KINDS)

    async def start() -> Callable[[], Awaitable[object]]:
        await db.fetch(GIVE_BACK)
        ids = [record["id"] for record in await db.fetch(QUEUED, PAGE)]
        return lambda: store.start(db, starter, ids)

    async def ready(step: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[object]]:
        return step

    some = UUID(int=7)
    steps: dict[str, Callable[[], Awaitable[Callable[[], Awaitable[object]]]]] = {
        f"start {PAGE} of": start,
        "promote what is due, none of": lambda: ready(lambda: store.promote(db, 1_000)),
        "when is the next due of": lambda: ready(lambda: store.next_due(db)),
        "sweep one org of": lambda: ready(
            lambda: store.backlog(db, "org1", (0.0, UUID(int=0)), 1_000, 1.0)
        ),
        "rescue, nobody dead, among": lambda: ready(lambda: store.rescue(db, 15.0, 3)),
        "flows to go on with among": lambda: ready(lambda: store.unresolved(db)),
        "batches to complete among": lambda: ready(lambda: store.complete_batches(db, 100)),
        "limits that hold any of": lambda: ready(lambda: store.holding(db)),
        "find one of": lambda: ready(lambda: store.find(db, store.ANYBODY, some)),
    }
    return {f"{what} {among}": await timed(make) for what, make in steps.items()}


async def timed(make: Callable[[], Awaitable[Callable[[], Awaitable[object]]]]) -> Times:
    """Return how long the step takes, each time prepared anew outside the time."""
    taken = []
    for _ in range(ROUNDS):
        step = await make()
        begun = time.perf_counter()
        await step()
        taken.append(time.perf_counter() - begun)
    return Times.of(taken)


async def explain(resources: Resources) -> None:
    """Print how Postgres goes about a start among the most jobs."""
    worker = uuid7()
    await store.register(resources.db, worker, "bench", 3600.0, {})
    ids = [record["id"] for record in await resources.db.fetch(QUEUED, PAGE)]
    plan = await resources.db.fetch(
        f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {START}",
        worker, list(KINDS), ids, 2, "bench", False, [],
    )  # fmt: skip
    Console().print("\n".join(record[0] for record in plan), highlight=False, markup=False)
