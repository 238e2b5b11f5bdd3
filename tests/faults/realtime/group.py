"""A few listeners of every sort at one process, and changes made at another, for what has to be timed."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from tests.faults.realtime.crowd import User
from tests.faults.realtime.listeners import TRANSPORTS, Listener
from tests.faults.realtime.sight import Sight
from tests.faults.site import SECRET

SEEN_SECONDS = 30.0


@dataclass
class Group:
    """Listeners that come back to ``base``; ``ended`` are the subjects whose end everybody must see."""

    user: User
    base: str
    listeners: list[Listener]
    ended: list[str] = field(default_factory=list)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def sights(self) -> Iterable[Sight]:
        return (sight for listener in self.listeners for sight in listener.sights)

    def begin(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(each)) for each in self.listeners]

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, listener: Listener) -> None:
        while True:
            await listener.listen(self.base)
            await asyncio.sleep(listener.retry_ms / 10_000 + 0.05)

    async def connected(self) -> None:
        """Wait until everybody hears."""
        async with asyncio.timeout(SEEN_SECONDS):
            for listener in self.listeners:
                while not listener.connected:
                    listener.news.clear()
                    await listener.news.wait()

    async def change(self, base: str) -> str:
        """Let a job begin and end at a process; return its subject."""
        headers = {"Authorization": f"Bearer {self.user.token}"}
        async with httpx2.AsyncClient(base_url=base, headers=headers, trust_env=False) as client:
            body = {"kind": "noted", "delay": 3600}
            job = (await client.post("/api/jobs", json=body)).raise_for_status().json()["id"]
            (await client.delete(f"/api/jobs/{job}")).raise_for_status()
        self.ended.append(f"job:{job}")
        return self.ended[-1]

    async def seen(self, subject: str, seconds: float = SEEN_SECONDS) -> float:
        """Wait until everybody has seen this end; return how long that took."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            for listener in self.listeners:
                while listener.sights[0].states.get(subject) != "cancelled":
                    listener.news.clear()
                    await listener.news.wait()
        return time.monotonic() - began

    def exact(self) -> None:
        """Assert that nobody missed or heard anything twice."""
        for sight in self.sights:
            assert sight.trouble == []
            assert set(self.ended) <= set(sight.states), "an end was missed"
            assert set(sight.endings.values()) <= {1}


@asynccontextmanager
async def group(
    base: str, number: int, transports: Sequence[str] = ("websocket", "sse")
) -> AsyncIterator[Group]:
    """Open listeners of one user, and wait until they hear."""
    user = User("ann", "ann", SECRET)
    listeners = [
        TRANSPORTS[transports[n % len(transports)]](user.token, [Sight("me")])
        for n in range(number)
    ]
    made = Group(user, base, listeners)
    made.begin()
    try:
        await made.connected()
        yield made
    finally:
        await made.end()
