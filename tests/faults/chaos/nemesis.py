"""The table of faults, and who lets them happen: every few seconds one, in a seeded order."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from redis.asyncio import Redis

from tests.faults.chaos.pulse import Pulse
from tests.faults.chaos.stack import LEASE_SECONDS, Post, Stack

PATIENCE_SECONDS = 40.0
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jobcast'"
)


@dataclass(frozen=True)
class Felt:
    """One fault: how long it lasted, and how long it was felt, in seconds after it began."""

    name: str
    at_seconds: float
    lasted_seconds: float
    first_seconds: float
    calm_seconds: float


Fault = Callable[[Stack, random.Random], Awaitable[None]]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    """Put a fault into the table."""

    def put(happen: Fault) -> Fault:
        FAULTS[name] = happen
        return happen

    return put


class Nemesis:
    """Works through the table in shuffled rounds; waits for calm between two faults."""

    def __init__(self, stack: Stack, pulse: Pulse, seed: int, only: str) -> None:
        self._stack = stack
        self._pulse = pulse
        self._dice = random.Random(seed)  # noqa: S311 - a story that can be told again
        self._names = [name for name in FAULTS if only in name]
        self.felt: list[Felt] = []

    async def rage(self, until: float) -> None:
        """Let faults happen until the time is nearly over."""
        began = time.monotonic()
        bag: list[str] = []
        await asyncio.sleep(3)
        while time.monotonic() < until - 2 * LEASE_SECONDS:
            bag = bag or self._dice.sample(self._names, len(self._names))
            await self._hit(bag.pop(), began)
            await asyncio.sleep(self._dice.uniform(0.3, 1.2))

    async def _hit(self, name: str, began: float) -> None:
        moment = time.monotonic()
        first = asyncio.create_task(self._pulse.first_since(moment))
        await FAULTS[name](self._stack, self._dice)
        lasted = time.monotonic() - moment
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                felt = [await first, await self._pulse.calm_since(moment)]
        except TimeoutError:
            first.cancel()
            felt = [PATIENCE_SECONDS, PATIENCE_SECONDS]
        self.felt.append(Felt(name, moment - began, lasted, *felt))


def one(posts: list[Post], dice: random.Random) -> Post:
    return dice.choice(posts)


@fault("kill -9 of a worker")
async def kill_worker(stack: Stack, dice: random.Random) -> None:
    one(stack.workers, dice).hit(signal.SIGKILL)


@fault("kill -9 of all workers")
async def kill_workers(stack: Stack, dice: random.Random) -> None:
    for post in stack.workers:
        post.hit(signal.SIGKILL)


@fault("worker stopped beyond its lease")
async def stop_worker(stack: Stack, dice: random.Random) -> None:
    await stopped(one(stack.workers, dice), LEASE_SECONDS * 1.6)


@fault("worker stopped within its lease")
async def pause_worker(stack: Stack, dice: random.Random) -> None:
    await stopped(one(stack.workers, dice), LEASE_SECONDS * 0.5)


@fault("deploy of a worker (SIGTERM)")
async def deploy_worker(stack: Stack, dice: random.Random) -> None:
    one(stack.workers, dice).hit(signal.SIGTERM)


@fault("kill -9 of a web process")
async def kill_web(stack: Stack, dice: random.Random) -> None:
    one(stack.webs, dice).hit(signal.SIGKILL)


@fault("deploy of a web process (SIGTERM)")
async def deploy_web(stack: Stack, dice: random.Random) -> None:
    one(stack.webs, dice).hit(signal.SIGTERM)


@fault("web process stopped for 2 s")
async def stop_web(stack: Stack, dice: random.Random) -> None:
    await stopped(one(stack.webs, dice), 2)


@fault("FLUSHALL")
async def flush(stack: Stack, dice: random.Random) -> None:
    await told(stack, "FLUSHALL")


@fault("Redis killed, back empty")
async def kill_redis(stack: Stack, dice: random.Random) -> None:
    stack.redis.kill()
    await asyncio.sleep(dice.uniform(0.5, 3))
    await stack.redis.restart()


@fault("Redis hangs for 2 s")
async def hang_redis(stack: Stack, dice: random.Random) -> None:
    stack.redis.pause()
    await asyncio.sleep(2)
    stack.redis.resume()


@fault("Redis full for 2 s")
async def fill_redis(stack: Stack, dice: random.Random) -> None:
    await told(stack, "CONFIG", "SET", "maxmemory", "1")
    await asyncio.sleep(2)
    await told(stack, "CONFIG", "SET", "maxmemory", "0")


@fault("Redis read-only for 2 s")
async def demote_redis(stack: Stack, dice: random.Random) -> None:
    await told(stack, "REPLICAOF", "127.0.0.1", "1")
    await asyncio.sleep(2)
    await told(stack, "REPLICAOF", "NO", "ONE")


@fault("CLIENT KILL of every connection")
async def kill_clients(stack: Stack, dice: random.Random) -> None:
    await told(stack, "CLIENT", "KILL", "TYPE", "normal")
    await told(stack, "CLIENT", "KILL", "TYPE", "pubsub")


@fault("no way to Redis for 2 s")
async def hole_to_redis(stack: Stack, dice: random.Random) -> None:
    stack.to_redis.mode = "hole"
    await asyncio.sleep(2)
    stack.to_redis.mode = "ok"


@fault("pg_terminate_backend of every connection")
async def terminate(stack: Stack, dice: random.Random) -> None:
    await stack.postgres.execute(TERMINATE)


@fault("Postgres crashes and recovers")
async def crash_postgres(stack: Stack, dice: random.Random) -> None:
    stack.postgres.kill()
    await stack.postgres.restart()


@fault("Postgres hangs for 2 s")
async def hang_postgres(stack: Stack, dice: random.Random) -> None:
    stack.postgres.pause()
    await asyncio.sleep(2)
    stack.postgres.resume()


@fault("Postgres read-only for 1 s")
async def demote_postgres(stack: Stack, dice: random.Random) -> None:
    await set_read_only(stack, "on")
    await asyncio.sleep(1)
    await set_read_only(stack, "off")


@fault("answers of Postgres lost, then reset")
async def lose_answers(stack: Stack, dice: random.Random) -> None:
    for _ in range(5):
        stack.to_postgres.mode = "mute"
        await asyncio.sleep(0.05)
        stack.to_postgres.cut()
        stack.to_postgres.mode = "ok"
        await asyncio.sleep(0.2)


async def stopped(post: Post, seconds: float) -> None:
    """Let a process sleep."""
    post.hit(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    post.hit(signal.SIGCONT)


async def told(stack: Stack, *words: str) -> None:
    """Give Redis an order."""
    async with Redis.from_url(stack.redis.url) as redis:
        await redis.execute_command(*words)


async def set_read_only(stack: Stack, value: str) -> None:
    """Change what every session may do, as a failover does."""
    connection = await asyncpg.connect(stack.direct_url)
    try:
        await connection.execute("SET default_transaction_read_only = off")
        await connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
