"""The front of the schedules: put, change, delete, read, preview, run now. Firing is ``scheduler``."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jobs.acceptance import Acceptance
from jobs.audit import Deed, record, recorded
from jobs.db import Database, Statements
from jobs.errors import NotFound, TooManySchedules
from jobs.found import found
from jobs.page import Page
from jobs.quotas import Quotas
from jobs.records import Records
from jobs.resource import JobResource
from jobs.schedules.deeds import deed_of
from jobs.schedules.resource import SchedulePreview, ScheduleResource, preview
from jobs.schedules.scheduled_job import job_of_now
from jobs.schedules.wanted import TIMES, WantedSchedule, row_of, rule_of, wanted_of
from jobs.settings import JobsSettings
from jobs.store import schedules as kept
from jobs.store.schedules import ScheduleRow
from realtime.caller import Caller
from realtime.errors import BadCursor


class ScheduleList(Page[ScheduleResource]):
    """Some schedules, by key."""


class Schedules:
    """A user's schedules. Each belongs to its user alone; anybody else's does not exist."""

    def __init__(
        self,
        settings: JobsSettings,
        db: Database,
        acceptance: Acceptance,
        quotas: Quotas,
        records: Records,
    ) -> None:
        self._settings = settings
        self._db = db
        self._acceptance = acceptance
        self._quotas = quotas
        self._records = records

    async def put(
        self, caller: Caller, key: str, wanted: WantedSchedule
    ) -> tuple[ScheduleResource, bool]:
        """Make the schedule, or change the one of this key; say whether it is a new one.

        Times that stay the same go on undisturbed. Raises InvalidSchedule, UnknownKind, InvalidArgs,
        TooLarge, TooManySchedules, Unavailable.
        """

        async def work(db: Statements) -> tuple[ScheduleResource, bool]:
            before = await kept.lock(db, caller.org, caller.user, key)
            if before is None:
                await self._find_room(db, caller)
            return await self._keep(db, caller, key, wanted, before), before is None

        return await self._db.in_transaction(work)

    async def patch(self, caller: Caller, key: str, changes: Mapping[str, Any]) -> ScheduleResource:
        """Change some fields of WantedSchedule; one of the times replaces the one there was.

        Raises NotFound and what ``put`` raises.
        """

        async def work(db: Statements) -> ScheduleResource:
            before = found(await kept.lock(db, caller.org, caller.user, key))
            cleared = dict.fromkeys(TIMES) if any(name in changes for name in TIMES) else {}
            wanted = replace(wanted_of(before), **{**cleared, **changes})
            return await self._keep(db, caller, key, wanted, before)

        return await self._db.in_transaction(work)

    async def delete(self, caller: Caller, key: str) -> None:
        """Remove a schedule; its jobs go on. Raises NotFound, Unavailable."""
        if not await recorded(
            self._db,
            caller,
            lambda tx: kept.delete(tx, caller.org, caller.user, key),
            lambda _: Deed("schedule.delete", f"schedule:{key}"),
        ):
            raise NotFound

    async def get(self, caller: Caller, key: str) -> ScheduleResource:
        """Return a schedule. Raises NotFound, Unavailable."""
        return ScheduleResource.of(await self._row(caller, key))

    async def list(self, caller: Caller, limit: int, after: str | None = None) -> ScheduleList:
        """Return one page behind the cursor ``after``. Raises BadCursor, Unavailable."""
        behind = read_cursor(after) if after else ""
        rows = await kept.page(self._db, caller.org, caller.user, behind, limit + 1)
        return ScheduleList.cut(rows, limit, ScheduleResource.of, lambda row: write_cursor(row.key))

    async def run(self, caller: Caller, key: str) -> JobResource:
        """Submit the schedule's job now, beside its ticks, paused or not.

        Raises NotFound, UnknownKind, InvalidArgs, TooLarge, TooMany, Unavailable.
        """
        job = job_of_now(self._acceptance, await self._row(caller, key))
        await self._quotas.check(caller, 1)
        ran = Deed("schedule.run", f"schedule:{key}", {"kind": job.kind, "job": str(job.id)})
        await record(self._db, caller, ran)
        return self._records.resource((await self._acceptance.take(job)).row)

    async def preview(self, caller: Caller, key: str, count: int) -> SchedulePreview:
        """Return the next ``count`` ticks. Raises NotFound, Unavailable."""
        row = await self._row(caller, key)
        return preview(rule_of(row), await kept.now(self._db), count)

    async def preview_of(
        self, caller: Caller, key: str, wanted: WantedSchedule, count: int
    ) -> SchedulePreview:
        """Return the next ``count`` ticks as they would be with these times, and keep nothing.

        The schedule need not exist. Raises InvalidSchedule, Unavailable.
        """
        wanted.check(self._settings)
        before = await kept.find(self._db, caller.org, caller.user, key)
        now = await kept.now(self._db)
        return preview(rule_of(row_of(caller, key, wanted, before, now)), now, count)

    async def _keep(
        self,
        db: Statements,
        caller: Caller,
        key: str,
        wanted: WantedSchedule,
        before: ScheduleRow | None,
    ) -> ScheduleResource:
        wanted.check(self._settings)
        row = row_of(caller, key, wanted, before, await kept.now(db))
        job_of_now(self._acceptance, row)
        after = await kept.put(db, row)
        if (deed := deed_of(before, after)) is not None:
            await record(db, caller, deed)
        return ScheduleResource.of(after)

    async def _find_room(self, db: Statements, caller: Caller) -> None:
        if await kept.count(db, caller.org, caller.user) >= self._settings.max_schedules:
            raise TooManySchedules(self._settings.max_schedules)

    async def _row(self, caller: Caller, key: str) -> ScheduleRow:
        return found(await kept.find(self._db, caller.org, caller.user, key))


def write_cursor(last: str) -> str:
    """Return an opaque cursor behind the key ``last``."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """Return the key a cursor stands behind. Raises BadCursor."""
    try:
        key = base64.urlsafe_b64decode(cursor + "==").decode()
    except (binascii.Error, ValueError) as error:
        raise BadCursor from error
    if not key or "\x00" in key:
        raise BadCursor
    return key
