"""A telephone for tests: an owner's preferences, the played Twilio, a bench, and what is kept of texts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from jobs.codes import Codes
from jobs.db import speak_json
from jobs.ids import uuid7
from jobs.processors.sms_delivery import sms_delivery
from jobs.providers.api import Api
from jobs.providers.twilio import Twilio
from jobs.settings import JobsSettings
from jobs.testing import Bench, Job, sessions
from jobs.testing.absent import Sessions
from service.dev.sandbox import Sandbox
from service.dev.sandbox.told import settings_at
from service.dev.sandbox.twilio import Twilio as PlayedTwilio
from service.dev.sandbox.twilio_messages import Text

PHONE = "+15005550123"
SECRET_KEY = "the tests' key for codes, long enough"
OWNER = ("acme", "anna")

SAY = """
INSERT INTO preferences (org_id, user_id, timezone, phone, sms_opt_in, phone_verified_at, quiet_from,
                         quiet_until)
VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 THEN now() END, $7, $8)
ON CONFLICT (org_id, user_id) DO UPDATE SET timezone = excluded.timezone, phone = excluded.phone,
  sms_opt_in = excluded.sms_opt_in, phone_verified_at = excluded.phone_verified_at,
  quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until
"""
ENTRY = """
INSERT INTO inbox (id, org_id, user_id, name, data, change_seq, read_at)
VALUES ($1, $2, $3, 'job.failed', '{}', 1, CASE WHEN $4 THEN now() END)
"""
VERIFICATION = """
INSERT INTO verifications (id, org_id, user_id, way, address, nonce, expires_at)
VALUES ($1, $2, $3, $4, $5, '\\x01', now() + $6::interval)
"""


def texting_settings(settings: JobsSettings, sandbox: Sandbox, **more: Any) -> JobsSettings:
    """Return settings under which texts go to the sandbox; only to verified numbers, unless told."""
    told = {name.lower(): value for name, value in settings_at(sandbox.url, {}).items()}
    ours = {name: told[name] for name in told if name.startswith("twilio_")}
    values = {"secret_key": SECRET_KEY, "web_allow_private": sandbox.host, **ours, **more}
    return JobsSettings(**{**settings.model_dump(), **values})


@dataclass
class Telephone:
    """What a user has said, and what arrives. ``database`` is a plain connection, to look with."""

    database: asyncpg.Connection
    sandbox: Sandbox
    db: Sessions
    providers: dict[str, object]

    @property
    def twilio(self) -> PlayedTwilio:
        return self.sandbox.peer(PlayedTwilio)

    @property
    def texts(self) -> list[Text]:
        """Return what Twilio took, oldest first."""
        return self.twilio.texts.taken

    def bench(self, **options: Any) -> Bench:
        given = {"providers": self.providers, "db": self.db, "owner": OWNER, **options}
        return Bench([sms_delivery], **given)

    async def say(
        self,
        *,
        phone: str | None = PHONE,
        opted_in: bool = True,
        verified: bool = True,
        zone: str = "UTC",
        quiet: tuple[time, time] | None = None,
    ) -> None:
        begin, end = quiet or (None, None)
        values = (zone, phone, opted_in, verified, begin, end)
        await self.database.execute(SAY, *OWNER, *values)

    async def told(self, *, read: bool = False) -> UUID:
        """Put an entry into the inbox."""
        ident = uuid7()
        await self.database.execute(ENTRY, ident, *OWNER, read)
        return ident

    async def verify(self, address: str, *, way: str = "phone", minutes: int = 15) -> UUID:
        """Let the owner ask for a code, which is good for so long."""
        ident, lasts = uuid7(), timedelta(minutes=minutes)
        await self.database.execute(VERIFICATION, ident, *OWNER, way, address, lasts)
        return ident

    async def send(self, **args: Any) -> Job:
        """Run a job to its end."""
        bench = self.bench()
        job = bench.submit(sms_delivery, {"text": "The garden opens at nine.", **args})
        await bench.run()
        return job

    async def rows(self) -> list[dict[str, Any]]:
        found = await self.database.fetch("SELECT * FROM sms_messages ORDER BY created_at, id")
        return [dict(row) for row in found]

    async def row(self) -> dict[str, Any]:
        [only] = await self.rows()
        return only

    async def now(self) -> datetime:
        moment: datetime = await self.database.fetchval("SELECT now()")
        return moment


@asynccontextmanager
async def open_telephone(
    database_url: str, sandbox: Sandbox, **settings: Any
) -> AsyncIterator[Telephone]:
    """Open a telephone whose texts go through the sandbox, which tells nobody of them by itself."""
    told = texting_settings(JobsSettings(database_url=database_url), sandbox, **settings)
    sandbox.peer(PlayedTwilio).policy.step_seconds = 0
    database = await asyncpg.connect(database_url)
    await speak_json(database)
    try:
        async with Api(told) as api:
            providers = {"api": api, "twilio": Twilio(told, api), "codes": Codes(told)}
            yield Telephone(database, sandbox, sessions(database_url), dict(providers))
    finally:
        await database.close()
