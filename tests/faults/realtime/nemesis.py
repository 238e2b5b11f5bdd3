"""The table of faults, and what each did: every few seconds one, in a seeded order.

Besides, the pub/sub connections are killed all the time and some messages told again (``teaser``).
"""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from redis.asyncio import Redis

from tests.faults.realtime.teaser import Teaser, teasing
from tests.faults.realtime.town import Town

CALM_SECONDS = 1.0
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jobcast'"
)


@dataclass(frozen=True)
class Felt:
    """One fault and what came of it, all clients together. ``lost`` counts connections."""

    name: str
    seconds: float
    clients: int
    lost: int
    jumps: int
    gaps: int
    events: int


Fault = Callable[["Nemesis"], Awaitable[None]]
FAULTS: dict[str, Fault] = {}


def fault(name: str) -> Callable[[Fault], Fault]:
    """Put a fault into the table."""

    def put(happen: Fault) -> Fault:
        FAULTS[name] = happen
        return happen

    return put


class Nemesis:
    """Works through the table in shuffled rounds."""

    def __init__(self, town: Town, dice: random.Random, only: str, seconds: float) -> None:
        self.town = town
        self.dice = dice
        self.seconds = seconds
        self.counts: Counter[str] = Counter()
        self.stops: list[float] = []
        self.felt: list[Felt] = []
        self.teaser: Teaser | None = None
        self._names = [name for name in FAULTS if only in name]

    async def rage(self, until: float) -> None:
        """Let faults happen until then."""
        loop = asyncio.get_running_loop()
        bag: list[str] = []
        await asyncio.sleep(CALM_SECONDS)
        while self._names and loop.time() + self.seconds < until:
            bag = bag or self.dice.sample(self._names, len(self._names))
            await self._hit(bag.pop())
            await asyncio.sleep(self.dice.uniform(0.2, CALM_SECONDS))

    async def tease(self, until: float) -> None:
        """Have the pub/sub connections killed till then, whatever else happens."""
        if not self._names:
            return
        async with teasing(self.town.redis.url, self.town.seed) as self.teaser:
            await asyncio.sleep(until - asyncio.get_running_loop().time())
        self.counts["pub/sub connections killed"] = self.teaser.killed.value
        self.counts["messages told again"] = self.teaser.told.value

    async def _hit(self, name: str) -> None:
        before, began = self.town.crowd.figures, time.monotonic()
        present = len(self.town.crowd.present)
        await FAULTS[name](self)
        now = self.town.crowd.figures
        gaps = sum(now[each] - before[each] for each in now if each.startswith("gap"))
        self.felt.append(
            Felt(
                name, time.monotonic() - began, present,
                now["connections"] - before["connections"], now["jumps"] - before["jumps"], gaps,
                now["events"] - before["events"],
            )
        )  # fmt: skip


@fault("FLUSHALL, again and again")
async def flush(nemesis: Nemesis) -> None:
    until = time.monotonic() + nemesis.seconds
    async with Redis.from_url(nemesis.town.redis.url) as redis:
        while time.monotonic() < until:
            await redis.flushall()
            nemesis.counts["FLUSHALL"] += 1
            await asyncio.sleep(0.1)


@fault("Redis killed, back empty")
async def restart_redis(nemesis: Nemesis) -> None:
    nemesis.town.redis.kill()
    await asyncio.sleep(nemesis.dice.uniform(0.3, nemesis.seconds))
    await nemesis.town.redis.restart()


@fault("Redis hangs")
async def hang_redis(nemesis: Nemesis) -> None:
    nemesis.town.redis.pause()
    await asyncio.sleep(nemesis.seconds)
    nemesis.town.redis.resume()


@fault("every message told again, twice and in another order")
async def tell_again(nemesis: Nemesis) -> None:
    if nemesis.teaser is None:
        return
    nemesis.teaser.often.set()
    await asyncio.sleep(nemesis.seconds)
    nemesis.teaser.often.clear()


@fault("deploy of a web process (SIGTERM)")
async def deploy(nemesis: Nemesis) -> None:
    nemesis.stops.append(await nemesis.town.deploy(nemesis.dice.choice(nemesis.town.webs)))


@fault("kill -9 of a web process")
async def kill_web(nemesis: Nemesis) -> None:
    web = nemesis.dice.choice(nemesis.town.webs)
    web.started.signal(signal.SIGKILL)
    await web.started.ends()
    await nemesis.town.start(web)


@fault("web process stopped (SIGSTOP, SIGCONT)")
async def stop_web(nemesis: Nemesis) -> None:
    web = nemesis.dice.choice(nemesis.town.webs)
    web.started.signal(signal.SIGSTOP)
    await asyncio.sleep(nemesis.seconds)
    web.started.signal(signal.SIGCONT)


@fault("a fifth of the clients stops reading")
async def stall(nemesis: Nemesis) -> None:
    present = nemesis.town.crowd.present
    stalled = nemesis.dice.sample(present, len(present) // 5)
    for client in stalled:
        client.listener.reading.clear()
    await asyncio.sleep(nemesis.seconds)
    for client in stalled:
        client.listener.reading.set()
    nemesis.counts["clients that stopped reading"] += len(stalled)


@fault("slow Postgres")
async def slow_postgres(nemesis: Nemesis) -> None:
    until = time.monotonic() + nemesis.seconds
    while time.monotonic() < until:
        nemesis.town.postgres.pause()
        await asyncio.sleep(nemesis.dice.uniform(0.05, 0.3))
        nemesis.town.postgres.resume()
        await asyncio.sleep(0.05)


@fault("Postgres ends every connection")
async def terminate(nemesis: Nemesis) -> None:
    await nemesis.town.postgres.execute(TERMINATE)


@fault("clients hang up together")
async def hang_up(nemesis: Nemesis) -> None:
    for web in nemesis.town.webs:
        web.cut()
