"""Jobs' own lives over webhooks: who hears what, and that hearing disturbs no job."""

import asyncio
from datetime import timedelta

from jobs import store
from jobs.ids import uuid7
from jobs.queue import Submission
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import Owner
from jobs.webhooks.resource import Wanted
from realtime.caller import Caller
from realtime.channels import Channel
from tests.jobs.conftest import ANNA, BERT, ended, submit, working
from tests.jobs.test_inbox import told
from tests.jobs.webhooks.conftest import DELIVERY, make, passed, put
from tests.jobs.webhooks.receiver import Receiver

CARL = Caller("carl", "acme", frozenset({"jobs:read", "jobs:write"}))
MINE = Channel.user("acme", "anna")


async def test_a_jobs_life_is_sent_step_by_step_each_step_once(
    resources: Resources, receiver: Receiver, settings: JobsSettings
) -> None:
    hook = await make(resources, receiver.url("/hook"), events=["job.*"])

    async with working(settings):
        job = await ended(resources, await submit(resources, "echo", value="v"))
        await receiver.wait_for(3)

    events = sorted((m.verified(hook.secret) for m in receiver.messages), key=lambda e: e["seq"])
    assert [e["type"] for e in events] == ["job.queued", "job.started", "job.succeeded"]
    assert [e["data"]["state"] for e in events] == ["queued", "running", "succeeded"]
    assert [e["offset"] for e in events] == [1, 2, 3]
    assert {e["subject"] for e in events} == {f"job:{job.id}"}
    assert len(set(receiver.ids)) == 3


async def test_a_webhook_is_sent_the_very_event_that_browsers_hear(
    resources: Resources, receiver: Receiver, settings: JobsSettings
) -> None:
    await make(resources, receiver.url("/hook"), events=["job.succeeded"])

    async with working(settings):
        await ended(resources, await submit(resources, "echo", value="v"))
        await receiver.wait_for(1)
    changes = await resources.source.changes(MINE, 0, 10)

    assert [m.body for m in receiver.messages] == [m.body for m in changes.messages]
    assert receiver.messages[0].event["data"]["result"] == {"value": "v"}


async def test_only_the_owner_and_who_may_hear_the_whole_org_are_told(
    resources: Resources, receiver: Receiver
) -> None:
    for caller, name in ((ANNA, "anna"), (BERT, "bert"), (CARL, "carl")):
        await make(resources, receiver.url(f"/{name}"), caller, ["job.*"])
    whole = Wanted(receiver.url("/lead"), ["job.*"], whole_org=True)
    await resources.webhooks.create(CARL, whole)
    foreign = Wanted(receiver.url("/foreign"), ["job.*"], whole_org=True)
    await resources.webhooks.create(BERT, foreign)
    await make(resources, receiver.url("/failures"), ANNA, ["job.failed"])

    await submit(resources, "echo")
    await passed(resources)

    assert sorted(m.path for m in receiver.messages) == ["/anna", "/lead"]


async def test_a_jobs_own_webhook_hears_of_its_end_and_of_no_other_job(
    resources: Resources, receiver: Receiver, settings: JobsSettings
) -> None:
    own = await resources.webhooks.for_job(ANNA, receiver.url("/own"))

    async with working(settings):
        await ended(resources, await submit(resources, "echo", value="another"))
        asked = Submission("echo", {"value": "mine"}, webhook_id=own)
        job = await ended(resources, await resources.queue.submit(ANNA, asked))
        await receiver.wait_for(1)

    [message] = receiver.messages
    assert (message.event["type"], message.event["subject"]) == ("job.succeeded", f"job:{job.id}")


async def test_webhooks_that_come_and_go_fail_no_job(
    resources: Resources, receiver: Receiver, settings: JobsSettings
) -> None:
    async def come_and_go() -> None:
        for _ in range(30):
            hook = await make(resources, receiver.url(), events=["job.*"])
            await resources.webhooks.delete(ANNA, hook.id)

    async with working(settings):
        jobs, _ = await asyncio.gather(
            asyncio.gather(*(submit(resources, "echo", value=n) for n in range(100))),
            come_and_go(),
        )
        done = [await ended(resources, job) for job in jobs]

    assert {job.state for job in done} == {"succeeded"}


async def test_a_disabled_webhook_collects_nothing(
    resources: Resources, receiver: Receiver
) -> None:
    hook = await make(resources, receiver.url(), events=["job.*"])
    await resources.webhooks.change(ANNA, hook.id, {"enabled": False})

    await submit(resources, "echo")

    assert (await resources.webhooks.deliveries(ANNA, hook.id, None, 10)).data == []


async def test_a_notification_is_sent_as_it_was_told_though_it_was_read_meanwhile(
    resources: Resources, receiver: Receiver
) -> None:
    hook = await make(resources, receiver.url(), events=["notification.*"])
    entry = await told(resources, "brief_completed", text="ready")
    row = (hook.id, "notification.brief_completed", entry, 0, 1)
    await resources.db.fetch(DELIVERY, uuid7(), *row)
    await resources.inbox.read(ANNA, None)

    await passed(resources)

    event = receiver.messages[0].verified(hook.secret)
    assert (event["type"], event["id"]) == ("notification.brief_completed", f"{entry}.1")
    assert (event["subject"], event["offset"]) == (f"inbox:{entry}", 1)
    assert event["data"]["data"] == {"text": "ready"}


async def test_a_completed_batch_is_sent_with_its_counters(
    resources: Resources, receiver: Receiver
) -> None:
    hook = await make(resources, receiver.url(), events=["batch.completed"])
    batch = uuid7()
    owner = Owner("acme", "anna")
    await store.create_batch(resources.db, batch, owner, open=False, on_complete=None, tags=[])

    [completed] = await store.complete_batches(resources.db, 10)
    await passed(resources)

    event = receiver.messages[0].verified(hook.secret)
    assert (event["type"], event["subject"]) == ("batch.completed", f"batch:{batch}")
    assert (event["offset"], event["seq"]) == (completed.change_seq, completed.version)
    assert event["data"]["total"] == 0


async def test_old_deliveries_are_removed_and_so_is_what_a_deleted_webhook_left(
    resources: Resources, receiver: Receiver, job: JobResource
) -> None:
    hook = await make(resources, receiver.url())
    old, waiting, stray, fresh = [await put(resources, hook.id, job) for _ in range(4)]
    await resources.db.fetch("UPDATE deliveries SET next_at = NULL WHERE id = $1", old)
    elsewhere = "UPDATE deliveries SET webhook_id = $2 WHERE id = $1"
    await resources.db.fetch(elsewhere, stray, uuid7())
    aged = "UPDATE deliveries SET created_at = now() - interval '31 days' WHERE id <> $1"
    await resources.db.fetch(aged, fresh)

    await store.prune_rest(resources.db, timedelta(days=30), timedelta(days=30), 100)

    kept = {row["id"] for row in await resources.db.fetch("SELECT id FROM deliveries")}
    assert kept == {waiting, fresh}
