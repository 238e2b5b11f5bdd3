"""The hand-off as a whole: what no device has shown goes out once, by its user's wishes, and in time."""

import asyncio

import pytest

from jobs.handoff import Sweep
from jobs.inbox import InboxFilter
from jobs.preferences import Wishes
from jobs.resource import JobResource
from jobs.resources import Resources
from jobs.worker import Worker
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, BERT, ended, submit
from tests.jobs.handoff.scene import (
    BOTH,
    LONG_AGO,
    MAIL,
    PHONE,
    YOUNG,
    deliveries,
    entry,
    hook,
    passes,
    sent,
    sweep_of,
    told,
    turn_back,
    wishes,
)

CARL = Caller("carl", "acme", ANNA.scopes)


async def test_an_entry_nobody_has_shown_for_a_minute_goes_by_mail_and_sms_once(
    resources: Resources, sweep: Sweep
) -> None:
    await wishes(resources, BOTH)
    made = await told(resources)

    await passes(sweep)
    await turn_back(resources, 3600)
    again = await passes(sweep)

    mail, sms = sorted(await sent(resources), key=lambda job: job.kind)
    row = await entry(resources, made)
    assert row["handed_off"] == {"email": f"job:{mail.id}", "sms": f"job:{sms.id}"}
    assert (row["handoff_at"], row["acked_at"], row["read_at"], again) == (None, None, None, 0)
    assert (mail.kind, mail.user, mail.org) == ("email_delivery", "anna", "acme")
    assert (mail.args["to"], mail.args["subject"]) == ("anna@example.com", "echo failed")
    assert (sms.kind, sms.args["to"]) == ("sms_delivery", "+4930123456")
    assert mail.args["inbox_ids"] == sms.args["inbox_ids"] == [str(made)]


async def test_nothing_is_sent_to_an_address_that_is_not_verified(
    resources: Resources, sweep: Sweep
) -> None:
    await wishes(resources, BOTH, verified=False)
    await resources.db.fetch("UPDATE preferences SET phone_verified_at = now()")
    made = await told(resources)

    await passes(sweep)

    row, [sms] = await entry(resources, made), await sent(resources)
    assert row["handed_off"] == {"email": "not_verified", "sms": f"job:{sms.id}"}
    assert (sms.kind, row["handoff_at"]) == ("sms_delivery", None)


async def test_what_a_processor_told_by_mail_itself_goes_the_other_ways_only(
    resources: Resources, sweep: Sweep
) -> None:
    await wishes(resources, BOTH)
    made = await told(resources, "brief_completed", data={"told_by": ["email"]})

    await passes(sweep)

    row, [sms] = await entry(resources, made), await sent(resources)
    assert row["handed_off"] == {"sms": f"job:{sms.id}"}


async def test_a_young_entry_waits_for_its_minute(resources: Resources, sweep: Sweep) -> None:
    await wishes(resources, MAIL)
    made = await told(resources, age=YOUNG)

    await passes(sweep)
    first = await entry(resources, made)
    await turn_back(resources, 30)
    await passes(sweep)
    early = await sent(resources)
    await turn_back(resources, 30)
    await passes(sweep)

    assert first["age_then"] == 60
    assert (early, len(await sent(resources))) == ([], 1)


@pytest.mark.parametrize("how", ["ack", "read", "read_all"])
async def test_what_any_device_has_shown_or_read_is_not_handed_off(
    resources: Resources, sweep: Sweep, how: str
) -> None:
    await wishes(resources, BOTH)
    await hook(resources)
    made = await told(resources, age=YOUNG)
    await passes(sweep)

    if how == "ack":
        await resources.inbox.acknowledge(ANNA, 1)
    else:
        await resources.inbox.read(ANNA, [made] if how == "read" else None)
    await turn_back(resources, 3600)
    looked_at = await passes(sweep)

    row = await entry(resources, made)
    assert (looked_at, row["handed_off"], await sent(resources)) == (0, None, [])
    assert (await deliveries(resources), row["acked_at"] is not None) == ([], True)


@pytest.mark.parametrize("column", ["read_at", "acked_at"])
async def test_what_a_server_of_the_release_before_marked_as_read_is_let_be(
    resources: Resources, sweep: Sweep, column: str
) -> None:
    await wishes(resources, BOTH)
    made = await told(resources)
    await resources.db.fetch(f"UPDATE inbox SET {column} = now()")  # noqa: S608 - our own name

    looked_at = [await passes(sweep), await passes(sweep)]

    row = await entry(resources, made)
    assert (row["handed_off"], row["handoff_at"], looked_at) == (None, None, [1, 0])


async def test_who_has_asked_for_nothing_is_never_looked_at(
    resources: Resources, sweep: Sweep
) -> None:
    await wishes(resources, Wishes(email="anna@example.com"))
    made = await told(resources)
    other = await told(resources, caller=BERT)

    looked_at = await passes(sweep)

    rows = [await entry(resources, ident) for ident in (made, other)]
    assert looked_at == 0
    assert [(row["handoff_at"], row["handed_off"]) for row in rows] == [(None, None)] * 2


async def test_without_the_kind_that_delivers_the_entry_says_so_and_nothing_loops(
    resources: Resources,
) -> None:
    await wishes(resources, BOTH)
    made = await told(resources)
    await turn_back(resources, 61)
    ignorant = sweep_of(resources, knowing="echo")

    looked_at = [await passes(ignorant), await passes(ignorant)]

    row = await entry(resources, made)
    assert row["handed_off"] == {"email": "not_available", "sms": "not_available"}
    assert (row["handoff_at"], looked_at) == (None, [1, 0])


@pytest.mark.parametrize("known", ["echo", "email_delivery", "sms_delivery"])
async def test_a_worker_without_the_kind_leaves_the_user_to_one_that_has_it(
    resources: Resources, sweep: Sweep, known: str
) -> None:
    await wishes(resources, BOTH)
    await told(resources)
    ignorant = sweep_of(resources, knowing=known)

    looked_at = [await passes(ignorant), await passes(sweep)]

    assert (looked_at, len(await sent(resources))) == ([0, 1], 2)


async def test_what_a_worker_leaves_to_others_keeps_it_from_nothing(resources: Resources) -> None:
    ignorant = sweep_of(resources, knowing="sms_delivery")
    ignorant._page = 2
    await wishes(resources, BOTH)
    for _ in range(5):
        await told(resources)
    await wishes(resources, PHONE, BERT)
    await told(resources, caller=BERT)
    await hook(resources, CARL)
    unseen = await told(resources, caller=CARL)

    await passes(ignorant)

    assert (len(await sent(resources)), len(await sent(resources, BERT))) == (0, 1)
    assert [subject for subject, _ in await deliveries(resources)] == [unseen]


async def test_a_kind_that_refuses_the_args_leaves_it_at_that(
    resources: Resources, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wishes(resources, BOTH)
    made = await told(resources)
    monkeypatch.setattr("jobs.handoff.sweep.KINDS", {"email": "visit", "sms": "sms_delivery"})

    await passes(sweep)

    row, [sms] = await entry(resources, made), await sent(resources)
    assert row["handed_off"] == {"email": "refused", "sms": f"job:{sms.id}"}


async def test_a_webhook_that_asked_is_told_without_preferences_and_nobody_elses_is(
    resources: Resources, sweep: Sweep
) -> None:
    mine = await hook(resources)
    await hook(resources, CARL, whole_org=True)
    await hook(resources, BERT)
    deaf = await hook(resources)
    await resources.webhooks.change(ANNA, deaf.id, {"events": ["job.*"]})
    made = await told(resources)

    await passes(sweep)
    await turn_back(resources, 3600)
    await passes(sweep)

    assert await deliveries(resources) == [(made, mine.id)]
    assert (await entry(resources, made))["handed_off"] == {"webhook": "told"}


async def test_what_a_delivery_tells_is_not_delivered_again(
    resources: Resources, sweep: Sweep, worker: Worker
) -> None:
    await wishes(resources, MAIL)
    await told(resources)
    [mail] = await handed_off(resources)
    await ended(resources, mail)

    async with asyncio.timeout(20):
        while await resources.db.fetch("SELECT FROM inbox WHERE handoff_at IS NOT NULL"):
            await turn_back(resources, 3600)
            await passes(sweep)  # or the worker's own, if it is faster

    [newest, _] = (await resources.inbox.list(ANNA, InboxFilter())).data
    assert (newest.name, newest.handed_off) == ("brief_email_sent", None)
    assert len(await sent(resources)) == 1


async def test_users_and_orgs_are_told_apart(resources: Resources, sweep: Sweep) -> None:
    namesake = Caller("anna", "other", ANNA.scopes)
    await wishes(resources, MAIL)
    await wishes(resources, MAIL.model_copy(update={"email": "n@example.com"}), namesake)
    mine, theirs = await told(resources), await told(resources, caller=namesake)
    await told(resources, caller=CARL)

    await passes(sweep)

    assert [job.args["inbox_ids"] for job in await sent(resources)] == [[str(mine)]]
    [job] = await sent(resources, namesake)
    assert (job.args["to"], job.args["inbox_ids"]) == ("n@example.com", [str(theirs)])
    assert await sent(resources, CARL) == []


async def test_an_ending_and_a_processors_words_are_handed_off_by_a_worker(
    resources: Resources, worker: Worker
) -> None:
    await wishes(resources, MAIL)
    job = await submit(resources, "tell", texts=["done"])
    await ended(resources, job)
    await turn_back(resources, 3600)

    [mail] = await handed_off(resources)

    assert (await ended(resources, mail)).result["subject"] == "brief completed"


async def handed_off(resources: Resources) -> list[JobResource]:
    """Wait until a worker's sweep has made a job; looked at after each event."""
    async with resources.redis.pubsub() as pubsub:
        await pubsub.psubscribe("jobcast:events:user:*")
        while not (found := await sent(resources)):
            await pubsub.get_message(timeout=0.2)
        return found


async def test_more_than_a_page_is_worked_through(
    resources: Resources, sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.handoff.sweep.PAGE", 4)
    sweep._page = 4
    callers = [Caller(f"user{n}", "acme", ANNA.scopes) for n in range(10)]
    for caller in callers:
        await wishes(resources, MAIL, caller)
        await told(resources, caller=caller, age=LONG_AGO)

    looked_at = await passes(sweep)

    assert looked_at == 10
    assert [len(await sent(resources, caller)) for caller in callers] == [1] * 10
