"""What a page shows when news are lost, doubled, swapped, or come faster than it reads."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import pytest

from realtime.channels import Channel
from realtime.message import Message
from realtime.publisher import Publisher
from realtime.replay import Reading, Replay
from service.dev.child import becomes_true
from tests.faults.site import Site

JOBS = 40
FAR_AWAY = "60"
PATIENT = "5"  # a Redis that seemed to be away would be a reason to look

News = list[tuple[Channel, Message]]
plain_publish = Publisher.publish


@pytest.mark.parametrize("seed", range(3))
async def test_news_that_are_lost_doubled_or_swapped_leave_no_view_wrong(
    up: Site, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Publisher, "publish", unreliable(random.Random(seed)))  # noqa: S311 - told again
    await up.web_here()
    await up.worker_here()
    customer, _ = await up.visitors()
    await up.watcher(customer)

    await asyncio.gather(*(customer.submit("noted", value=n) for n in range(JOBS)))

    verdict = await up.kept()
    assert (verdict.jobs, verdict.repeated) == (JOBS, 0)


def unreliable(dice: random.Random) -> Callable[..., Awaitable[bool]]:
    """Return a ``publish`` that tells the news once, twice, in another order, or not at all."""

    async def publish(self: Publisher, items: Iterable[tuple[Channel, Message]]) -> bool:
        news: News = list(items)
        fate = dice.random()
        if fate < 0.2:
            return True
        if fate < 0.4:
            news = [*reversed(news), *news]
        return await plain_publish(self, news)

    return publish


async def test_news_of_the_last_ending_that_got_lost_are_shown_by_the_position_check(
    up: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await up.web_here()
    await up.worker_here()
    customer, watcher = await up.visitors()

    monkeypatch.setattr(Publisher, "publish", unheard)
    job = await customer.submit("noted")
    await watcher.until(lambda: watcher.state(job) == "succeeded", up.patience)

    await up.kept()


async def unheard(self: Publisher, items: Iterable[tuple[Channel, Message]]) -> bool:
    """Tell nobody."""
    return all(items)


async def test_what_happens_while_a_page_is_joining_is_not_missed(
    up: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.chosen |= {"position_check_seconds": FAR_AWAY, "redis_timeout_seconds": PATIENT}
    await up.web_here()
    await up.worker_here()
    customer = await up.customer()
    plain = Replay.state

    async def meanwhile(self: Replay, *words: Any, **more: Any) -> Reading:
        reading = await plain(self, *words, **more)
        job = await customer.submit("noted")
        await becomes_true(lambda: succeeded(customer.client, job), 10)
        return reading

    monkeypatch.setattr(Replay, "state", meanwhile)
    watcher = await up.watcher(customer)
    monkeypatch.undo()
    (job,) = customer.accepted
    await watcher.sees(job, "job.succeeded", 3)

    await up.kept()


async def succeeded(client: Any, job: UUID) -> bool:
    return bool((await client.get(f"/api/jobs/{job}")).json()["state"] == "succeeded")


async def test_a_page_that_does_not_read_for_a_while_ends_up_right(up: Site) -> None:
    await up.web_here()
    await up.worker_here()
    customer, _ = await up.visitors()
    slow = await up.watcher(customer)
    slow.reading.clear()

    await asyncio.gather(*(customer.submit("noted", value="x" * 5_000) for _ in range(5 * JOBS)))
    await up.watchers[0].until(
        lambda: [seen.state for seen in up.watchers[0].view.values()].count("succeeded") == 5 * JOBS
    )
    slow.reading.set()

    await up.kept()


async def test_pages_that_come_and_go_end_up_right(up: Site) -> None:
    await up.web_here()
    await up.worker_here()
    customer, watcher = await up.visitors()

    for n in range(JOBS):
        await customer.submit("noted", value=n)
        watcher.hang_up()

    await up.kept()
    assert watcher.said["connection lost"] > 1
