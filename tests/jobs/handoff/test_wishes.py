"""The hand-off by a user's wishes: how long it waits, when it must be quiet, how much is too much."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from jobs.handoff import Sweep
from jobs.preferences import Wishes
from jobs.resources import Resources
from tests.jobs.conftest import BERT
from tests.jobs.handoff.scene import (
    BOTH,
    MAIL,
    PHONE,
    YOUNG,
    deliveries,
    entry,
    hook,
    passes,
    quiet_now,
    sent,
    told,
    turn_back,
    wishes,
)


async def test_the_delay_may_be_the_users_own_and_its_default_a_setting(
    resources: Resources,
) -> None:
    await wishes(resources, MAIL.model_copy(update={"handoff_seconds": 300}))
    own = await told(resources, age=timedelta(seconds=100))
    await wishes(resources, MAIL, BERT)
    default = await told(resources, caller=BERT, age=timedelta(seconds=100))
    patient = resources.settings.model_copy(update={"handoff_seconds": 200.0})
    parts = resources.registry, resources.acceptance, resources.announcer

    await passes(Sweep(patient, resources.db, *parts))

    assert (await entry(resources, own))["age_then"] == 300
    assert (await entry(resources, default))["age_then"] == 200


async def test_webhooks_can_be_kept_quiet_by_preference(resources: Resources, sweep: Sweep) -> None:
    await hook(resources)
    await wishes(resources, Wishes(webhook_opt_in=False))
    made = await told(resources)

    await passes(sweep)

    assert (await deliveries(resources), (await entry(resources, made))["handed_off"]) == ([], None)


async def test_quiet_hours_hold_messages_back_and_preferences_said_later_let_them_go(
    resources: Resources, sweep: Sweep
) -> None:
    mine = await hook(resources)
    ends = await quiet_now(resources, BOTH)
    made = await told(resources)

    await passes(sweep)
    held = await entry(resources, made)
    before = await sent(resources)
    await wishes(resources, BOTH)
    await passes(sweep)

    assert (held["handed_off"], before) == ({"webhook": "told"}, [])
    assert held["handoff_at"] == ends
    assert len(await sent(resources)) == 2
    assert await deliveries(resources) == [(made, mine.id)]


async def test_at_the_end_of_quiet_hours_one_message_tells_it_all(
    resources: Resources, sweep: Sweep
) -> None:
    await quiet_now(resources, MAIL)
    made = [await told(resources) for _ in range(30)]
    await passes(sweep)
    await resources.db.fetch("UPDATE inbox SET handoff_at = now()")
    await resources.db.fetch("UPDATE preferences SET quiet_from = NULL")

    await passes(sweep)

    [mail] = await sent(resources)
    assert mail.args["inbox_ids"] == [str(ident) for ident in made]
    assert mail.args["subject"].startswith("30 notifications")


async def test_urgent_failures_go_out_in_quiet_hours_and_say_so(
    resources: Resources, sweep: Sweep
) -> None:
    await quiet_now(resources, PHONE, urgent_failures=True)
    await told(resources, "job.succeeded")
    bad = await told(resources, "job.failed")

    await passes(sweep)

    [sms] = await sent(resources)
    assert (sms.args["inbox_ids"], sms.args["urgent"]) == ([str(bad)], True)


async def test_however_much_happens_there_is_one_message_a_minute(
    resources: Resources, sweep: Sweep
) -> None:
    await wishes(resources, MAIL)
    for _ in range(3):
        await told(resources)
    await passes(sweep)
    for _ in range(3):
        await told(resources)
        await passes(sweep)
    soon = len(await sent(resources))

    await turn_back(resources, 61)
    await passes(sweep)

    assert soon == 1
    assert [len(job.args["inbox_ids"]) for job in await sent(resources)] == [3, 3]


@pytest.mark.parametrize("hours", [-30, 30])
async def test_a_worker_whose_clock_is_wrong_hands_off_by_the_databases(
    resources: Resources, sweep: Sweep, hours: int
) -> None:
    ends = await quiet_now(resources, MAIL)
    await wishes(resources, MAIL, BERT)
    held = await told(resources)
    young = await told(resources, caller=BERT, age=YOUNG)
    old = await told(resources, caller=BERT)

    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True):
        await passes(sweep)

    assert (await entry(resources, held))["handoff_at"] == ends
    assert (await entry(resources, young))["age_then"] == 60
    assert [job.args["inbox_ids"] for job in await sent(resources, BERT)] == [[str(old)]]
