"""SAQ's side: ``fill JOBS`` enqueues as fast as it can, ``pickup JOBS`` one by one, ``work`` is a worker.

It gets what the product has, uvloop and hiredis, and no log at all, which the product keeps.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

import uvloop
from pickups import pickups  # type: ignore[import-not-found]  # beside this file
from saq import Queue  # type: ignore[import-not-found]  # benchmark only
from saq.worker import start  # type: ignore[import-not-found]
from tally import FILE, stamp  # type: ignore[import-not-found]

AT_ONCE = 100


async def noop(ctx: dict[Any, Any], *, value: int) -> int:
    stamp()
    return value


queue = Queue.from_url(os.environ["REDIS_URL"])
settings = {"queue": queue, "functions": [noop], "concurrency": 100}


async def fill(jobs: int) -> float:
    await queue.connect()
    begun = time.perf_counter()
    for first in range(0, jobs, AT_ONCE):
        some = range(first, min(first + AT_ONCE, jobs))
        await asyncio.gather(*(queue.enqueue("noop", value=1) for _ in some))
    taken = time.perf_counter() - begun
    await queue.disconnect()
    return taken


async def pickup(jobs: int) -> list[tuple[float, float]]:
    await queue.connect()
    found: list[tuple[float, float]] = await pickups(
        os.environ[FILE], jobs, lambda: queue.enqueue("noop", value=1)
    )
    await queue.disconnect()
    return found


if __name__ == "__main__":
    uvloop.install()
    if sys.argv[1] == "work":
        start("saq_program.settings")
    else:
        todo = {"fill": fill, "pickup": pickup}[sys.argv[1]]
        sys.stdout.write(json.dumps(uvloop.run(todo(int(sys.argv[2])))))
