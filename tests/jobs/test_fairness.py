"""Fair turns between orgs and the head start of priority, through a real worker."""

from uuid import UUID

import pytest

from jobs import keys
from jobs import relay as relay_module
from jobs.acceptance import Submission
from jobs.relay import Relay
from jobs.resources import Resources
from jobs.settings import JobsSettings
from realtime.caller import Caller
from service.dev.redis_server import RedisServer
from tests.jobs.conftest import ANNA, BERT, submit, working
from tests.jobs.happenings import all_over, queue_up, value, when

ECHO = Submission("echo", {})
ORDER = "SELECT id FROM jobs ORDER BY started_at"
OTHERS_OVER = "NOT EXISTS (SELECT FROM jobs WHERE org_id = 'other' AND finished_at IS NULL)"
ENDED_BEFORE = """SELECT count(*) FROM jobs WHERE org_id = 'acme' AND finished_at < (
  SELECT max(started_at) FROM jobs WHERE org_id = 'other')"""


@pytest.fixture
def few(settings: JobsSettings) -> JobsSettings:
    return settings.model_copy(update={"worker_concurrency": 10})


@pytest.fixture
def single(settings: JobsSettings) -> JobsSettings:
    return settings.model_copy(update={"worker_concurrency": 1})


async def test_twenty_jobs_do_not_wait_for_two_thousand_of_another_org(
    resources: Resources, few: JobsSettings
) -> None:
    await queue_up(resources, [ECHO] * 2_000)
    await queue_up(resources, [ECHO] * 20, BERT)

    async with working(few):
        await when(resources, OTHERS_OVER)

    assert await value(resources, ENDED_BEFORE) < 100


async def test_three_orgs_get_equal_shares(resources: Resources, few: JobsSettings) -> None:
    orgs = [Caller("u", org, frozenset()) for org in ("a", "b", "c")]
    for caller in orgs:
        await queue_up(resources, [ECHO] * 100, caller)

    async with working(few):
        await when(resources, "(SELECT count(*) FROM jobs WHERE started_at IS NOT NULL) >= 150")
        await all_over(resources)

    first = await resources.db.fetch(
        """SELECT org_id, count(*) AS n FROM (
             SELECT org_id FROM jobs ORDER BY started_at LIMIT 150) AS first GROUP BY org_id"""
    )
    assert len(first) == 3
    assert all(abs(record["n"] - 50) <= 10 for record in first)


@pytest.mark.parametrize("how", ["killed", "emptied"])
async def test_the_turns_are_as_fair_when_redis_is_killed_or_emptied(
    resources: Resources, few: JobsSettings, redis_server: RedisServer, how: str
) -> None:
    await queue_up(resources, [ECHO] * 400)
    await queue_up(resources, [ECHO] * 20, BERT)

    if how == "killed":
        redis_server.kill()
    else:
        await resources.redis.flushall()
    async with working(few):
        await when(resources, OTHERS_OVER)

    assert await value(resources, ENDED_BEFORE) < 60


async def test_a_head_start_is_worth_its_seconds(
    resources: Resources, single: JobsSettings
) -> None:
    long_ago = await submit(resources, "echo", value=1)
    just_now = await submit(resources, "echo", value=2)
    urgent = await resources.queue.submit(ANNA, Submission("echo", {}, priority=5))
    for job, seconds in ((long_ago, 6), (just_now, 4)):
        await resources.db.fetch(
            "UPDATE jobs SET score = score - 1000 * $2::int WHERE id = $1", job.id, seconds
        )
    await resources.redis.flushall()

    async with working(single):
        await all_over(resources)

    order = [record["id"] for record in await resources.db.fetch(ORDER)]
    assert order == [long_ago.id, urgent.id, just_now.id]


async def test_a_head_start_counts_within_the_org_only(
    resources: Resources, single: JobsSettings
) -> None:
    mine = [await submit(resources, "echo", value=n) for n in range(3)]
    theirs = await queue_up(resources, [Submission("echo", {}, priority=100)] * 3, BERT)

    async with working(single):
        await all_over(resources)

    order = [record["id"] for record in await resources.db.fetch(ORDER)]
    others = {row.id for row in theirs}
    assert [job_id in others for job_id in order] == [False, True] * 3
    assert [job_id for job_id in order if job_id not in others] == [job.id for job in mine]


async def test_a_job_starts_in_the_place_that_was_told(
    resources: Resources, single: JobsSettings
) -> None:
    await queue_up(resources, [ECHO] * 12, BERT)
    jobs = [await submit(resources, "echo", value=n) for n in range(8)]
    told = {job.id: (await resources.records.get(ANNA, job.id)).position for job in jobs}

    async with working(single):
        await all_over(resources)

    order = [record["id"] for record in await resources.db.fetch(ORDER)]
    assert told == {job.id: order.index(job.id) + 1 for job in jobs}


async def test_a_narrow_kind_is_shared_by_the_orgs_as_well(
    resources: Resources, few: JobsSettings
) -> None:
    await queue_up(resources, [Submission("narrow", {})] * 30)

    async with working(few):
        await when(resources, "EXISTS (SELECT FROM jobs WHERE held_by IS NOT NULL)")
        await queue_up(resources, [Submission("narrow", {})] * 2, BERT)
        await all_over(resources)

    assert await value(resources, ENDED_BEFORE) < 20


async def test_more_jobs_than_the_queue_may_hold_all_run(
    resources: Resources, settings: JobsSettings
) -> None:
    small = settings.model_copy(update={"handed_over_per_org": 5})

    async with working(small):
        await queue_up(resources, [ECHO] * 60)
        await all_over(resources)

    assert await value(resources, "SELECT count(*) FROM jobs WHERE state = 'succeeded'") == 60


async def test_what_redis_forgot_behind_the_first_page_is_handed_over_again(
    resources: Resources,
) -> None:
    await queue_up(resources, [ECHO] * 2_500)
    await resources.db.fetch("UPDATE jobs SET run_at = now() - interval '1 hour'")
    await resources.redis.zremrangebyrank("arq:queue:acme", 1_000, -1)

    await relay_of(resources).sweep()

    assert await resources.redis.zcard("arq:queue:acme") == 2_500


async def test_orgs_with_many_queued_jobs_take_turns_at_being_counted(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "COUNT_AT_ONCE", 100)
    orgs = {"few": 1, "many1": 120, "many2": 120}
    for org, jobs in orgs.items():
        await queue_up(resources, [ECHO] * jobs, Caller(org, org, frozenset({"jobs:write"})))
        await resources.redis.zpopmin(f"arq:queue:{org}")
    await resources.db.fetch("UPDATE jobs SET run_at = now() - interval '1 hour'")
    relay = relay_of(resources)

    passes = []
    for _ in range(2):
        await relay.sweep()
        passes.append(await resources.line.depths(list(orgs)))

    assert passes == [[1, 120, 119], [1, 120, 120]]


async def test_what_waits_behind_the_first_ones_goes_before_what_is_new(
    resources: Resources,
) -> None:
    resources.line.per_org = 5
    old = await queue_up(resources, [ECHO] * 8)
    await resources.redis.zpopmin("arq:queue:acme", 3)
    new = await queue_up(resources, [ECHO])
    before = await resources.redis.zrange("arq:queue:acme", 0, -1)

    await relay_of(resources).refill()

    after = await resources.redis.zrange("arq:queue:acme", 0, -1)
    assert [UUID(member.decode()) for member in before] == [row.id for row in old[3:5]]
    assert [UUID(member.decode()) for member in after] == [row.id for row in old[3:8]]
    assert await resources.line.behind() == ["acme"]
    await resources.redis.zpopmin("arq:queue:acme", 4)
    await resources.redis.delete(keys.REFILL)
    await relay_of(resources).refill()
    assert (await resources.line.last("acme") or (0, None))[1] == new[0].id
    assert await resources.line.behind() == []


async def test_a_queue_that_always_runs_low_keeps_nothing_else_from_coming_due(
    resources: Resources,
) -> None:
    wanted = Submission("echo", {}, delay_seconds=3600.0)
    job = await resources.queue.submit(ANNA, wanted)
    await resources.db.fetch("UPDATE jobs SET run_at = now()")
    relay = relay_of(resources)
    relay.hungry.set()

    await relay.step()

    assert await value(resources, "SELECT state FROM jobs WHERE id = $1", job.id) == "queued"
    assert relay.hungry.is_set()


async def test_a_queue_that_runs_low_is_refilled_at_once(resources: Resources) -> None:
    resources.line.per_org = 5
    old = await queue_up(resources, [ECHO] * 8)
    await resources.redis.zpopmin("arq:queue:acme", 3)
    relay = relay_of(resources)
    relay.hungry.set()

    await relay.keep_filled()

    assert await resources.line.depths(["acme"]) == [5]
    assert (await resources.line.last("acme") or (0, None))[1] == old[7].id
    assert not relay.hungry.is_set()


def relay_of(resources: Resources) -> Relay:
    """Return a relay that nobody runs."""
    return Relay(
        resources.db, resources.line, resources.announcer, resources.flows, resources.gate, 0.2
    )
