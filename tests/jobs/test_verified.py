"""An address is verified from end to end: asked for, sent by a worker, read where it came, confirmed."""

import re

import pytest

from jobs.preferences import Wishes
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.verifications.resource import Way
from jobs.worker import Worker
from service.dev.sandbox import Sandbox
from service.dev.sandbox.mail import Letters
from service.dev.sandbox.twilio import Twilio
from tests.jobs.conftest import ANNA, ended
from tests.jobs.processors.mailing import mailing
from tests.jobs.processors.texting import texting_settings

WISHES = Wishes(email="anna@people.example", phone="+4915112345678")
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    """Let workers find the played mail server and the played Twilio."""
    return texting_settings(mailing(settings, sandbox), sandbox)


def received(sandbox: Sandbox, way: Way) -> str:
    """Return what came for Anna."""
    if way == "phone":
        [text] = sandbox.peer(Twilio).texts.taken
        return text.body
    [letter] = sandbox.peer(Letters).to("anna@people.example")
    return letter.body("plain")


@pytest.mark.parametrize("way", ["email", "phone"])
async def test_the_code_that_a_worker_sent_verifies_the_address_and_stands_nowhere_else(
    resources: Resources, worker: Worker, sandbox: Sandbox, way: Way
) -> None:
    await resources.preferences.put(ANNA, WISHES)

    asked = await resources.verifications.ask(ANNA, way)
    job = await ended(resources, await resources.records.get(ANNA, asked.job))
    [code] = re.findall(r"\b[0-9]{6}\b", received(sandbox, way))
    confirmed = await resources.verifications.confirm(ANNA, way, code)

    assert (job.state, job.error) == ("succeeded", None)
    assert getattr(confirmed, f"{way}_verified_at") is not None
    kept = re.compile(rf"(?<![0-9a-f.]){code}(?![0-9a-f])")
    assert not kept.search(await everything(resources))
    assert not kept.search(str(job))


async def everything(resources: Resources) -> str:
    """Return all rows of all tables as text."""
    tables = [record["table_name"] for record in await resources.db.fetch(TABLES)]
    rows = [await resources.db.fetch(f"SELECT t::text FROM {name} t") for name in tables]  # noqa: S608 - our own names
    return "\n".join(record[0] for found in rows for record in found)
