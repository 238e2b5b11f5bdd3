"""arq as it comes, for comparison: its defaults, its worker, a job that does nothing."""

import os
import time
from contextlib import AsyncExitStack
from typing import Any, ClassVar

from arq import create_pool
from arq.connections import RedisSettings

from service.dev.redis_server import RedisServer
from tests.benchmarks.arrivals import Times, arrive
from tests.benchmarks.stack import Stack, finished


async def echo(ctx: dict[Any, Any], value: int) -> int:
    """Return what was given."""
    return value


class WorkerSettings:
    """What ``python -m arq`` runs; everything not named is arq's default."""

    functions: ClassVar = [echo]
    redis_settings = RedisSettings.from_dsn(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))


async def measure_arq(stack: Stack, rate: float, seconds: float) -> Times:
    """Return enqueue → result in hand, waited for as arq's own ``Job.result`` does."""
    async with AsyncExitStack() as parts:
        redis = await parts.enter_async_context(RedisServer())  # the queues have the same name
        words = ("arq", "tests.benchmarks.stock_arq.WorkerSettings")
        parts.push_async_callback(finished, stack.program("arq", *words, REDIS_URL=redis.url))
        pool = await create_pool(RedisSettings.from_dsn(redis.url))
        parts.push_async_callback(pool.aclose)

        async def one(_: float) -> float:
            job = await pool.enqueue_job("echo", 1)
            if job is None:
                raise AssertionError("arq refuses only known ids")
            await job.result(timeout=60)
            return time.perf_counter()

        await one(0)  # the worker is up
        return await arrive(rate, seconds, one)
