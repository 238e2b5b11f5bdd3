"""What a webhook hears of notifications that no device has shown: signed, retried, its owner's only."""

import pytest

from jobs.preferences import Wishes
from jobs.resources import Resources
from jobs.webhooks.resource import Wanted, WebhookWithSecret
from jobs.worker import Worker
from tests.jobs.conftest import ANNA, ended, submit
from tests.jobs.handoff.scene import entry, passes, sweep_of, told, turn_back
from tests.jobs.providers.site import response
from tests.jobs.webhooks.conftest import due_now, make, passed
from tests.jobs.webhooks.receiver import OK, Receiver

UNSEEN = ["inbox.unseen"]


@pytest.fixture
async def webhook(resources: Resources, receiver: Receiver) -> WebhookWithSecret:
    return await make(resources, receiver.url("/hook"), events=UNSEEN)


async def test_a_webhook_hears_of_it_signed_and_again_after_a_failure_in_the_same_words(
    resources: Resources, webhook: WebhookWithSecret, receiver: Receiver
) -> None:
    receiver.answers = [response(b"no", "500 No"), OK]
    made = await told(resources)
    await passes(sweep_of(resources))

    await passed(resources)
    await resources.inbox.read(ANNA, [made])
    await due_now(resources)
    await passed(resources)

    first, second = (message.verified(webhook.secret) for message in receiver.messages)
    assert first == second
    assert (first["type"], first["subject"]) == ("inbox.unseen", f"inbox:{made}")
    assert (first["id"], first["user"], first["org"]) == (f"{made}.unseen", "anna", "acme")
    assert (first["data"]["name"], first["data"]["read_at"]) == ("job.failed", None)
    assert first["data"]["data"] == {"kind": "echo", "state": "failed"}
    assert not {"channel", "offset", "epoch"} & set(first)
    assert receiver.ids[0] == receiver.ids[1]


async def test_an_entry_that_is_gone_by_then_is_dropped(
    resources: Resources, webhook: WebhookWithSecret, receiver: Receiver
) -> None:
    await told(resources)
    await passes(sweep_of(resources))
    await resources.db.fetch("DELETE FROM inbox")

    await passed(resources)

    [record] = await resources.db.fetch("SELECT next_at, problem FROM deliveries")
    assert (receiver.messages, record["next_at"]) == ([], None)


async def test_a_disabled_webhook_is_told_nothing(
    resources: Resources, webhook: WebhookWithSecret
) -> None:
    made = await told(resources)
    await resources.webhooks.change(ANNA, webhook.id, {"enabled": False})

    await passes(sweep_of(resources))

    row = await entry(resources, made)
    assert (row["handoff_at"], row["handed_off"]) == (None, None)
    assert await resources.db.fetch("SELECT id FROM deliveries") == []


async def test_a_webhook_that_gives_up_is_told_of_by_another(
    resources: Resources, webhook: WebhookWithSecret, receiver: Receiver
) -> None:
    await make(resources, receiver.url("/other"), events=UNSEEN)
    receiver.answers = [response(b"gone", "410 Gone"), OK]
    await told(resources)
    await passes(sweep_of(resources))
    await passed(resources)
    await turn_back(resources, 3600)

    await passes(sweep_of(resources))
    await passed(resources)

    names = [message.event["data"]["name"] for message in receiver.messages]
    assert sorted(names) == ["job.failed", "job.failed", "webhook.disabled"]


async def test_a_jobs_own_ending_reaches_the_webhook_through_a_worker(
    resources: Resources, webhook: WebhookWithSecret, receiver: Receiver, worker: Worker
) -> None:
    await resources.preferences.put(ANNA, Wishes(about="names", names=["brief_completed"]))
    job = await submit(resources, "tell", texts=["done"])
    await ended(resources, job)
    await turn_back(resources, 3600)

    await receiver.wait_for(1)

    event = receiver.messages[0].verified(webhook.secret)
    assert (event["data"]["job_id"], event["data"]["data"]) == (str(job.id), {"text": "done"})


async def test_unseen_is_heard_only_by_who_names_it(resources: Resources) -> None:
    for events in (["notification.*"], ["job.*", "batch.*"]):
        await resources.webhooks.create(ANNA, Wanted("https://example.com/", events))
    made = await told(resources)

    looked_at = await passes(sweep_of(resources))

    assert (looked_at, (await entry(resources, made))["handoff_at"]) == (0, None)
