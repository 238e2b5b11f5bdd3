"""What the tests of ``email_delivery`` share: settings, a user's wishes, rows."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.providers.mail import Ask, Mail
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from tests.jobs.processors.context import Attempts

SECRET_KEY = "the tests' own key, long enough for anyone"
ANN = "ann@example.com"

WISHES = """
INSERT INTO preferences (org_id, user_id, email, email_opt_in, brief_email, email_verified_at)
VALUES ('acme', $1, $2, $3, $4, CASE WHEN $5 THEN now() END)
ON CONFLICT (org_id, user_id) DO UPDATE SET email = excluded.email, email_opt_in = excluded.email_opt_in,
  brief_email = excluded.brief_email, email_verified_at = excluded.email_verified_at
"""


def mailing(settings: JobsSettings, sandbox: Sandbox, **more: Any) -> JobsSettings:
    """Return settings by which mail goes to the sandbox."""
    values = {
        "smtp_url": sandbox.smtp_url,
        "smtp_timeout_seconds": 30.0,
        "mail_from": "Garden <hello@example.com>",
        "public_url": "https://jobs.example.com",
        "secret_key": SECRET_KEY,
        **more,
    }
    return JobsSettings(**{**settings.model_dump(), **values})


@dataclass
class Gate:
    """The provider, held where a mail is about to be given away: before the row says so, or ``after``."""

    mail: Mail
    after: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mail, name)

    async def send(self, to: str, letter: bytes, ask: Ask) -> str:
        async def held() -> None:
            if self.after:
                await ask()
            self.reached.set()
            await self.opened.wait()
            if not self.after:
                await ask()

        return await self.mail.send(to, letter, held)


def gated(attempts: Attempts, *, after: bool = False) -> tuple[Attempts, Gate]:
    """Return attempts whose mail stops at a gate."""
    gate = Gate(attempts.providers.mail, after)
    providers = replace(attempts.providers, mail=gate)  # type: ignore[arg-type]  # it acts like one
    return replace(attempts, providers=providers), gate


async def wish(
    db: Statements,
    email: str | None = ANN,
    *,
    verified: bool = True,
    opt_in: bool = True,
    brief: bool = True,
    user: str = "anna",
) -> None:
    """Say a user's wishes."""
    await db.fetch(WISHES, user, email, opt_in, brief, verified)


async def emails(db: Statements) -> list[dict[str, Any]]:
    """Return all rows, oldest first."""
    return [dict(row) for row in await db.fetch("SELECT * FROM emails ORDER BY created_at, id")]


async def email(db: Statements, job_id: UUID | None = None) -> dict[str, Any]:
    """Return the only row, of a job if it is named."""
    [row] = [row for row in await emails(db) if job_id in {None, row["job_id"]}]
    return row
