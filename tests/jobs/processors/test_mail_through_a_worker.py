"""Mail through a real worker: submitted, handed off, failed, and a worker killed with one in its hands."""

import signal
import sys
from typing import Any

import pytest

from jobs.db import Database
from jobs.inbox import InboxFilter
from jobs.resources import Resources
from jobs.settings import JobsSettings
from service.dev.child import becomes_true
from service.dev.sandbox import Sandbox
from service.dev.sandbox.mail import Letters
from tests.e2e.program import ROOT, started
from tests.jobs.conftest import ANNA, ended, submit, working
from tests.jobs.handoff.scene import told
from tests.jobs.processors.mailing import ANN, SECRET_KEY, email, emails, mailing, wish

KIND = "email_delivery"
HELLO: dict[str, Any] = {"subject": "Hello", "text": "The garden opens."}


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    return mailing(settings, sandbox)


@pytest.fixture
async def db(resources: Resources) -> Database:
    """Give the database, in which Anna has a verified address."""
    await wish(resources.db)
    return resources.db


@pytest.fixture
def letters(sandbox: Sandbox) -> Letters:
    return sandbox.peer(Letters)


async def inbox(resources: Resources) -> list[tuple[str, Any]]:
    page = await resources.inbox.list(ANNA, InboxFilter())
    return [(entry.name, entry.data) for entry in page.data]


async def test_a_mail_is_sent_and_told_once(
    resources: Resources, settings: JobsSettings, db: Database, letters: Letters
) -> None:
    async with working(settings):
        job = await ended(resources, await submit(resources, KIND, **HELLO))

    assert job.error is None
    assert [list(mail.recipients) for mail in letters.received] == [[ANN]]
    row = await email(db, job.id)
    data = {"email_id": str(row["id"]), "to": ANN, "subject": "Hello"}
    assert await inbox(resources) == [("email_sent", data)]


async def test_a_bounce_is_told_by_its_name(
    resources: Resources, settings: JobsSettings, db: Database, sandbox: Sandbox
) -> None:
    sandbox.switch("smtp", status=550, path="/rcpt")

    async with working(settings):
        job = await ended(resources, await submit(resources, KIND, **HELLO))

    assert job.error is not None
    assert (job.state, job.error.code, job.attempt) == ("failed", "bounced", 1)
    [(name, data)] = await inbox(resources)
    assert name == "email_delivery_failed"
    assert (data["kind"], data["code"]) == (KIND, "bounced")
    assert "550" in data["reason"]


async def test_what_no_device_has_shown_comes_by_mail_and_is_no_news_itself(
    resources: Resources, settings: JobsSettings, db: Database, letters: Letters
) -> None:
    entry = await told(resources, "job.failed")

    async def has_come() -> bool:
        return bool(letters.received) and (await email(db))["state"] == "sent"

    async with working(settings):
        await becomes_true(has_come, 20)
        row = await email(db)
        await ended(resources, await resources.records.get(ANNA, row["job_id"]))

    [mail] = letters.received
    handed_off = await db.fetchrow("SELECT handed_off FROM inbox WHERE id = $1", entry)
    assert handed_off is not None
    assert handed_off[0] == {"email": f"job:{row['job_id']}"}
    assert str(mail.message["subject"]) == "echo failed"
    assert mail.message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert [name for name, _ in await inbox(resources)] == ["job.failed"]


async def test_a_worker_killed_with_a_mail_in_its_hands_leads_to_one_mail_and_says_so(
    resources: Resources, settings: JobsSettings, db: Database, sandbox: Sandbox, letters: Letters
) -> None:
    sandbox.switch("smtp", path="/data", delay_seconds=600, times=1)
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": SECRET_KEY,
        "SMTP_URL": sandbox.smtp_url,
        "MAIL_FROM": settings.mail_from,
        "LEASE_SECONDS": "1",
    }

    async def has_come() -> bool:
        return bool(letters.received)

    async with started(
        sys.executable, "-m", "service", "worker", cwd=ROOT, environment=environment
    ) as program:
        await program.says("worker.started")
        program.keep_listening()
        job = await submit(resources, KIND, **HELLO)
        await becomes_true(has_come, 20)
        program.process.send_signal(signal.SIGKILL)
        await program.ends()
    between = await email(db)
    async with working(settings):
        over = await ended(resources, job)

    assert between["asked_at"] is not None
    assert (between["state"], between["sent_at"]) == ("sending", None)
    assert over.error is not None
    assert (over.error.code, over.attempt) == ("unknown_end", 2)
    assert [row["error"] for row in await emails(db)] == ["unknown_end"]
    assert len(letters.received) == 1
