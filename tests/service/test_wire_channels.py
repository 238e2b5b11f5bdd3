"""Batches' and orgs' channels of a running product, held to the models of the protocol."""

import httpx2
import pytest

from service.server import Server
from tests.service.conftest import As, Headers, url
from tests.service.ear import ear, poll, stream_until
from tests.service.work import Json, at_work, submit

JOBS = [{"kind": "slow", "args": {"seconds": 0.2}}] * 3


@pytest.fixture
def boss(as_user: As) -> Headers:
    """Give somebody who may hear all of an org."""
    return as_user("boss", "jobs:read jobs:write org:read", "acme")


@pytest.fixture
def member(as_user: As) -> Headers:
    return as_user("member", org="acme")


async def batch_of(browser: httpx2.AsyncClient, who: Headers) -> Json:
    return (await browser.post("/api/jobs/batch", json={"jobs": JOBS}, headers=who)).json()


async def test_a_batchs_own_channel_is_as_described(
    browser: httpx2.AsyncClient, server: Server, ann: Headers
) -> None:
    batch = await batch_of(browser, ann)
    channel = f"batch:{batch['id']}"

    async with ear(url(server), ann) as heard:
        begun = await heard.follow(channel)
        async with at_work(server.app):
            ended = await heard.until_event("batch.completed")
        resumed = await heard.follow(channel, since=f"{begun['epoch']}.{begun['offset']}")

    assert begun["snapshot"]["state"]["batch"]["total"] == 3
    assert (ended["channel"], ended["offset"]) == (channel, ended["seq"])
    assert resumed["recovered"] is True
    assert {event["channel"] for event in heard.events} == {channel}


async def test_an_orgs_channel_is_as_described(
    browser: httpx2.AsyncClient, server: Server, boss: Headers, member: Headers
) -> None:
    async with ear(url(server), boss) as heard, at_work(server.app):
        begun = await heard.follow("org:acme")
        await submit(browser, member, "tell", args={"texts": ["hello"]}, notify=True)
        await heard.until_event("job.succeeded")
        await batch_of(browser, member)
        await heard.until_event("batch.completed")
        again = await heard.follow("org:acme", since=f"{begun['epoch']}.{begun['offset']}")

    assert "notification.brief_completed" not in heard.types
    assert {"job.queued", "inbox.changed", "batch.created"} <= heard.types
    assert (again["recovered"], again["gap"]) == (False, "evicted")
    assert {job["user"] for job in again["snapshot"]["state"]["jobs"]} == {"member"}


async def test_batches_and_orgs_are_streamed_and_polled_as_described(
    browser: httpx2.AsyncClient, server: Server, boss: Headers, member: Headers
) -> None:
    batch = await batch_of(browser, member)
    channels = ["org:acme", f"batch:{batch['id']}"]

    polled = await poll(browser, boss, channel=channels)
    async with at_work(server.app):
        heard = await stream_until(browser, boss, "batch.completed", channel=channels, snapshot="1")

    assert [name for name, _ in heard][:3] == ["welcome", "snapshot", "snapshot"]
    assert [snapshot["channel"] for snapshot in polled["snapshots"]] == channels
