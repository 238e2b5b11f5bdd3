"""What the tests of webhooks share: a receiver, a webhook that points at it, deliveries, one pass."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest

from jobs.ids import uuid7
from jobs.providers.transport import Resolver, resolve
from jobs.resource import JobResource
from jobs.resources import Resources, open_resources
from jobs.sealing import Seal
from jobs.settings import JobsSettings
from jobs.webhooks import Deliverer
from jobs.webhooks.resource import Wanted, WebhookWithSecret
from jobs.webhooks.sender import Sender
from jobs.webhooks.signing import PURPOSE
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, submit
from tests.jobs.webhooks.receiver import Receiver

DELIVERY = """
INSERT INTO deliveries (id, webhook_id, type, subject_id, seq, change_seq)
VALUES ($1, $2, $3, $4, $5, $6)
"""


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver.open() as opened:
        yield opened


@pytest.fixture
def settings(settings: JobsSettings, receiver: Receiver) -> JobsSettings:
    return settings.model_copy(
        update={
            "secret_key": type(settings.secret_key)("the tests' own key, long enough for anyone"),
            "web_allow_private": receiver.host,
            "webhook_timeout_seconds": 5.0,
        }
    )


@pytest.fixture
async def resources(settings: JobsSettings) -> AsyncIterator[Resources]:
    async with open_resources(settings) as opened:
        yield opened


@pytest.fixture
async def webhook(resources: Resources, receiver: Receiver) -> WebhookWithSecret:
    return await make(resources, receiver.url("/hook"))


@pytest.fixture
async def job(resources: Resources) -> JobResource:
    return await submit(resources, "echo", value="ü")


async def make(
    resources: Resources, url: str, caller: Caller = ANNA, events: Sequence[str] = ("job.expired",)
) -> WebhookWithSecret:
    """Make a webhook that hears only what is ``put`` on its way, unless ``events`` say more."""
    return await resources.webhooks.create(caller, Wanted(url, events))


async def put(
    resources: Resources, webhook: UUID, job: JobResource, seq: int = 1, kind: str = "job.queued"
) -> UUID:
    """Put an event of ``job`` on its way, as the change itself does."""
    ident = uuid7()
    await resources.db.fetch(DELIVERY, ident, webhook, kind, job.id, seq, seq)
    return ident


async def passed(
    resources: Resources, resolver: Resolver = resolve, settings: JobsSettings | None = None
) -> int:
    """Make one pass: try what is due, and wait until it is recorded. Returns how many were tried."""
    chosen = settings or resources.settings
    deliverer = Deliverer(chosen, resources.db, resources.deliverer._bodies, resources.inbox)
    seal = Seal(chosen.secret_key.get_secret_value(), PURPOSE)
    async with Sender(chosen, seal, resolver) as sender, asyncio.TaskGroup() as tries:
        return await deliverer.begin(sender, tries)


async def delivery(resources: Resources, ident: UUID) -> dict[str, Any]:
    """Return a delivery's row, and in how many seconds it is due."""
    record = await resources.db.fetchrow(
        "SELECT *, extract(epoch FROM next_at - now())::float8 AS wait FROM deliveries WHERE id = $1",
        ident,
    )
    assert record is not None
    return dict(record)


async def due_now(resources: Resources) -> None:
    """Let the time pass until everything that waits for a try is due."""
    await resources.db.fetch("UPDATE deliveries SET next_at = now() WHERE next_at IS NOT NULL")
