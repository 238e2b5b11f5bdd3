"""Streams that survive: whoever looks, whenever, on whatever, sees an attempt's words once and in order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest

from jobs.resources import Resources
from jobs.worker import Worker
from realtime.channels import Channel
from realtime.ephemeral import Memory
from realtime.hub import Hub
from tests.jobs.conftest import ANNA, ended, submit
from tests.jobs.screen import Screen, watch

WORDS = 24
TRIED = WORDS // 2 + 1


@pytest.fixture
async def hub(resources: Resources) -> AsyncIterator[Hub]:
    """Give a web process's ear on the real record."""
    settings = resources.settings.model_copy(update={"position_check_seconds": 0.2})
    async with Hub(settings, resources.source, settings.redis_url, resources.ephemeral) as opened:
        yield opened


def words(attempt: int, count: int = WORDS) -> str:
    return "".join(f"[{attempt}:{number}] " for number in range(count))


def further_than(position: int) -> Callable[[Screen], bool]:
    return lambda screen: screen.done or screen.position > position


def all_lines(*attempts: tuple[int, int]) -> list[tuple[int, int]]:
    return [(attempt, line) for attempt, count in attempts for line in range(1, count + 1)]


async def test_a_retry_replaces_the_output_on_every_tab(
    resources: Resources, worker: Worker, hub: Hub
) -> None:
    job = await submit(resources, "stream", words=WORDS, pause=0.01, fail_first=True)
    channel = Channel.job(job.id)
    phone = Screen()

    async def second_tab() -> Screen:
        await watch(hub, channel, Screen(), further_than(40))
        return await watch(hub, channel, Screen())

    async def sleepy_phone() -> Screen:
        await watch(hub, channel, phone, further_than(20))
        await watch(hub, channel, Screen(), lambda s: s.done or s.attempt == 2)
        return await watch(hub, channel, phone)

    async with asyncio.timeout(20):
        tabs = await asyncio.gather(watch(hub, channel, Screen()), second_tab(), sleepy_phone())
    late = await watch(hub, channel, Screen())

    for tab in (*tabs, late):
        assert (tab.attempt, tab.text) == (2, words(2))
        assert tab.states[-1] == "succeeded"
        assert sorted(tab.lines) == all_lines((1, TRIED), (2, WORDS))
        assert tab.refreshed == 0
    assert tabs[0].lines == all_lines((1, TRIED), (2, WORDS))


async def test_everything_said_comes_before_the_end(
    resources: Resources, worker: Worker, hub: Hub
) -> None:
    for _ in range(5):
        job = await submit(resources, "stream", words=6, pause=0)

        tab = await watch(hub, Channel.job(job.id), Screen())

        assert tab.text == words(1, 6)
        assert tab.order[-1:] == ["job.succeeded"] or tab.states == ["succeeded"]


async def test_a_refresh_in_the_middle_shows_the_text_so_far_and_goes_on(
    resources: Resources, worker: Worker, hub: Hub
) -> None:
    job = await submit(resources, "stream", words=WORDS, pause=0.04)
    channel, texts = Channel.job(job.id), []
    tab = Screen()

    async with asyncio.timeout(20):
        while not tab.done:
            tab = await watch(hub, channel, Screen(), further_than(tab.position))
            texts.append(tab.text)

    assert len(texts) > 3
    assert all(words(1).startswith(text) for text in texts)
    assert texts[-1] == words(1)


async def test_a_wiped_redis_costs_no_tab_a_word(
    resources: Resources, worker: Worker, hub: Hub
) -> None:
    job = await submit(resources, "stream", words=2 * WORDS, pause=0.01)
    channel = Channel.job(job.id)
    watching = asyncio.create_task(watch(hub, channel, Screen()))

    for seen in (30, 90, 150):
        await watch(hub, channel, Screen(), further_than(seen))
        await resources.redis.flushall()
    first = await watching
    late = await watch(hub, channel, Screen())

    assert first.text == late.text == words(1, 2 * WORDS)
    assert first.refreshed == 0
    assert first.lines == all_lines((1, 2 * WORDS))


async def test_killed_links_cost_no_tab_a_word(
    resources: Resources, worker: Worker, hub: Hub
) -> None:
    job = await submit(resources, "stream", words=WORDS, pause=0.02, fail_first=True)
    channel = Channel.job(job.id)
    watching = asyncio.create_task(watch(hub, channel, Screen()))

    for _ in range(6):
        await watch(hub, channel, Screen(), lambda s: s.done or s.position > 0)
        await resources.redis.client_kill_filter(_type="pubsub")
        await asyncio.wait([watching], timeout=0.15)

    tab = await watching
    assert (tab.attempt, tab.text) == (2, words(2))
    assert sorted(tab.lines) == all_lines((1, TRIED), (2, WORDS))


async def test_the_output_of_a_finished_job_stays_for_a_while(
    resources: Resources, worker: Worker, hub: Hub
) -> None:
    job = await submit(resources, "stream", words=3, pause=0)
    await ended(resources, job)

    tab = await watch(hub, Channel.job(job.id), Screen())
    lifetimes = [
        await resources.redis.ttl(key) async for key in resources.redis.scan_iter("*memory*")
    ]

    assert (tab.text, tab.lines, tab.done) == (words(1, 3), all_lines((1, 3)), True)
    assert len(lifetimes) == 3
    assert all(23 * 3600 < seconds <= 24 * 3600 for seconds in lifetimes)


async def test_a_new_attempt_that_said_nothing_yet_shows_nothing_of_the_old_one(
    resources: Resources, hub: Hub
) -> None:
    job = await submit(resources, "echo")
    await resources.ephemeral.text(Channel.job(job.id), 1, 0, "of attempt 1")
    await resources.ephemeral.latest(Channel.job(job.id), 1, "progress", b'{"fraction":0.9}')
    await attempt_again(resources, job.id)

    tab = await watch(hub, Channel.job(job.id), Screen(), lambda s: bool(s.states))

    assert (tab.attempt, tab.text) == (2, "")
    assert await resources.records.output(ANNA, job.id) == Memory(2, lines=[])


async def attempt_again(resources: Resources, job: UUID) -> None:
    await resources.db.fetch("UPDATE jobs SET attempt = 2 WHERE id = $1", job)
