"""Texts through real workers: called back and sent again, a worker killed, the nights of a moved clock."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta

import asyncpg
import pytest
from pydantic import SecretStr

from jobs.acceptance import Acceptance
from jobs.inbox import InboxFilter
from jobs.limits import NO_LIMITS
from jobs.processor import Registry
from jobs.processors.sms_delivery import sms_delivery
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.sms.resource import SmsFilter
from jobs.store import JobRow
from jobs.ticks import Ticks
from service.dev.child import becomes_true
from service.dev.ports import free_port
from service.dev.postgres_server import PostgresServer
from service.dev.sandbox import Sandbox
from service.server import server_of
from service.settings import ServiceSettings
from tests.e2e.program import ROOT, Program, started
from tests.jobs.conftest import ANNA, BERT, ended, submit, working
from tests.jobs.processors.texting import PHONE, Telephone, open_telephone, texting_settings
from tests.service.conftest import serving
from tests.simulation.clock import database_with_a_clock

MESSAGES = "/2010-04-01/Accounts"
TEXT = "The garden opens at nine."


@pytest.fixture
def settings(settings: JobsSettings, sandbox: Sandbox) -> JobsSettings:
    """Let the worker find the played Twilio, and a front door that it can call back."""
    door = f"http://127.0.0.1:{free_port()}"
    return texting_settings(settings, sandbox, public_url=door)


@asynccontextmanager
async def front_door(settings: JobsSettings) -> AsyncIterator[None]:
    """Serve where the settings say that the product is to be found."""
    port = int(settings.public_url.rpartition(":")[2])
    values = {**settings.model_dump(), "port": port, "jwt_secret": SecretStr("x" * 32)}
    async with serving(server_of(ServiceSettings(**values))):
        yield


async def fire(resources: Resources) -> list[JobRow]:
    """Do what a worker's loop does at each minute."""
    db, announcer, registry = resources.db, resources.announcer, Registry([sms_delivery])
    acceptance = Acceptance(resources.settings, db, registry, NO_LIMITS, announcer)
    return await Ticks(db, registry, acceptance, announcer).fire()


async def test_a_text_that_does_not_arrive_is_sent_again_until_it_does(
    resources: Resources, settings: JobsSettings, telephone: Telephone
) -> None:
    await telephone.say(phone="+15005630008")

    async def comes_to(state: str) -> None:
        async def is_there() -> bool:
            return (await telephone.row())["state"] == state

        await becomes_true(is_there, 20)

    async with front_door(settings), working(settings):
        first = await ended(resources, await submit(resources, "sms_delivery", text=TEXT))
        await comes_to("retrying")
        waits = await fire(resources)
        await telephone.database.execute("UPDATE sms_messages SET again_at = now()")
        await telephone.database.execute("UPDATE ticks SET slot = slot - interval '1 hour'")
        [again] = await fire(resources)
        second = await ended(resources, await resources.records.get(ANNA, again.id))
        await comes_to("delivered")

    [text] = (await resources.sms.list(ANNA, SmsFilter())).data
    assert (first.error, second.error, waits) == (None, None, [])
    assert (text.sendings, text.job_id, text.error) == (2, again.id, None)
    assert [sent.heard for sent in telephone.texts] == [
        ["failed 204"],
        ["sent 204", "delivered 204"],
    ]
    assert (await telephone.row())["told"] == ["1:failed", "2:sent", "2:delivered"]
    inbox = await resources.inbox.list(ANNA, InboxFilter())
    assert [entry.name for entry in inbox.data] == ["sms_sent"]
    assert (await resources.sms.list(BERT, SmsFilter())).data == []


@asynccontextmanager
async def worker_process(settings: JobsSettings) -> AsyncIterator[Program]:
    names = ("twilio_base_url", "twilio_account_sid", "twilio_from", "database_url", "redis_url")
    environment = {
        **{name.upper(): str(getattr(settings, name)) for name in names},
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "LEASE_SECONDS": "1",
    }
    command = (sys.executable, "-m", "service", "worker")
    async with started(*command, cwd=ROOT, environment=environment) as program:
        await program.says("worker.started")
        program.keep_listening()
        yield program


async def test_a_worker_that_is_killed_while_twilio_takes_a_text_leads_to_one_text(
    resources: Resources, settings: JobsSettings, telephone: Telephone
) -> None:
    await telephone.say()
    telephone.sandbox.switch("twilio", delay_seconds=0.5, path=MESSAGES, times=1)

    async def asked() -> bool:
        return any(call["body"] for call in telephone.sandbox.calls("twilio", MESSAGES))

    async def taken() -> bool:
        return len(telephone.texts) == 1

    async with worker_process(settings) as program:
        job = await submit(resources, "sms_delivery", text=TEXT)
        await becomes_true(asked, 20)
        program.process.send_signal(signal.SIGKILL)
        await program.ends()
    await becomes_true(taken, 20)
    left = await telephone.row()
    await telephone.database.execute(
        "UPDATE sms_messages SET unanswered_at = unanswered_at - interval '1 minute'"
    )
    async with worker_process(settings):
        over = await ended(resources, job)

    assert (left["state"], left["provider_id"], left["sendings"]) == ("asking", None, 1)
    assert (over.error, over.attempt) == (None, 2)
    assert over.result["provider_id"] == telephone.texts[0].sid
    assert len(telephone.texts) == 1
    inbox = await resources.inbox.list(ANNA, InboxFilter())
    assert [entry.name for entry in inbox.data] == ["sms_sent"]


NIGHTS = [
    ("Europe/Berlin", "2026-03-28T22:30Z", "2026-03-29T05:00Z"),  # 23:30, spring forward
    ("Europe/Berlin", "2026-10-24T22:30Z", "2026-10-25T06:00Z"),  # 00:30, fall back
    ("Australia/Lord_Howe", "2026-04-04T14:50Z", "2026-04-04T20:30Z"),  # back by half an hour
    ("Asia/Kathmandu", "2026-11-10T17:00Z", "2026-11-11T01:15Z"),  # no change, +05:45
]


async def test_a_text_is_held_until_the_quiet_hours_end_on_the_owners_clock(
    postgres: PostgresServer, sandbox: Sandbox
) -> None:
    clock = await database_with_a_clock(postgres, "texts", datetime(2026, 3, 28, tzinfo=UTC))
    async with open_telephone(clock.url, sandbox) as telephone:
        for zone, night, morning in NIGHTS:
            now, ends = datetime.fromisoformat(night), datetime.fromisoformat(morning)
            await telephone.say(zone=zone, quiet=(time(22), time(7)))
            await clock.move_to(now)
            async with telephone.bench(now=now) as bench:
                job = bench.submit(sms_delivery, text=f"{zone} {night}")
                urgent = bench.submit(sms_delivery, text=f"{zone} {night}!", urgent=True)
                await bench.advance(ends - now - timedelta(minutes=1))
                held = (job.state, job.failures, [text.body for text in telephone.texts][-1])
                [row] = await held_rows(telephone.database)

                await clock.move_to(ends)
                await bench.run()

            assert held == ("retrying", 0, f"{zone} {night}!"), zone
            assert row["held_until"] == ends
            assert (job.state, urgent.state) == ("succeeded", "succeeded")
            assert telephone.texts[-1].body == f"{zone} {night}"
            assert [a.outcome for a in job.attempts] == ["released", "succeeded"]
            assert job.progress[1].message == "Held until 07:00, the end of the quiet hours"
            assert await held_rows(telephone.database) == []

    assert len(telephone.texts) == 2 * len(NIGHTS)
    assert {text.to for text in telephone.texts} == {PHONE}


async def held_rows(database: asyncpg.Connection) -> list[asyncpg.Record]:
    return await database.fetch("SELECT * FROM sms_messages WHERE state = 'held'")
