"""Schedules: jobs submitted again and again, kept by keys of one's own."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from service.client.aio.job import AsyncJob
from service.client.aio.pages import items
from service.client.aio.wire import AsyncWire
from service.client.models import JobResource, SchedulePreview, ScheduleResource
from service.client.request import Request, path


class AsyncSchedules:
    """My schedules. Changing them needs the scope ``schedules:write``."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def list(self) -> AsyncGenerator[ScheduleResource, None]:
        """Yield my schedules, by key."""
        async for one in items(self._wire, path("schedules")):
            yield ScheduleResource(one)

    async def read(self, key: str) -> ScheduleResource:
        """Return one schedule."""
        return ScheduleResource(await self._wire.ask(Request("GET", path("schedules", key))))

    async def put(
        self, key: str, kind: str, args: Mapping[str, Any] | None = None, **rule: Any
    ) -> ScheduleResource:
        """Make the schedule of this key, or replace it; said again unchanged it disturbs nothing.

        ``rule``: one of ``cron``, ``every`` and ``at``, and ``timezone missed overlap jitter paused
        options``, as ``PUT /api/schedules/{key}`` takes them.
        """
        body = {"kind": kind, "args": dict(args or {}), **rule}
        asked = Request("PUT", path("schedules", key), json=body)
        return ScheduleResource(await self._wire.ask(asked))

    async def change(self, key: str, **changes: Any) -> ScheduleResource:
        """Change some of a schedule; new times count from now."""
        asked = Request("PATCH", path("schedules", key), json=changes)
        return ScheduleResource(await self._wire.ask(asked))

    async def pause(self, key: str) -> ScheduleResource:
        """Let it rest; what would have come meanwhile is not missed."""
        return await self.change(key, paused=True)

    async def resume(self, key: str) -> ScheduleResource:
        """Let it go on from now."""
        return await self.change(key, paused=False)

    async def delete(self, key: str) -> None:
        """Remove it; the jobs it has made go on."""
        await self._wire.send(Request("DELETE", path("schedules", key)))

    async def run(self, key: str) -> AsyncJob:
        """Submit its job now, beside its ticks."""
        asked = Request("POST", path("schedules", key, "run"), repeatable=False)
        return AsyncJob(self._wire, JobResource(await self._wire.ask(asked)))

    async def preview(self, key: str, count: int = 10) -> SchedulePreview:
        """Return its next ticks, by its zone's clock."""
        query = [("count", str(count))]
        asked = Request("GET", path("schedules", key, "preview"), query)
        return SchedulePreview(await self._wire.ask(asked))
