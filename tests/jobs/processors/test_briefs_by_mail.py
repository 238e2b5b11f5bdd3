"""Brief → e-mail through a real worker and a real SMTP server: parent and child, each once."""

from datetime import UTC, datetime

import pytest

from jobs.ids import uuid7
from jobs.inbox import InboxFilter
from jobs.kept.tasks import NewTask, keep_tasks
from jobs.resources import Resources
from jobs.settings import JobsSettings
from service.dev.sandbox import Sandbox
from service.dev.sandbox.mail import Letters
from tests.jobs.conftest import ANNA, ended, submit, working
from tests.jobs.processors.mailing import ANN, mailing, wish


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    return mailing(settings, sandbox)


async def test_a_brief_goes_by_mail_as_a_child_and_is_told_by_both(
    resources: Resources, settings: JobsSettings, sandbox: Sandbox
) -> None:
    await wish(resources.db)
    today = datetime.now(UTC).date()
    async with resources.db.session() as session:
        task = NewTask(
            uuid7(), "acme", "anna", "Dig *deep* ![x](http://t.example/p.png)", due_on=today
        )
        await keep_tasks(session, [task])

    async with working(settings):
        first = await ended(resources, await submit(resources, "daily_brief", day=str(today)))
        mailed = await resources.records.get(ANNA, first.result["email_job_id"])
        mailed = await ended(resources, mailed)
        second = await ended(resources, await submit(resources, "daily_brief", day=str(today)))

    assert (mailed.state, mailed.parent_id) == ("succeeded", first.id)
    assert second.result["already"]
    [mail] = sandbox.peer(Letters).to(ANN)
    assert mail.message["Subject"] == first.result["title"]
    html = mail.message.get_body(("html",))
    assert html is not None
    assert "Dig *deep* ![x](http://t.example/p.png)" in html.get_content()
    assert "<img" not in html.get_content()
    entries = (await resources.inbox.list(ANNA, InboxFilter())).data
    told = {entry.name: entry.data for entry in entries}
    assert told["brief_completed"]["told_by"] == ["email"]
    assert told["brief_email_sent"]["brief_id"] == str(first.id)
