"""A deploy that nobody sees: goodbyes are spread, the process ends in time, everybody resumes elsewhere."""

import asyncio
import signal
import time

import pytest

from tests.faults.realtime.group import group
from tests.faults.realtime.mallory import headers
from tests.faults.realtime.wire import connected, opened
from tests.faults.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

LISTENERS = 40
DRAIN_SECONDS = 2.0
GRACE_SECONDS = 25.0
STALLED = 10
HELD_UP_SECONDS = 12.0  # drain and stall, and less than the server's own 15 s for what is left


async def test_everybody_is_told_and_resumes_at_the_other_process(up: Site) -> None:
    up.chosen.update(drain_seconds=str(DRAIN_SECONDS), max_connections_per_user="1000")
    old = await up.web()
    first = up.base
    await up.web()
    second = up.base

    async with group(first, LISTENERS) as everybody:
        await everybody.seen(await everybody.change(first))
        everybody.base = second
        began = time.monotonic()
        old.signal(signal.SIGTERM)
        ending = asyncio.create_task(old.ends(GRACE_SECONDS))
        while not ending.done():
            await everybody.change(second)
        took = time.monotonic() - began
        await everybody.seen(await everybody.change(second))

    everybody.exact()
    byes = [bye for listener in everybody.listeners for bye in listener.byes]
    moments, codes, retries = zip(*byes, strict=True)
    assert (len(byes), set(codes)) == (LISTENERS, {1012})
    assert max(moments) - min(moments) > DRAIN_SECONDS / 2
    assert len(set(retries)) > LISTENERS / 2
    assert old.exit_code == 0
    assert took < DRAIN_SECONDS + 5
    closed = sum(listener.said["Closed 1012"] for listener in everybody.listeners)
    assert closed == LISTENERS / 2


async def test_readers_that_do_not_read_do_not_hold_up_the_end(up: Site) -> None:
    up.chosen.update(drain_seconds="2", stall_seconds="4", max_connections_per_user="1000")
    web = await up.web()
    async with group(up.base, 1) as ann:
        for _ in range(20):
            await ann.change(up.base)
    wires = []
    for _ in range(STALLED):
        wire = await opened(up.base, headers("ann"), small=True)
        wire.say(t="hello", subs=[{"channel": "me"}] * 200)
        stream = await connected(up.base, small=True)
        await stream.request("/api/events?channel=me&snapshot=1", headers("ann"))
        wires += [wire, stream]

    began = time.monotonic()
    web.signal(signal.SIGTERM)
    code = await web.ends(GRACE_SECONDS)

    assert code == 0
    assert time.monotonic() - began < HELD_UP_SECONDS
    for wire in wires:
        wire.end()


async def test_who_comes_while_it_stops_is_sent_away_or_finds_nobody(up: Site) -> None:
    up.chosen.update(drain_seconds="1")
    web = await up.web()
    async with group(up.base, 2):
        web.signal(signal.SIGTERM)
        statuses = []
        while web.running:
            try:
                wire = await opened(up.base, headers("late"))
                wire.end()
                statuses.append(101)
            except OSError:
                statuses.append(0)
            await asyncio.sleep(0.02)

    assert set(statuses[5:]) <= {0, 101}
    assert web.exit_code == 0
