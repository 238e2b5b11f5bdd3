"""What a browser would see, with the moment it saw it: one user's event stream."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import orjson

Sight = tuple[str, str, int]  # job id, event type, attempt; attempt 0 stands for any


class Listener:
    """Remembers when each event of a user's stream arrived."""

    def __init__(self) -> None:
        self.welcome = asyncio.Event()
        self.told: dict[str, list[dict[str, Any]]] = {}
        self._seen: dict[Sight, float] = {}
        self._awaited: dict[Sight, asyncio.Future[float]] = {}

    async def listen(self, client: httpx2.AsyncClient) -> None:
        """Follow the stream until cancelled."""
        async with client.sse("/api/events", params={"channel": "me"}) as source:
            source.response.raise_for_status()
            async for event in source:
                now = time.perf_counter()
                if event.event == "welcome":
                    self.welcome.set()
                elif event.event.startswith("job."):
                    self._note(orjson.loads(event.data), now)

    async def when(self, job_id: str, kind: str, attempt: int = 0) -> float:
        """Return the moment the event was seen; wait for it."""
        sight = (job_id, kind, attempt)
        if sight not in self._seen:
            waiting = self._awaited.setdefault(sight, asyncio.get_running_loop().create_future())
            return await waiting
        return self._seen[sight]

    def _note(self, event: dict[str, Any], now: float) -> None:
        """Keep a moment and wake who waits for it."""
        job_id = event["subject"].removeprefix("job:")
        for attempt in (0, event.get("attempt") or 0):
            sight = (job_id, event["type"], attempt)
            self._seen.setdefault(sight, now)
            if waiting := self._awaited.pop(sight, None):
                waiting.set_result(now)


@asynccontextmanager
async def listening(client: httpx2.AsyncClient) -> AsyncIterator[Listener]:
    """Listen as the client's user, from the moment this is entered."""
    listener = Listener()
    task = asyncio.create_task(listener.listen(client))
    try:
        async with asyncio.timeout(15):
            await listener.welcome.wait()
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
