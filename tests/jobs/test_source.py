import orjson
import pytest

from jobs.ids import uuid7
from jobs.resources import Resources
from jobs.worker import Worker
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.errors import UnknownChannel
from tests.jobs.conftest import ANNA, BERT, ended, submit

MINE = Channel.user("acme", "anna")


async def test_every_change_of_a_user_takes_the_next_number(
    resources: Resources, worker: Worker
) -> None:
    jobs = [await submit(resources, "echo", value=n) for n in range(3)]
    for job in jobs:
        await ended(resources, job)

    positions = await resources.source.positions([MINE, Channel.job(jobs[0].id)])

    assert positions.offsets == {MINE: 9, Channel.job(jobs[0].id): 3}


async def test_a_user_without_jobs_stands_at_zero(resources: Resources) -> None:
    nobody = Channel.user("acme", "nobody")

    positions = await resources.source.positions([nobody])
    snapshot = await resources.source.snapshot(nobody)

    assert positions.offsets == {nobody: 0}
    assert (snapshot.offset, snapshot.epoch) == (0, positions.epoch)
    assert orjson.loads(snapshot.state) == {"jobs": [], "truncated": False, "unread": 0}


async def test_changes_hold_each_job_once_in_its_latest_state(
    resources: Resources, worker: Worker
) -> None:
    jobs = [await submit(resources, "echo", value=n) for n in range(3)]
    for job in jobs:
        await ended(resources, job)

    changes = await resources.source.changes(MINE, 1, 100)

    assert [m.type for m in changes.messages] == ["job.succeeded"] * 3
    assert changes.offset == changes.messages[-1].offset == 9
    assert changes.complete


async def test_too_many_changes_are_told_incomplete(resources: Resources) -> None:
    for number in range(4):
        await submit(resources, "echo", value=number)

    changes = await resources.source.changes(MINE, 0, 3)

    assert len(changes.messages) == 3
    assert not changes.complete


async def test_the_snapshot_of_a_finished_job_is_final(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "echo", value="v")
    await ended(resources, job)

    snapshot = await resources.source.snapshot(Channel.job(job.id))

    assert snapshot.final
    assert orjson.loads(snapshot.state)["job"]["result"] == {"value": "v"}


async def test_a_job_that_does_not_exist_has_no_snapshot(resources: Resources) -> None:
    with pytest.raises(UnknownChannel):
        await resources.source.snapshot(Channel.job(uuid7()))


async def test_strangers_hear_nothing(resources: Resources) -> None:
    job = await submit(resources, "echo")
    colleague = Caller("carl", "acme", frozenset({"jobs:read"}))
    lead = Caller("dora", "acme", frozenset({"jobs:read", "org:read"}))
    blind = Caller("anna", "acme", frozenset({"jobs:write"}))

    async def heard(caller: Caller) -> list[bool]:
        return [await resources.source.may_listen(caller, c) for c in (MINE, Channel.job(job.id))]

    assert await heard(ANNA) == [True, True]
    assert await heard(lead) == [True, True]
    assert await heard(colleague) == [False, False]
    assert await heard(BERT) == [False, False]
    assert await heard(blind) == [False, False]


async def test_the_same_user_name_in_another_org_is_another_user(resources: Resources) -> None:
    await submit(resources, "echo")
    namesake = Caller("anna", "other", frozenset({"jobs:read"}))

    channel = Channel.parse("me", namesake)
    snapshot = await resources.source.snapshot(channel)

    assert channel != MINE
    assert orjson.loads(snapshot.state)["jobs"] == []
