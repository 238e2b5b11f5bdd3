"""A calendar for tests: a user's connection to the played Google, what is here, what is there, a bench."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from jobs.db import speak_json
from jobs.errors import ProviderError
from jobs.ids import uuid7
from jobs.processors.calendar_sync import calendar_sync
from jobs.providers.api import Api
from jobs.providers.google_calendar import Google as Provider
from jobs.settings import JobsSettings
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from jobs.vault import Vault
from service.dev.sandbox import Sandbox
from service.dev.sandbox.google import Google
from service.dev.sandbox.google_agenda import CANCELLED, Agenda, Event

SECRET_KEY = "the tests' key for what is sealed"
TOKEN = {"access_token": "sandbox-token"}
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)

ADD_CONNECTION = """
INSERT INTO connections (id, org_id, user_id, provider, name, credentials, holds, status)
VALUES ($1, $2, $3, $4, 'Ours', $5, $6, $7)
"""
ADD_CALENDAR = """
INSERT INTO calendars (id, org_id, user_id, connection_id, remote_id, timezone)
VALUES ($1, $2, $3, $4, $5, 'Europe/Berlin')
"""
ADD_EVENT = """
INSERT INTO calendar_events (id, calendar_id, remote_id, title, starts_at, ends_at, pending, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, 'create', now())
"""
CHANGE = """
UPDATE calendar_events SET title = $2, pending = CASE pending WHEN '' THEN 'change' ELSE pending END,
  changed_at = now() + $3::interval, version = version + 1 WHERE id = $1
"""
REMOVE = (
    "UPDATE calendar_events SET pending = 'delete', changed_at = now() + $2::interval WHERE id = $1"
)
EVENTS = "SELECT * FROM calendar_events WHERE calendar_id = $1 ORDER BY starts_at, title"
DAY = timedelta(days=1)
TODAY = NOON.date()
SOON = timedelta(seconds=5)
Meddling = dict[str, Callable[[], Awaitable[None]]]


class Meddled:
    """Google's provider, or one of its calendars, whose calls are meddled with."""

    def __init__(self, real: Any, meddling: Meddling) -> None:
        self._real = real
        self._meddling = meddling

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name == "calendar":
            return lambda *about: Meddled(found(*about), self._meddling)
        if not inspect.iscoroutinefunction(found):
            return found

        async def call(*about: Any) -> Any:
            answer, what = await found(*about), self._meddling.pop(name, None)
            if what is not None:
                await what()
            return answer

        return call


@dataclass
class Diary:
    """What a user has here and there. ``database`` is a plain connection, to look and write with."""

    database: asyncpg.Connection
    sandbox: Sandbox
    db: Sessions
    providers: dict[str, object] = field(default_factory=dict)
    owner: tuple[str, str] = ("acme", "anna")
    meddling: "Meddling" = field(default_factory=dict)

    @property
    def google(self) -> Google:
        return self.sandbox.peer(Google)

    @property
    def agenda(self) -> Agenda:
        return self.google.primary()

    @property
    def there(self) -> dict[str, str]:
        """Return the titles there, by ids."""
        events = self.agenda.events.values()
        return {e.id: e.body.get("summary", "") for e in events if e.status != CANCELLED}

    async def connect(
        self,
        *,
        provider: str = "google",
        credentials: dict[str, str] | None = None,
        status: str = "active",
    ) -> UUID:
        ident, given = uuid7(), TOKEN if credentials is None else credentials
        sealed = Vault(JobsSettings(secret_key=SECRET_KEY)).close(ident, given)
        await self.database.execute(
            ADD_CONNECTION, ident, *self.owner, provider, sealed, sorted(given), status
        )
        return ident

    async def take_up(self, connection: UUID | None = None, remote_id: str = "primary") -> UUID:
        """Take a calendar up and return its id."""
        ident = uuid7()
        linked = connection or await self.connect()
        await self.database.execute(ADD_CALENDAR, ident, *self.owner, linked, remote_id)
        return ident

    def bench(self) -> Bench:
        kinds = [calendar_sync]
        return Bench(kinds, providers=self.providers, db=self.db, owner=self.owner)

    def after(self, call: str, what: Callable[[], Awaitable[None]]) -> None:
        """Let something happen after the next such call, before its answer is heard."""
        self.meddling[call] = what

    async def synced(self, calendar: UUID, **options: Any) -> Job:
        """Run a job to its end."""
        bench = self.bench()
        job = bench.submit(calendar_sync, {"calendar_id": str(calendar)}, options=options)
        await bench.run()
        return job

    async def in_step(self) -> UUID:
        """Return a calendar with one event, the same on both sides."""
        self.put("Breakfast")
        calendar = await self.take_up()
        assert (await self.synced(calendar)).error is None
        return calendar

    def put(self, title: str, at: datetime = NOON, **more: Any) -> Event:
        """Add an event there."""
        ends = at + timedelta(hours=1)
        times = {"start": {"dateTime": at.isoformat()}, "end": {"dateTime": ends.isoformat()}}
        return self.agenda.insert({"summary": title, **times, **more})

    def put_days(self, title: str, days: int) -> Event:
        """Add an event of whole days there, from the day of ``NOON`` on."""
        last = TODAY + days * DAY
        times = {"start": {"date": TODAY.isoformat()}, "end": {"date": last.isoformat()}}
        return self.agenda.insert({"summary": title, **times})

    def rename(
        self, title: str, ident: str | None = None, later: timedelta = timedelta(0)
    ) -> Event:
        """Rename an event there, by a clock that is ahead; without an id the only one."""
        clock = self.google.clock
        self.google.clock = lambda: clock() + later.total_seconds()
        try:
            return self.agenda.patch(ident or next(iter(self.there)), {"summary": title})
        finally:
            self.google.clock = clock

    async def add(self, calendar: UUID, title: str, at: datetime = NOON) -> UUID:
        """Add an event here."""
        ident = uuid7()
        values = (calendar, ident.hex, title, at, at + timedelta(hours=1))
        await self.write(ADD_EVENT, ident, *values)
        return ident

    async def change(self, ident: UUID, title: str, later: timedelta = timedelta(0)) -> None:
        """Rename an event here, by a clock that is ahead."""
        await self.write(CHANGE, ident, title, later)

    async def remove(self, ident: UUID, later: timedelta = timedelta(0)) -> None:
        """Remove an event here, by a clock that is ahead."""
        await self.write(REMOVE, ident, later)

    async def write(self, sql: str, *values: Any) -> None:
        """Run a statement, from the test or from what is meddled with: the bench has a loop of its own."""
        async with self.db() as session:
            await (await session.connection()).exec_driver_sql(sql, values)

    async def here(self, calendar: UUID) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.database.fetch(EVENTS, calendar)]

    async def titles(self, calendar: UUID) -> list[str]:
        return [row["title"] for row in await self.here(calendar)]

    async def only(self, calendar: UUID) -> dict[str, Any]:
        [event] = await self.here(calendar)
        return event

    async def calendar(self, ident: UUID) -> dict[str, Any]:
        row = await self.database.fetchrow("SELECT * FROM calendars WHERE id = $1", ident)
        assert row is not None
        return dict(row)

    async def set(self, ident: UUID, **values: Any) -> None:
        """Write columns of a calendar."""
        for name, value in values.items():
            sql = f"UPDATE calendars SET {name} = $2 WHERE id = $1"  # noqa: S608 - our own names
            await self.write(sql, ident, value)

    async def conflicts(self) -> list[dict[str, Any]]:
        rows = await self.database.fetch("SELECT * FROM calendar_conflicts ORDER BY created_at, id")
        return [dict(row) for row in rows]

    def asked(self) -> list[str]:
        """Return the calls to Google so far: method, and what is behind the calendar."""
        return [
            f"{call['method']} {call['path'].rpartition('/primary')[2] or call['path']}"
            for call in self.sandbox.calls("google")
        ]


def midnight(day: date, zone: str) -> datetime:
    """Return when a day begins somewhere."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def code_of(job: Job) -> str | None:
    return job.error.code if job.error else None


def counts(job: Job) -> tuple[int, int, int]:
    """Return what a job that succeeded has pulled, pushed, and found in conflict."""
    assert job.error is None
    return job.result.pulled, job.result.pushed, job.result.conflicts


async def lost() -> None:
    """Let an answer get lost on its way."""
    raise ProviderError("The line broke.")


@asynccontextmanager
async def open_diary(
    database_url: str, sandbox: Sandbox, public_url: str = ""
) -> AsyncIterator[Diary]:
    """Open a diary whose other side is in the sandbox."""
    settings = JobsSettings(
        secret_key=SECRET_KEY, google_base_url=f"{sandbox.url}/google", public_url=public_url
    )
    database = await asyncpg.connect(database_url)
    await speak_json(database)
    try:
        async with Api(settings) as api:
            diary = Diary(database, sandbox, sessions(database_url))
            google = Meddled(Provider(settings, api), diary.meddling)
            diary.providers |= {"api": api, "vault": Vault(settings), "google": google}
            yield diary
    finally:
        await database.close()
