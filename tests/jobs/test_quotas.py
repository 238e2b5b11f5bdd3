"""How much may be submitted: rates of an org and of a user, and how much may wait."""

import asyncio
from typing import Any

import pytest

from jobs.acceptance import Submission
from jobs.errors import TooMany
from jobs.resources import Resources, open_resources
from jobs.settings import JobsSettings
from realtime.caller import Caller
from service.dev.redis_server import RedisServer
from tests.jobs.conftest import ANNA, BERT, submit
from tests.jobs.happenings import value

COLLEAGUE = Caller("carl", "acme", frozenset({"jobs:read", "jobs:write"}))


async def passed(resources: Resources, tries: int, caller: Caller = ANNA) -> int:
    """Return how many of so many submissions were accepted; the others are TooMany."""
    wanted = (submit(resources, "echo", caller, value=n) for n in range(tries))
    found = await asyncio.gather(*wanted, return_exceptions=True)
    refused = [f for f in found if isinstance(f, BaseException)]
    assert all(isinstance(error, TooMany) for error in refused)
    return tries - len(refused)


def opened(settings: JobsSettings, **update: Any) -> Any:
    return open_resources(settings.model_copy(update=update))


async def test_exactly_the_quota_passes_and_the_rest_hears_when_to_come_again(
    settings: JobsSettings,
) -> None:
    async with opened(settings, org_submit_rate="10/m") as resources:
        accepted = await passed(resources, 15)
        with pytest.raises(TooMany) as caught:
            await submit(resources, "echo")

    assert accepted == 10
    assert caught.value.code == "rate_limited"
    assert 0 < caught.value.after_seconds <= 6


async def test_users_of_an_org_have_quotas_of_their_own(settings: JobsSettings) -> None:
    async with opened(settings, user_submit_rate="5/h") as resources:
        mine = await passed(resources, 8)
        theirs = await passed(resources, 8, COLLEAGUE)

    assert (mine, theirs) == (5, 5)


async def test_the_users_of_an_org_share_its_quota_and_another_org_does_not(
    settings: JobsSettings,
) -> None:
    async with opened(settings, org_submit_rate="6/h", user_submit_rate="4/h") as resources:
        mine = await passed(resources, 8)
        theirs = await passed(resources, 8, COLLEAGUE)
        others = await passed(resources, 8, BERT)

    assert (mine, theirs, others) == (4, 2, 4)


async def test_a_quota_is_told_from_the_record_after_redis_was_emptied(
    settings: JobsSettings,
) -> None:
    async with (
        opened(settings, user_submit_rate="5/h") as one,
        opened(settings, user_submit_rate="5/h") as other,
    ):
        before = await passed(one, 3)
        await one.redis.flushall()
        between = await passed(other, 4)
        await one.redis.flushall()

        assert (before, between) == (3, 2)
        assert await passed(one, 1) == 0


async def test_a_quota_holds_while_redis_is_away_and_when_it_is_back(
    settings: JobsSettings, redis_server: RedisServer
) -> None:
    async with (
        opened(settings, user_submit_rate="5/h") as one,
        opened(settings, user_submit_rate="5/h") as fresh,
    ):
        before = await passed(one, 3)
        redis_server.kill()
        away = await passed(one, 4)
        by_a_process_that_knew_nothing = await passed(fresh, 4)
        await redis_server.restart()
        await one.redis.flushall()

        assert (before, away, by_a_process_that_knew_nothing) == (3, 2, 0)
        assert await passed(fresh, 1) == 0


async def test_what_was_refused_is_not_written(settings: JobsSettings) -> None:
    async with opened(settings, org_submit_rate="5/h") as resources:
        await passed(resources, 9)

        assert await value(resources, "SELECT count(*) FROM jobs") == 5


async def test_no_more_jobs_of_an_org_wait_than_may(settings: JobsSettings) -> None:
    async with opened(settings, org_queue_depth=5) as resources:
        accepted = await passed(resources, 9)
        with pytest.raises(TooMany) as caught:
            await submit(resources, "echo")
        others = await passed(resources, 3, BERT)

    assert (accepted, others) == (5, 3)
    assert caught.value.code == "queue_full"


async def test_a_refusal_of_one_kind_of_quota_takes_nothing_of_the_other(
    settings: JobsSettings,
) -> None:
    async with opened(settings, org_submit_rate="6/h", user_submit_rate="2/h") as resources:
        await passed(resources, 10)

        assert await passed(resources, 5, COLLEAGUE) == 2


async def test_a_batch_larger_than_the_quota_takes_all_of_it(settings: JobsSettings) -> None:
    async with opened(settings, org_submit_rate="5/h") as resources:
        wanted = Submission("echo", {})
        job = (await resources.queue.submit_once(ANNA, wanted)).row
        with pytest.raises(TooMany):
            await resources.queue._quotas.check(ANNA, 100)

        assert job.state == "queued"
