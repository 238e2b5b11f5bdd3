"""From a row to somebody's server: what is sent, how often, and what follows from the answer."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobs import store
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.sealing import Seal
from jobs.settings import JobsSettings
from jobs.webhooks.policy import LEASE, PER_HOST, WAITS
from jobs.webhooks.resource import WebhookWithSecret
from jobs.webhooks.signing import PURPOSE
from realtime import keys
from realtime.channels import Channel
from realtime.message import Message
from tests.jobs.conftest import ANNA, BERT, ended, submit, working
from tests.jobs.providers.site import response
from tests.jobs.webhooks.conftest import delivery, due_now, make, passed, put
from tests.jobs.webhooks.receiver import OK, Receiver

BROKEN = response(status="500 Oops")


async def test_an_event_is_sent_signed_and_in_the_one_envelope(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    ident = await put(resources, webhook.id, job)

    await passed(resources)

    [message] = receiver.messages
    event = message.verified(webhook.secret)
    assert message.path == "/hook"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["user-agent"].startswith("Jobcast")
    assert message.id == f"msg_{ident.hex}"
    assert "." not in message.id
    assert abs(int(message.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 5
    assert (event["specversion"], event["type"]) == ("1.0", "job.queued")
    assert (event["id"], event["subject"]) == (f"{job.id}.1", f"job:{job.id}")
    assert (event["channel"], event["offset"], event["seq"]) == ("user:anna", 1, 1)
    assert (event["data"]["kind"], event["data"]["state"]) == ("echo", "queued")


async def test_a_success_is_recorded_and_nothing_more_is_sent(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    ident = await put(resources, webhook.id, job)

    tried = [await passed(resources), await passed(resources)]

    row = await delivery(resources, ident)
    assert tried == [1, 0]
    assert (row["status"], row["problem"], row["next_at"], row["tries"]) == (200, None, None, 1)
    assert row["delivered_at"] is not None


async def test_every_try_carries_the_same_id_and_body_and_a_timestamp_of_its_own(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [BROKEN, BROKEN, OK]
    await put(resources, webhook.id, job)

    await passed(resources)
    await resources.queue.cancel(ANNA, job.id)
    for _ in range(2):
        await due_now(resources)
        await passed(resources)

    assert len(receiver.messages) == 3
    assert len(set(receiver.ids)) == len({m.body for m in receiver.messages}) == 1
    assert all(m.verified(webhook.secret)["type"] == "job.queued" for m in receiver.messages)


async def test_a_change_that_the_job_has_left_behind_is_told_from_its_history(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    await resources.queue.cancel(ANNA, job.id)
    await put(resources, webhook.id, job, seq=1)
    await put(resources, webhook.id, job, seq=2, kind="job.cancelled")

    await passed(resources)

    told = {m.event["seq"]: m.event for m in receiver.messages}
    assert [told[n]["type"] for n in (1, 2)] == ["job.queued", "job.cancelled"]
    assert [told[n]["offset"] for n in (1, 2)] == [1, 2]
    assert [told[n]["id"] for n in (1, 2)] == [f"{job.id}.1", f"{job.id}.2"]
    assert [told[n]["data"]["state"] for n in (1, 2)] == ["queued", "cancelled"]
    assert {e["channel"] for e in told.values()} == {"user:anna"}
    assert told[1]["epoch"] == told[2]["epoch"]


async def test_what_tells_of_a_job_that_is_gone_is_dropped_and_blames_nobody(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    ident = await put(resources, webhook.id, job)
    unknown = await put(resources, webhook.id, job, seq=99)
    await resources.queue.cancel(ANNA, job.id)
    await resources.db.fetch("DELETE FROM jobs")

    await passed(resources)

    for row in (await delivery(resources, ident), await delivery(resources, unknown)):
        assert (row["next_at"], row["problem"]) == (None, "What it tells of is gone.")
    assert receiver.connections == 0
    assert (await resources.webhooks.get(ANNA, webhook.id)).failing_since is None


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nx")
    await reader.read()


BAD_ANSWERS = [
    (BROKEN, 500, "answered 500"),
    (response(status="404 Gone"), 404, "answered 404"),
    (hang, None, "longer than"),
    (drip, None, "longer than"),
    (reset, None, "cannot be reached"),
    (b"what?\r\n\r\n", None, "cannot be reached"),
    (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000 + b"\r\n", None, "cannot be reached"),
]


@pytest.mark.parametrize(("answer", "status", "problem"), BAD_ANSWERS, ids=range(len(BAD_ANSWERS)))
async def test_whatever_a_receiver_does_the_try_ends_and_is_repeated(
    resources: Resources,
    receiver: Receiver,
    webhook: WebhookWithSecret,
    job: JobResource,
    answer: Any,
    status: int | None,
    problem: str,
) -> None:
    receiver.answers = [answer]
    hurried = resources.settings.model_copy(update={"webhook_timeout_seconds": 0.3})
    ident = await put(resources, webhook.id, job)

    async with asyncio.timeout(5):
        await passed(resources, settings=hurried)

    row = await delivery(resources, ident)
    assert row["status"] == status
    assert problem in row["problem"]
    assert 4 < row["wait"] < 6
    assert (await resources.webhooks.get(ANNA, webhook.id)).failing_since is not None


async def test_a_receiver_that_is_not_there_is_tried_again(
    resources: Resources, receiver: Receiver, job: JobResource
) -> None:
    async with Receiver.open() as closed:
        pass
    both = resources.settings.model_copy(update={"web_allow_private": closed.host})
    ident = await put(resources, (await make(resources, receiver.url())).id, job)
    await resources.db.fetch("UPDATE webhooks SET url = $1", closed.url())

    await passed(resources, settings=both)

    assert "cannot be reached" in (await delivery(resources, ident))["problem"]


async def test_of_a_huge_answer_only_the_start_is_read(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    sent = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        while sent < 1_000_000_000:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    receiver.answers = [flood]
    ident = await put(resources, webhook.id, job)

    await passed(resources)

    assert (await delivery(resources, ident))["status"] == 200
    assert sent < 50_000_000  # what the sockets' buffers take


@pytest.mark.parametrize(
    ("status", "asked", "least", "most"),
    [
        ("503 Busy", "3600", 3590, 3601),
        ("429 Slow", "3600", 3590, 3601),
        ("503 Busy", "9999999", 86390, 86401),
        ("503 Busy", "soon", 4, 6),
        ("500 Oops", "3600", 4, 6),
    ],
)
async def test_retry_after_is_honoured_up_to_a_day(
    resources: Resources,
    receiver: Receiver,
    webhook: WebhookWithSecret,
    job: JobResource,
    status: str,
    asked: str,
    least: float,
    most: float,
) -> None:
    receiver.answers = [response(status=status, retry_after=asked)]
    ident = await put(resources, webhook.id, job)

    await passed(resources)

    assert least < (await delivery(resources, ident))["wait"] < most


async def test_a_receiver_that_fails_for_days_is_tried_ten_times_and_then_given_up(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [BROKEN]
    ident = await put(resources, webhook.id, job)

    waits = []
    while await passed(resources):
        waits.append((await delivery(resources, ident))["wait"])
        await due_now(resources)

    row = await delivery(resources, ident)
    assert len(receiver.messages) == row["tries"] == 10
    assert waits[-1] is None
    for wait, listed in zip(waits[:-1], WAITS, strict=True):
        assert abs(wait / listed.total_seconds() - 1) < 0.11
    assert (row["next_at"], row["status"]) == (None, 500)


async def test_410_disables_the_webhook_at_once_and_tells_its_owner(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [response(status="410 Gone")]
    ident = await put(resources, webhook.id, job)
    later = await put(resources, webhook.id, job)
    await resources.db.fetch(
        "UPDATE deliveries SET next_at = now() + interval '1 h' WHERE id = $1", later
    )

    async with resources.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(keys.events(Channel.user("acme", "anna")))
        await pubsub.get_message(timeout=5)
        await passed(resources)
        published = await pubsub.get_message(timeout=5)

    shown = await resources.webhooks.get(ANNA, webhook.id)
    rows = [await delivery(resources, ident), await delivery(resources, later)]
    [entry] = await resources.db.fetch("SELECT * FROM inbox")
    [position] = await resources.db.fetch("SELECT seq FROM sequences")
    assert (shown.enabled, shown.disabled_reason) == (False, "It answered 410 Gone.")
    assert [row["next_at"] for row in rows] == [None, None]
    assert rows[1]["problem"] == "The webhook was disabled."
    assert (entry["user_id"], entry["name"]) == ("anna", "webhook.disabled")
    assert entry["data"]["webhook_id"] == str(webhook.id)
    assert entry["change_seq"] == position["seq"] == 2
    assert published is not None
    assert Message.unpack(published["data"]).type == "inbox.created"


async def test_five_days_without_one_success_disable_a_webhook(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [BROKEN]
    await put(resources, webhook.id, job)
    await passed(resources)

    for days, enabled in ((4.9, True), (5.1, False)):
        await resources.db.fetch(
            "UPDATE webhooks SET failing_since = now() - $1::interval", timedelta(days=days)
        )
        await due_now(resources)
        await passed(resources)

        assert (await resources.webhooks.get(ANNA, webhook.id)).enabled is enabled

    await due_now(resources)
    assert await passed(resources) == 0
    assert len(await resources.db.fetch("SELECT * FROM inbox")) == 1


async def test_one_success_begins_the_five_days_anew(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [BROKEN, OK, BROKEN]
    for _ in range(3):
        await put(resources, webhook.id, job)
    await resources.db.fetch("UPDATE webhooks SET failing_since = now() - interval '4 days'")

    await passed(resources)

    shown = await resources.webhooks.get(ANNA, webhook.id)
    assert shown.enabled
    assert shown.failing_since is None or shown.failing_since > shown.created_at


async def test_a_disabled_webhook_holds_nobody_up(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    other = await make(resources, receiver.url("/other"))
    await resources.webhooks.change(ANNA, webhook.id, {"enabled": False})
    for each in (webhook, other):
        await put(resources, each.id, job)

    await passed(resources)

    assert [m.path for m in receiver.messages] == ["/other"]


async def test_a_worker_that_dies_before_it_records_is_followed_after_the_lease(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    ident = await put(resources, webhook.id, job)
    [dead] = await store.claim_deliveries(resources.db, 10, {}, PER_HOST, LEASE)

    within = await passed(resources)
    await due_now(resources)
    after = await passed(resources)
    await store.record_failed(resources.db, dead, (500, "late"), LEASE, LEASE)

    row = await delivery(resources, ident)
    assert (within, after) == (0, 1)
    assert receiver.ids == [dead.message]
    assert (row["status"], row["tries"], row["next_at"]) == (200, 2, None)


async def test_a_worker_killed_after_sending_sends_again_under_the_same_id(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [hang, OK]
    ident = await put(resources, webhook.id, job)
    sending = asyncio.create_task(passed(resources))
    await receiver.wait_for(1)

    sending.cancel()
    await asyncio.wait([sending])
    await due_now(resources)
    await passed(resources)

    assert receiver.ids == [f"msg_{ident.hex}"] * 2
    assert receiver.messages[0].body == receiver.messages[1].body
    assert (await delivery(resources, ident))["status"] == 200


async def test_two_deliverers_at_once_send_each_due_row_once(
    resources: Resources, receiver: Receiver, job: JobResource
) -> None:
    hooks = [await make(resources, receiver.url(f"/{n}")) for n in range(4)]
    idents = [await put(resources, hook.id, job) for hook in hooks for _ in range(10)]

    async def work() -> None:
        while await passed(resources):
            pass

    left = len(idents)
    while left:
        await asyncio.gather(work(), work())
        [row] = await resources.db.fetch("SELECT count(*) FROM deliveries WHERE next_at <= now()")
        left = row[0]

    assert sorted(receiver.ids) == sorted(f"msg_{ident.hex}" for ident in idents)


async def test_one_host_gets_at_most_five_at_once_and_holds_up_no_other(
    resources: Resources, receiver: Receiver, job: JobResource
) -> None:
    let_go = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        writer.write(OK)
        await writer.drain()

    receiver.answers = [slow]
    async with Receiver.open() as quick:
        both = resources.settings.model_copy(
            update={"web_allow_private": f"{receiver.host},{quick.host}", "relay_seconds": 0.05}
        )
        for number in range(2):
            hook = await make(resources, receiver.url(f"/{number}"))
            for _ in range(10):
                await put(resources, hook.id, job)
        fast = await make(resources, receiver.url("/fast"))
        await resources.db.fetch(
            "UPDATE webhooks SET url = $1 WHERE id = $2", quick.url("/fast"), fast.id
        )
        for _ in range(10):
            await put(resources, fast.id, job)

        async with working(both):
            await quick.wait_for(10)
            await receiver.wait_for(5)
            waiting = len(receiver.messages)
            let_go.set()
            await receiver.wait_for(20)

    assert waiting == receiver.most_parallel == 5
    assert quick.most_parallel <= 5
    assert len(set(receiver.ids)) == len(receiver.ids) == 20


async def test_an_org_with_a_long_backlog_does_not_keep_another_waiting(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    for _ in range(20):
        await put(resources, webhook.id, job)
    of_bert = await make(resources, receiver.url("/bert"), BERT)
    await put(resources, of_bert.id, job)
    two = resources.settings.model_copy(update={"webhook_concurrency": 2})

    await passed(resources, settings=two)

    assert sorted(m.path for m in receiver.messages) == ["/bert", "/hook"]


async def test_receivers_that_hang_hold_up_no_job(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, settings: JobsSettings
) -> None:
    receiver.answers = [hang]
    one = settings.model_copy(update={"webhook_concurrency": 1, "webhook_timeout_seconds": 60})

    async with working(one):
        first = await submit(resources, "echo", value=1)
        for _ in range(5):
            await put(resources, webhook.id, first)
        await receiver.wait_for(1)
        done = [await ended(resources, await submit(resources, "echo", value=n)) for n in range(5)]

    assert {job.state for job in done} == {"succeeded"}
    assert len(receiver.messages) == 1


async def test_while_secrets_change_both_sign_and_a_day_later_only_the_new_one(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    rotated = await resources.webhooks.rotate(ANNA, webhook.id)
    await put(resources, webhook.id, job)
    await passed(resources)
    await resources.db.fetch("UPDATE webhooks SET old_secret_until = now() - interval '1 s'")
    await put(resources, webhook.id, job)
    await passed(resources)

    during, after = receiver.messages
    assert during.verified(webhook.secret) == during.verified(rotated.secret)
    assert after.verified(rotated.secret)
    assert len(during.headers["webhook-signature"].split()) == 2
    assert len(after.headers["webhook-signature"].split()) == 1


async def test_a_secret_that_cannot_be_opened_is_told_and_nothing_is_sent_unsigned(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    ident = await put(resources, webhook.id, job)
    sealed = Seal("some other key", PURPOSE).close("whsec_aaaa")
    await resources.db.fetch("UPDATE webhooks SET secret = $1", sealed)

    await passed(resources)

    assert receiver.connections == 0
    assert "SECRET_KEY" in (await delivery(resources, ident))["problem"]


async def test_a_worker_delivers_by_itself_and_ends_in_time(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, settings: JobsSettings
) -> None:
    async with working(settings):
        job = await submit(resources, "slow", seconds=60)
        await put(resources, webhook.id, job)
        await receiver.wait_for(1)
        receiver.answers = [hang]
        await put(resources, webhook.id, job)
        await receiver.wait_for(2)
        await resources.queue.cancel(ANNA, job.id)

    assert all(m.verified(webhook.secret) for m in receiver.messages)


async def test_neither_secrets_nor_urls_get_into_the_log(
    resources: Resources,
    receiver: Receiver,
    webhook: WebhookWithSecret,
    job: JobResource,
    capfd: pytest.CaptureFixture[str],
) -> None:
    receiver.answers = [OK, BROKEN, reset, response(status="410 Gone")]
    for _ in range(4):
        await put(resources, webhook.id, job)
        await passed(resources)

    written = "".join(capfd.readouterr())
    assert "webhook.disabled" in written
    assert webhook.secret not in written
    assert "/hook" not in written
