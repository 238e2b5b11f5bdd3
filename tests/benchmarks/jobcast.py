"""Jobcast measured from outside: submit to seen, Stop to seen, a killed worker to running again."""

import asyncio
import itertools
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2

from tests.benchmarks.arrivals import Times, arrive
from tests.benchmarks.listener import Listener, listening
from tests.benchmarks.stack import Stack

WARM_UP = 50
STOPS = 20
PATIENCE_SECONDS = 120
RESCUED_SECONDS = 15  # long enough for the second worker to come up before the first is killed

Browser = tuple[httpx2.AsyncClient, Listener]


@asynccontextmanager
async def browsers(stack: Stack, users: int) -> AsyncIterator[list[Browser]]:
    """Sign users in and open their streams."""
    async with AsyncExitStack() as opened:
        found = []
        for number in range(users):
            client = await opened.enter_async_context(stack.client(f"bench-{users}-{number}"))
            found.append((client, await opened.enter_async_context(listening(client))))
        yield found


async def submit(client: httpx2.AsyncClient, kind: str, args: dict[str, object]) -> str:
    """Hand a job in and return its id."""
    answer = await client.post("/api/jobs", json={"kind": kind, "args": args})
    answer.raise_for_status()
    return str(answer.json()["id"])


async def measure_latency(
    stack: Stack, rate: float, seconds: float, users: int
) -> tuple[Times, Times]:
    """Return submit → 202 and submit → ``job.succeeded`` seen on the user's stream."""
    accepted: list[float] = []
    async with browsers(stack, users) as opened:
        turn = itertools.cycle(opened)
        await asyncio.gather(*(echoed(*next(turn)) for _ in range(WARM_UP)))

        async def one(due: float) -> float:
            client, listener = next(turn)
            job_id = await submit(client, "echo", {"value": 1})
            accepted.append(time.perf_counter() - due)
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await listener.when(job_id, "job.succeeded")

        finished = await arrive(rate, seconds, one)
    return Times.of(accepted), finished


async def echoed(client: httpx2.AsyncClient, listener: Listener) -> None:
    """Run one job to its end."""
    await listener.when(await submit(client, "echo", {"value": 0}), "job.succeeded")


async def measure_stop(stack: Stack) -> Times:
    """Return DELETE of a running job → ``job.cancelled`` seen."""
    taken = []
    async with browsers(stack, 1) as [(client, listener)]:
        for _ in range(STOPS):
            job_id = await submit(client, "slow", {"seconds": 60})
            await listener.when(job_id, "job.started")
            begun = time.perf_counter()
            (await client.delete(f"/api/jobs/{job_id}")).raise_for_status()
            async with asyncio.timeout(PATIENCE_SECONDS):
                taken.append(await listener.when(job_id, "job.cancelled") - begun)
    return Times.of(taken)


async def measure_rescue(stack: Stack) -> Times:
    """Return kill -9 of the only worker → its job started on another one, seen by the browser."""
    async with browsers(stack, 1) as [(client, listener)]:
        victim = await stack.worker("victim")
        job_id = await submit(client, "slow", {"seconds": RESCUED_SECONDS})
        await listener.when(job_id, "job.started", 1)
        await stack.worker("rescuer")
        begun = time.perf_counter()
        victim.signal(signal.SIGKILL)
        async with asyncio.timeout(PATIENCE_SECONDS):
            again = await listener.when(job_id, "job.started", 2)
            await listener.when(job_id, "job.succeeded")
    return Times((again - begun,))
