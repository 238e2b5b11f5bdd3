"""One job for many submissions: idempotency keys and unique keys."""

import asyncio
from dataclasses import replace

import pytest

from jobs.acceptance import Submission
from jobs.errors import IdempotencyMismatch, WrongState
from jobs.resources import Resources
from jobs.settings import JobsSettings
from jobs.store import How
from jobs.worker import Worker
from realtime.caller import Caller
from tests.jobs.conftest import ANNA, BERT, ended, running, submit
from tests.jobs.happenings import value

COLLEAGUE = Caller("carl", "acme", frozenset({"jobs:read", "jobs:write"}))
SENT = Submission("echo", {"value": 1}, idempotency_key="order 7", fingerprint=b"print")
SYNC = Submission("slow", {"seconds": 60}, unique_key="account 7")
COUNT = "SELECT count(*) FROM jobs"


async def test_a_repeat_gets_the_job_of_the_first_time(resources: Resources) -> None:
    first = await resources.queue.submit_once(ANNA, SENT)
    second = await resources.queue.submit_once(ANNA, SENT)

    assert (first.how, second.how) == (How.NEW, How.REPLAYED)
    assert first.row.id == second.row.id


async def test_a_repeat_with_another_body_is_refused(resources: Resources) -> None:
    await resources.queue.submit_once(ANNA, SENT)

    with pytest.raises(IdempotencyMismatch):
        await resources.queue.submit_once(ANNA, replace(SENT, fingerprint=b"other"))

    assert await value(resources, COUNT) == 1


async def test_fifty_repeats_at_once_make_one_job(resources: Resources) -> None:
    found = await asyncio.gather(*(resources.queue.submit_once(ANNA, SENT) for _ in range(50)))

    assert len({one.row.id for one in found}) == 1
    assert sorted(one.how for one in found) == [How.NEW] + [How.REPLAYED] * 49
    assert await value(resources, COUNT) == 1


async def test_a_mismatch_among_many_spoils_nobody_else(resources: Resources) -> None:
    wanted = [replace(SENT, fingerprint=bytes([n % 2])) for n in range(20)]
    others = [submit(resources, "echo", value=n) for n in range(20)]

    keyed = await asyncio.gather(
        *(resources.queue.submit_once(ANNA, one) for one in wanted), return_exceptions=True
    )
    plain = await asyncio.gather(*others)

    refused = [one for one in keyed if isinstance(one, IdempotencyMismatch)]
    assert len(refused) == 10
    assert len(plain) == 20
    assert await value(resources, COUNT) == 21


@pytest.mark.parametrize("caller", [BERT, COLLEAGUE])
async def test_the_same_key_of_another_user_is_another_key(
    resources: Resources, caller: Caller
) -> None:
    mine = await resources.queue.submit_once(ANNA, SENT)
    theirs = await resources.queue.submit_once(caller, replace(SENT, fingerprint=b"theirs"))

    assert theirs.how == How.NEW
    assert theirs.row.id != mine.row.id


async def test_a_repeat_finds_the_job_when_it_is_over(resources: Resources, worker: Worker) -> None:
    first = await resources.queue.submit_once(ANNA, SENT)
    await ended(resources, first.row)

    second = await resources.queue.submit_once(ANNA, SENT)

    assert (second.how, second.row.state) == (How.REPLAYED, "succeeded")


async def test_a_second_job_of_a_unique_key_is_the_first_until_that_is_over(
    resources: Resources, worker: Worker
) -> None:
    first = await resources.queue.submit_once(ANNA, SYNC)
    await running(resources, first.row)

    second = await resources.queue.submit_once(ANNA, SYNC)
    await resources.queue.cancel(ANNA, first.row.id)
    await ended(resources, first.row)
    third = await resources.queue.submit_once(ANNA, SYNC)
    await resources.queue.cancel(ANNA, third.row.id)

    assert (second.how, second.row.id, second.row.state) == (
        How.DEDUPLICATED, first.row.id, "running",
    )  # fmt: skip
    assert (third.how, third.row.id == first.row.id) == (How.NEW, False)


async def test_fifty_of_a_unique_key_at_once_make_one_job(
    resources: Resources, settings: JobsSettings
) -> None:
    found = await asyncio.gather(*(resources.queue.submit_once(ANNA, SYNC) for _ in range(50)))

    assert len({one.row.id for one in found}) == 1
    assert sorted(one.how for one in found) == [How.DEDUPLICATED] * 49 + [How.NEW]
    assert await value(resources, COUNT) == 1


async def test_fifty_of_a_unique_key_with_keys_of_their_own_make_one_job(
    resources: Resources,
) -> None:
    wanted = [replace(SYNC, idempotency_key=str(n), fingerprint=b"p") for n in range(50)]

    found = await asyncio.gather(*(resources.queue.submit_once(ANNA, one) for one in wanted))

    assert len({one.row.id for one in found}) == 1
    assert await value(resources, "SELECT count(*) FROM idempotency_keys") == 50


async def test_a_unique_key_of_another_kind_or_user_is_another_key(resources: Resources) -> None:
    wanted = [
        (ANNA, SYNC),
        (ANNA, replace(SYNC, kind="echo", args={})),
        (COLLEAGUE, SYNC),
        (BERT, SYNC),
    ]

    found = [await resources.queue.submit_once(*one) for one in wanted]

    assert [one.how for one in found] == [How.NEW] * 4


async def test_an_old_job_is_not_retried_while_a_new_one_of_its_key_runs(
    resources: Resources,
) -> None:
    old = await resources.queue.submit_once(ANNA, SYNC)
    await resources.queue.cancel(ANNA, old.row.id)
    new = await resources.queue.submit_once(ANNA, SYNC)

    with pytest.raises(WrongState):
        await resources.queue.retry(ANNA, old.row.id)
    await resources.queue.cancel(ANNA, new.row.id)
    again = await resources.queue.retry(ANNA, old.row.id)

    assert again.state == "queued"


async def test_both_keys_together_find_the_job_of_either(resources: Resources) -> None:
    both = replace(SYNC, idempotency_key="order 7", fingerprint=b"print")
    first = await resources.queue.submit_once(ANNA, SYNC)

    deduplicated = await resources.queue.submit_once(ANNA, both)
    await resources.queue.cancel(ANNA, first.row.id)
    replayed = await resources.queue.submit_once(ANNA, both)

    assert deduplicated.row.id == replayed.row.id == first.row.id
    assert replayed.how == How.REPLAYED


async def test_keys_with_dependencies_make_one_job_as_well(resources: Resources) -> None:
    before = await submit(resources, "echo")
    wanted = replace(SYNC, after=[before.id], idempotency_key="k", fingerprint=b"p")

    found = await asyncio.gather(
        *(resources.queue.submit_once(ANNA, wanted) for _ in range(10)),
        *(resources.queue.submit_once(ANNA, replace(SYNC, after=[before.id])) for _ in range(10)),
    )

    assert len({one.row.id for one in found}) == 1
    assert await value(resources, COUNT) == 2
