"""What owners may do with their webhooks; what is not theirs does not exist."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from jobs.errors import InvalidWebhook, NotFound, TooManyWebhooks, WebhookDisabled
from jobs.ids import uuid7
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.webhooks import Webhooks
from jobs.webhooks.resource import Replay, Wanted, WebhookWithSecret
from realtime.caller import Caller
from realtime.errors import BadCursor
from tests.jobs.conftest import ANNA, BERT
from tests.jobs.providers.site import response
from tests.jobs.webhooks.conftest import delivery, due_now, make, passed, put
from tests.jobs.webhooks.receiver import OK, Receiver

NEIGHBOUR = Caller("bert", "acme", frozenset({"jobs:read", "org:read", "webhooks:write"}))
ADMIN = Caller("root", "ops", frozenset({"admin"}))
EARLY = datetime(2020, 1, 1, tzinfo=UTC)


async def test_a_secret_is_shown_once_and_kept_sealed(
    resources: Resources, webhook: WebhookWithSecret
) -> None:
    later = await resources.webhooks.get(ANNA, webhook.id)
    page = await resources.webhooks.list(ANNA, None, 10)
    [kept] = await resources.db.fetch("SELECT secret FROM webhooks")

    assert webhook.secret.startswith("whsec_")
    assert webhook.secret not in repr(webhook)
    for shown in (later, *page.data):
        assert webhook.secret not in shown.model_dump_json()
    assert webhook.secret.encode() not in kept["secret"]


async def test_webhooks_are_listed_newest_first_in_pages(
    resources: Resources, receiver: Receiver
) -> None:
    made = [(await make(resources, receiver.url(f"/{n}"))).id for n in range(5)]
    await make(resources, receiver.url(), BERT)

    first = await resources.webhooks.list(ANNA, None, 3)
    second = await resources.webhooks.list(ANNA, first.next, 3)

    assert [w.id for w in [*first.data, *second.data]] == made[::-1]
    assert (first.has_more, second.has_more, second.next) == (True, False, None)
    with pytest.raises(BadCursor):
        await resources.webhooks.list(ANNA, "what?", 3)


async def test_there_is_a_limit_to_webhooks_that_jobs_webhooks_do_not_count_for(
    resources: Resources, receiver: Receiver, settings: JobsSettings
) -> None:
    url = receiver.url()
    await resources.webhooks.for_job(ANNA, url)
    for _ in range(settings.max_webhooks):
        await make(resources, url)

    with pytest.raises(TooManyWebhooks):
        await make(resources, url)
    await make(resources, url, BERT)


async def test_jobs_may_name_only_so_many_urls_and_each_of_them_again(
    resources: Resources, receiver: Receiver, settings: JobsSettings
) -> None:
    front = Webhooks(settings.model_copy(update={"max_job_webhooks": 2}), resources.db)
    first = await front.for_job(ANNA, receiver.url("/1"))
    await front.for_job(ANNA, receiver.url("/2"))

    with pytest.raises(TooManyWebhooks):
        await front.for_job(ANNA, receiver.url("/3"))
    assert await front.for_job(ANNA, receiver.url("/1")) == first


@pytest.mark.parametrize("stranger", [BERT, NEIGHBOUR])
async def test_a_strangers_webhook_does_not_exist(
    resources: Resources, webhook: WebhookWithSecret, job: JobResource, stranger: Caller
) -> None:
    front, ident = resources.webhooks, webhook.id
    sent = await put(resources, ident, job)

    for refused in (
        front.get(stranger, ident),
        front.change(stranger, ident, {"enabled": False}),
        front.delete(stranger, ident),
        front.rotate(stranger, ident),
        front.test(stranger, ident),
        front.deliveries(stranger, ident, None, 10),
        front.replay(stranger, ident, Replay(ids=[sent])),
    ):
        with pytest.raises(NotFound):
            await refused
    assert (await front.list(stranger, None, 10)).data == []
    assert (await front.get(ANNA, ident)).enabled


async def test_a_delivery_of_another_webhook_is_not_replayed_through_ones_own(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    foreign = await put(resources, webhook.id, job)
    await passed(resources)
    own = await make(resources, receiver.url(), BERT)

    replayed = await resources.webhooks.replay(BERT, own.id, Replay(ids=[foreign]))

    assert replayed == await passed(resources) == 0


async def test_an_operator_may_disable_anybodys_webhook(
    resources: Resources, webhook: WebhookWithSecret
) -> None:
    changed = await resources.webhooks.change(ADMIN, webhook.id, {"enabled": False})

    assert not changed.enabled


async def test_what_is_given_changes_and_the_rest_stays(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret
) -> None:
    front = resources.webhooks

    moved = await front.change(ANNA, webhook.id, {"url": receiver.url("/new")})
    named = await front.change(ANNA, webhook.id, {"description": "d", "events": ["job.failed"]})
    same = await front.change(ANNA, webhook.id, {})

    assert moved.url == named.url == receiver.url("/new")
    assert (named.description, named.events) == ("d", ["job.failed"])
    assert same == named
    with pytest.raises(InvalidWebhook):
        await front.change(ANNA, webhook.id, {"url": "http://10.0.0.1/"})


async def test_another_url_begins_without_a_bad_record(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [response(status="500 Oops"), OK]
    await put(resources, webhook.id, job)
    await passed(resources)

    moved = await resources.webhooks.change(ANNA, webhook.id, {"url": receiver.url("/new")})
    await due_now(resources)
    await passed(resources)

    assert moved.failing_since is None
    assert [m.path for m in receiver.messages] == ["/hook", "/new"]


async def test_disabled_deliveries_wait_and_are_sent_when_they_are_replayed(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    front = resources.webhooks
    ident = await put(resources, webhook.id, job)

    off = await front.change(ANNA, webhook.id, {"enabled": False})
    while_off = await passed(resources)
    on = await front.change(ANNA, webhook.id, {"enabled": True})
    before_replay = await passed(resources)
    replayed = await front.replay(ANNA, webhook.id, Replay(since=EARLY))
    await passed(resources)

    assert (off.enabled, off.disabled_reason) == (False, "Its owner disabled it.")
    assert (on.enabled, on.disabled_at, on.disabled_reason) == (True, None, None)
    assert (while_off, before_replay, replayed) == (0, 0, 1)
    assert receiver.ids == [f"msg_{ident.hex}"]


async def test_a_disabled_webhook_is_neither_tried_nor_replayed(
    resources: Resources, webhook: WebhookWithSecret
) -> None:
    await resources.webhooks.change(ANNA, webhook.id, {"enabled": False})

    with pytest.raises(WebhookDisabled):
        await resources.webhooks.test(ANNA, webhook.id)
    with pytest.raises(WebhookDisabled):
        await resources.webhooks.replay(ANNA, webhook.id, Replay(since=EARLY))


async def test_a_deleted_webhook_takes_its_deliveries_along(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    await put(resources, webhook.id, job)

    await resources.webhooks.delete(ANNA, webhook.id)
    await put(resources, webhook.id, job)  # a change that had seen the webhook a moment before

    assert await passed(resources) == 0
    with pytest.raises(NotFound):
        await resources.webhooks.delete(ANNA, webhook.id)


async def test_a_test_is_sent_like_any_event(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret
) -> None:
    made = await resources.webhooks.test(ANNA, webhook.id)
    await passed(resources)

    [message] = receiver.messages
    event = message.verified(webhook.secret)
    assert (made.state, made.subject_id, made.message) == ("pending", webhook.id, message.id)
    assert (event["type"], event["subject"]) == ("webhook.test", f"webhook:{webhook.id}")
    assert (event["user"], event["org"]) == ("anna", "acme")


async def test_deliveries_are_listed_newest_first_with_what_became_of_them(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [OK, response(status="500 Oops")]
    made = [await put(resources, webhook.id, job)]
    await passed(resources)
    made.append(await put(resources, webhook.id, job))
    await passed(resources)
    made.append(await put(resources, webhook.id, job))
    held = "UPDATE deliveries SET next_at = NULL WHERE id = $1"
    await resources.db.fetch(held, made[2])

    first = await resources.webhooks.deliveries(ANNA, webhook.id, None, 2)
    second = await resources.webhooks.deliveries(ANNA, webhook.id, first.next, 2)

    shown = [*first.data, *second.data]
    assert [d.id for d in shown] == made[::-1]
    assert [d.state for d in shown] == ["failed", "pending", "delivered"]
    assert [d.status for d in shown] == [None, 500, 200]
    assert shown[1].problem == "The receiver answered 500."
    assert shown[1].next_try_at is not None
    assert (shown[2].tries, shown[2].subject_id) == (1, job.id)
    assert (first.has_more, second.has_more) == (True, False)
    for one in shown:
        found = await resources.webhooks.deliveries(ANNA, webhook.id, None, 9, one.state)
        assert found.data == [one]


async def test_a_replay_sends_the_same_message_again_from_the_first_wait_on(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    receiver.answers = [OK, response(status="500 Oops")]
    ident = await put(resources, webhook.id, job)
    await passed(resources)

    replayed = await resources.webhooks.replay(ANNA, webhook.id, Replay(ids=[ident]))
    await passed(resources)

    row = await delivery(resources, ident)
    first, second = receiver.messages
    assert replayed == 1
    assert (first.id, first.body) == (second.id, second.body)
    assert (row["tries"], row["delivered_at"], row["status"]) == (1, None, 500)
    assert 4 < row["wait"] < 6


async def test_a_replay_by_time_takes_the_failed_or_the_delivered_ones(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    good, bad, waiting, old = [await put(resources, webhook.id, job) for _ in range(4)]
    settle = "UPDATE deliveries SET next_at = NULL, delivered_at = $2 WHERE id = $1"
    await resources.db.fetch(settle, good, datetime.now(UTC))
    await resources.db.fetch(settle, bad, None)
    await resources.db.fetch(settle, old, None)
    past = "UPDATE deliveries SET created_at = now() - interval '1 day' WHERE id = $1"
    await resources.db.fetch(past, old)
    later = "UPDATE deliveries SET next_at = now() + interval '1 h' WHERE id = $1"
    await resources.db.fetch(later, waiting)
    since = datetime.now(UTC) - timedelta(hours=1)

    failed = await resources.webhooks.replay(ANNA, webhook.id, Replay(since=since))
    await passed(resources)
    delivered = await resources.webhooks.replay(
        ANNA, webhook.id, Replay(since=since, state="delivered")
    )

    assert receiver.ids == [f"msg_{bad.hex}"]
    assert (failed, delivered) == (1, 2)


async def test_a_replay_during_a_try_leaves_its_late_record_without_effect(
    resources: Resources, receiver: Receiver, webhook: WebhookWithSecret, job: JobResource
) -> None:
    let_go = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await let_go.wait()
        writer.write(response(status="500 Oops"))
        await writer.drain()

    receiver.answers = [slow, OK]
    ident = await put(resources, webhook.id, job)
    trying = asyncio.create_task(passed(resources))
    await receiver.wait_for(1)

    await resources.webhooks.replay(ANNA, webhook.id, Replay(ids=[ident]))
    await passed(resources)
    let_go.set()
    await trying

    assert (await delivery(resources, ident))["status"] == 200


async def test_a_jobs_webhook_is_made_once_for_each_url_and_user(
    resources: Resources, receiver: Receiver
) -> None:
    front, url = resources.webhooks, receiver.url("/job")

    same = await asyncio.gather(*(front.for_job(ANNA, url) for _ in range(10)))
    other = await front.for_job(ANNA, receiver.url("/other"))
    of_bert = await front.for_job(BERT, url)

    assert len(set(same)) == 1
    assert len({same[0], other, of_bert}) == 3
    shown = await front.get(ANNA, same[0])
    assert (shown.for_job, shown.events, shown.url) == (True, [], url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "https://user:secret@example.com/",
        "https://example.com:22/",
        "http://10.1.2.3/",
        "http://[::1]/",
        "http://2130706433/",
    ],
)
async def test_a_job_cannot_name_what_can_never_be_right(resources: Resources, url: str) -> None:
    with pytest.raises(InvalidWebhook):
        await resources.webhooks.for_job(ANNA, url)
    assert await resources.db.fetch("SELECT * FROM webhooks") == []


async def test_a_jobs_webhook_keeps_its_url_and_gets_a_secret_by_rotating(
    resources: Resources, receiver: Receiver, job: JobResource
) -> None:
    front = resources.webhooks
    ident = await front.for_job(ANNA, receiver.url())

    rotated = await front.rotate(ANNA, ident)
    await put(resources, ident, job)
    await passed(resources)

    assert receiver.messages[0].verified(rotated.secret)
    with pytest.raises(InvalidWebhook):
        await front.change(ANNA, ident, {"url": receiver.url("/moved")})
    assert (await front.change(ANNA, ident, {"events": ["job.*"]})).events == ["job.*"]


async def test_what_is_missing_is_missing_to_its_owner_too(resources: Resources) -> None:
    for call in (resources.webhooks.get(ANNA, uuid7()), resources.webhooks.rotate(ANNA, uuid7())):
        with pytest.raises(NotFound):
            await call


async def test_a_wanted_webhook_may_hear_of_the_whole_org(
    resources: Resources, receiver: Receiver
) -> None:
    made = await resources.webhooks.create(
        ANNA, Wanted(receiver.url(), ["job.failed"], "all of us", whole_org=True)
    )

    assert (made.whole_org, made.events, made.description) == (True, ["job.failed"], "all of us")
