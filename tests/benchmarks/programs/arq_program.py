"""arq's side: ``fill JOBS`` enqueues as fast as it can, ``pickup JOBS`` one by one, ``work`` is a worker.

It gets what the product has, uvloop and hiredis, and no log at all, which the product keeps.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

import uvloop
from arq import create_pool, run_worker
from arq.connections import RedisSettings
from pickups import pickups  # type: ignore[import-not-found]  # beside this file
from tally import FILE, stamp  # type: ignore[import-not-found]

AT_ONCE = 100


async def noop(ctx: dict[Any, Any], value: int) -> int:
    stamp()
    return value


class WorkerSettings:
    functions = (noop,)
    max_jobs = 100
    poll_delay = float(os.environ.get("BENCH_POLL_DELAY", "0.5"))
    redis_settings = RedisSettings.from_dsn(os.environ["REDIS_URL"])


async def fill(jobs: int) -> float:
    pool = await create_pool(WorkerSettings.redis_settings)
    begun = time.perf_counter()
    for start in range(0, jobs, AT_ONCE):
        some = range(start, min(start + AT_ONCE, jobs))
        await asyncio.gather(*(pool.enqueue_job("noop", 1) for _ in some))
    taken = time.perf_counter() - begun
    await pool.aclose()
    return taken


async def pickup(jobs: int) -> list[tuple[float, float]]:
    pool = await create_pool(WorkerSettings.redis_settings)
    found: list[tuple[float, float]] = await pickups(
        os.environ[FILE], jobs, lambda: pool.enqueue_job("noop", 1)
    )
    await pool.aclose()
    return found


if __name__ == "__main__":
    uvloop.install()
    if sys.argv[1] == "work":
        run_worker(WorkerSettings)  # type: ignore[arg-type]  # as arq's documentation does
    else:
        todo = {"fill": fill, "pickup": pickup}[sys.argv[1]]
        sys.stdout.write(json.dumps(uvloop.run(todo(int(sys.argv[2])))))
