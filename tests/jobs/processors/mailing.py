"""What the tests of ``email_delivery`` share: settings, a user's wishes, rows."""

from typing import Any
from uuid import UUID

from jobs.db import Statements
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox

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
        "smtp_timeout_seconds": 5.0,
        "mail_from": "Garden <hello@example.com>",
        "public_url": "https://jobs.example.com",
        "secret_key": SECRET_KEY,
        **more,
    }
    return JobsSettings(**{**settings.model_dump(), **values})


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
