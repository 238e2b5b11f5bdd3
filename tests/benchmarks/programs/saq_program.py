"""SAQ's side: ``fill JOBS`` enqueues as fast as it can and tells how fast, ``work`` is a worker.

It gets what the product has, uvloop and hiredis, and no log at all, which the product keeps.
"""

import asyncio
import os
import sys
import time
from typing import Any

import uvloop
from saq import Queue  # type: ignore[import-not-found]  # benchmark only
from saq.worker import start  # type: ignore[import-not-found]
from tally import stamp  # type: ignore[import-not-found]  # beside this file

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


if __name__ == "__main__":
    uvloop.install()
    if sys.argv[1] == "work":
        start("saq_program.settings")
    else:
        sys.stdout.write(str(uvloop.run(fill(int(sys.argv[2])))))
