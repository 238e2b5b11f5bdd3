"""Too many connections, connections half dead, readers that do not read: nobody else notices."""

import asyncio

import pytest

from tests.faults.realtime.mallory import closed, greeted, headers
from tests.faults.realtime.wire import Closed, Refused, Wire, connected, opened
from tests.faults.realtime.witness import Witness, memory, witness
from tests.faults.site import Site

MOST_PER_USER = 10
MOST_PER_IP = 30
MOST = 25
READERS = 20
ROUNDS = 200
PAUSE_SECONDS = 0.05
GOES_ON_SECONDS = 1.0


async def test_the_eleventh_connection_of_a_user_is_one_too_many(ann: Witness) -> None:
    wires = [await greeted(ann.site.base) for _ in range(MOST_PER_USER)]

    one_more = await opened(ann.site.base, headers())
    stream = await connected(ann.site.base)
    status, answer = await stream.request("/api/events?channel=me", headers())

    assert await closed(one_more) == 4008
    assert (status, "retry-after" in answer) == (429, True)
    for wire in [*wires, stream]:
        wire.end()


async def test_a_user_who_knocks_all_the_time_keeps_nobody_out(ann: Witness) -> None:
    wires = [await greeted(ann.site.base) for _ in range(MOST_PER_USER)]

    codes = [await closed(await opened(ann.site.base, headers())) for _ in range(100)]

    assert set(codes) == {4008}
    for wire in wires:
        wire.end()


async def test_an_address_with_too_many_connections_is_refused(served: Site) -> None:
    await again_with(served, max_connections_per_ip=str(MOST_PER_IP))
    async with witness(served):
        wires = [await greeted(served.base, f"user {n}") for n in range(MOST_PER_IP - 1)]

        codes = {await code_or_status(served, f"other {n}") for n in range(5)}

        assert codes <= {4008, 4100, 429, 503}
        for wire in wires:
            wire.end()


async def test_a_full_server_says_come_back_later(served: Site) -> None:
    await again_with(served, max_connections=str(MOST))
    async with witness(served):
        wires = [await greeted(served.base, f"user {n}") for n in range(MOST - 1)]

        codes = {await code_or_status(served, f"other {n}") for n in range(5)}
        stream = await connected(served.base)
        status, answer = await stream.request("/api/events?channel=me", headers("other"))

        assert codes == {4100}
        assert (status, "retry-after" in answer) == (503, True)
        for wire in [*wires, stream]:
            wire.end()


@pytest.mark.parametrize("how", ["half closed", "reset"])
async def test_dead_connections_do_not_count_against_their_user(ann: Witness, how: str) -> None:
    wires = []
    for _ in range(3 * MOST_PER_USER):
        wires.append(await patient(ann.site))
        if how == "half closed":
            wires[-1].writer.write_eof()
        else:
            wires[-1].end()

    for wire in wires:
        wire.end()


async def test_who_reads_nothing_is_closed_and_takes_little_memory(ann: Witness) -> None:
    before = memory(ann.site)
    wires = [await greeted(ann.site.base, "ann2", small=True) for _ in range(MOST_PER_USER)]
    for wire in wires:
        for _ in range(50):
            wire.say(t="sub", channel="me")

    codes = await asyncio.gather(*(late(wire) for wire in wires))

    assert memory(ann.site) - before < 30
    assert set(codes) <= {4103, 4101, 1006, None}


async def test_streams_that_nobody_reads_are_cut_off(ann: Witness) -> None:
    wires = []
    for n in range(READERS):
        wire = await connected(ann.site.base, small=True)
        await wire.request("/api/events?channel=me&snapshot=1", headers(f"user {n}"))
        wires.append(wire)

    await ann.goes_on(50)

    for wire in wires:
        wire.end()


async def test_joining_and_leaving_all_the_time_is_the_own_problem(ann: Witness) -> None:
    for n in range(ROUNDS):
        wire = await opened(ann.site.base, headers(f"user {n % 20}"))
        wire.say(t="hello", subs=[{"channel": "me"}] * 3)
        wire.end()


async def again_with(site: Site, **settings: str) -> None:
    """Start the web process anew with other settings."""
    site.chosen.update(settings)
    site.started[-1].process.kill()
    await site.started[-1].ends()
    await site.web()


async def code_or_status(site: Site, user: str) -> int:
    """Return the close code, or the HTTP status, of somebody who comes too late."""
    try:
        return await closed(await opened(site.base, headers(user)))
    except Refused as error:
        return error.status


async def patient(site: Site) -> Wire:
    """Open a connection, waiting a while for room that dead ones still take."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await greeted(site.base)
            except Closed:  # 4008: the dead ones still count
                await asyncio.sleep(PAUSE_SECONDS)


async def late(wire: Wire) -> int | None:
    """Read nothing for longer than is allowed; return the close code, None if it went on."""
    await asyncio.sleep(4)
    try:
        return await closed(wire, GOES_ON_SECONDS)
    except TimeoutError:
        return None
