# Written by `python -m service.twin` from service/client/aio/schedules.py; do not edit.
"""Schedules: jobs submitted again and again, kept by keys of one's own."""

from collections.abc import Generator, Mapping
from typing import Any

from service.client.models import JobResource, SchedulePreview, ScheduleResource
from service.client.request import Request, path
from service.client.sync.job import Job
from service.client.sync.pages import items
from service.client.sync.wire import Wire


class Schedules:
    """My schedules. Changing them needs the scope ``schedules:write``."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def list(self) -> Generator[ScheduleResource, None, None]:
        """Yield my schedules, by key."""
        for one in items(self._wire, path("schedules")):
            yield ScheduleResource(one)

    def read(self, key: str) -> ScheduleResource:
        """Return one schedule."""
        return ScheduleResource(self._wire.ask(Request("GET", path("schedules", key))))

    def put(
        self, key: str, kind: str, args: Mapping[str, Any] | None = None, **rule: Any
    ) -> ScheduleResource:
        """Make the schedule of this key, or replace it; said again unchanged it disturbs nothing.

        ``rule``: one of ``cron``, ``every`` and ``at``, and ``timezone missed overlap jitter paused
        options``, as ``PUT /api/schedules/{key}`` takes them.
        """
        body = {"kind": kind, "args": dict(args or {}), **rule}
        asked = Request("PUT", path("schedules", key), json=body)
        return ScheduleResource(self._wire.ask(asked))

    def change(self, key: str, **changes: Any) -> ScheduleResource:
        """Change some of a schedule; new times count from now."""
        asked = Request("PATCH", path("schedules", key), json=changes)
        return ScheduleResource(self._wire.ask(asked))

    def pause(self, key: str) -> ScheduleResource:
        """Let it rest; what would have come meanwhile is not missed."""
        return self.change(key, paused=True)

    def resume(self, key: str) -> ScheduleResource:
        """Let it go on from now."""
        return self.change(key, paused=False)

    def delete(self, key: str) -> None:
        """Remove it; the jobs it has made go on."""
        self._wire.send(Request("DELETE", path("schedules", key)))

    def run(self, key: str) -> Job:
        """Submit its job now, beside its ticks."""
        asked = Request("POST", path("schedules", key, "run"), repeatable=False)
        return Job(self._wire, JobResource(self._wire.ask(asked)))

    def preview(self, key: str, count: int = 10) -> SchedulePreview:
        """Return its next ticks, by its zone's clock."""
        query = [("count", str(count))]
        asked = Request("GET", path("schedules", key, "preview"), query)
        return SchedulePreview(self._wire.ask(asked))
