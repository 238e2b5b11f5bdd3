"""Rubbish instead of a handshake: refused, and nothing for the others to notice."""

import asyncio
import os

import pytest

from tests.faults.realtime.mallory import closed, headers, shouted
from tests.faults.realtime.wire import Refused, Wire, connected, opened, upgrade
from tests.faults.realtime.witness import Witness, memory

HEADER_SECONDS = 1.0  # what the server is started with
SLOW_SECONDS = 0.05
SILENT = 200

FOREIGN = ("https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1.evil.example", "x")
NO_HTTP: dict[str, bytes] = {
    "random bytes": bytes(range(256)) * 20,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "two lengths": b"POST /api/jobs HTTP/1.1\r\nHost: a\r\n"
    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
    "length and chunks": b"POST /api/jobs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a header without a name": b"GET /api/ws HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "a NUL in a header": b"GET /api/ws HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
}
BAD_UPGRADES: dict[str, dict[str, str]] = {
    "no key": {"Sec-WebSocket-Key": ""},
    "a key that is none": {"Sec-WebSocket-Key": "x"},
    "an old version": {"Sec-WebSocket-Version": "7"},
    "no protocol": {"Sec-WebSocket-Protocol": ""},
    "a thousand protocols": {"Sec-WebSocket-Protocol": ", ".join(f"p{n}" for n in range(1000))},
    "a million characters of ticket": {
        "Sec-WebSocket-Protocol": "jobcast.v1, ticket." + "x" * 10**6
    },
    "nine thousand characters in one line": {"Cookie": "x" * 9000},
    "two hundred headers": {f"X-{n}": "x" for n in range(200)},
    "no token": {"Authorization": ""},
    "a token that is none": {"Authorization": "Bearer " + "x" * 5000},
}
BAD_STREAMS: dict[str, tuple[str, int]] = {
    "a channel of 60 KB": ("channel=job:" + "x" * 60_000, 404),
    "a cursor of 60 KB": ("channel=me&cursor=" + "x" * 60_000, 400),
    "a thousand channels": ("&".join(f"channel=job:{n}" for n in range(1000)), 400),
    "control characters": ("channel=%00%0d%0aevil&snapshot=%00", 404),
    "no UTF-8": ("channel=%ff%fe", 404),
    "another's ticket": ("channel=me&ticket=tk_" + "A" * 300, 401),
    "a ticket of 60 KB": ("channel=me&ticket=" + "x" * 60_000, 401),
}


async def test_a_foreign_page_is_refused_before_the_upgrade(ann: Witness) -> None:
    for origin in FOREIGN:
        with pytest.raises(Refused, match="403"):
            await opened(ann.site.base, headers() | {"Origin": origin})


async def test_two_origins_are_none(ann: Witness) -> None:
    both = {"Origin": ann.site.base, "origin": "https://evil.example"}

    with pytest.raises(Refused, match=r"40[03]"):
        await opened(ann.site.base, headers() | both)


async def test_forged_tickets_are_told_so(ann: Witness) -> None:
    for _ in range(20):
        forged = f"jobcast.v1, ticket.tk_{os.urandom(200).hex()}"
        wire = await opened(ann.site.base, {}, protocols=forged)
        assert await closed(wire) == 4001


async def test_what_is_no_request_is_refused_or_cut_off(ann: Witness) -> None:
    found = {}
    for what, sent in NO_HTTP.items():
        wire = await connected(ann.site.base)
        wire.writer.write(sent)
        found[what] = await refused(wire)

    assert found == dict.fromkeys(NO_HTTP, True)


async def test_an_upgrade_that_is_none_is_refused(ann: Witness) -> None:
    found = {}
    for what, wrong in BAD_UPGRADES.items():
        wire = await connected(ann.site.base)
        lines = [f"{name}: {value}" for name, value in (upgrade(headers()) | wrong).items()]
        wire.writer.write("\r\n".join(["GET /api/ws HTTP/1.1", "Host: a", *lines, "", ""]).encode())
        found[what] = await refused(wire)

    assert found == dict.fromkeys(BAD_UPGRADES, True)


async def test_headers_without_end_are_cut_off(ann: Witness) -> None:
    before = memory(ann.site)
    wires = [await connected(ann.site.base) for _ in range(10)]

    found = await asyncio.gather(*(endless(wire) for wire in wires))

    assert all(found)
    assert memory(ann.site) - before < 30


async def test_a_stream_that_makes_no_sense_is_refused(ann: Witness) -> None:
    found = {}
    for what, (query, wanted) in BAD_STREAMS.items():
        wire = await connected(ann.site.base)
        status, _ = await wire.request(f"/api/events?{query}", headers())
        found[what] = status in {wanted, 400}
        wire.end()

    assert found == dict.fromkeys(BAD_STREAMS, True)


async def test_a_handshake_byte_by_byte_is_cut_off(ann: Witness) -> None:
    wire = await connected(ann.site.base)

    async with asyncio.timeout(HEADER_SECONDS + 5):
        await dripped(wire, b"GET /api/ws HTTP/1.1\r\nHost: a\r\n" + b"X-Slow: 1\r\n" * 1000)


async def test_connections_that_say_nothing_are_cut_off(ann: Witness) -> None:
    wires = [await connected(ann.site.base) for _ in range(SILENT)]

    async with asyncio.timeout(HEADER_SECONDS + 5):
        ends = await asyncio.gather(*(wire.reader.read() for wire in wires))

    assert len(ends) == SILENT
    for wire in wires:
        wire.end()


async def test_connections_reset_in_the_middle_of_everything_leave_nothing(ann: Witness) -> None:
    request = "\r\n".join(
        ["GET /api/ws HTTP/1.1", "Host: a", "Connection: Upgrade", "Upgrade: web"]
    )
    for number in range(200):
        wire = await connected(ann.site.base)
        wire.writer.write(request[: number % len(request)].encode())
        wire.end()


async def endless(wire: Wire) -> bool:
    """Write a header of up to 20 MB; say whether it was refused before its end."""
    wire.writer.write(b"GET /api/ws HTTP/1.1\r\nHost: a\r\n")
    await shouted(wire, (b"X: " + b"x" * 65_536 + b"\r\n" for _ in range(300)))
    return await refused(wire)


async def refused(wire: Wire) -> bool:
    """Say whether the answer is an error of the sender's, or the end."""
    try:
        async with asyncio.timeout(10):
            status, _ = await wire.answer()
    except TimeoutError:
        return False
    except (asyncio.IncompleteReadError, OSError):
        return True
    finally:
        wire.end()
    return 400 <= status < 500


async def dripped(wire: Wire, sent: bytes) -> None:
    """Write one byte after the other until the server has had enough."""
    reading = asyncio.ensure_future(wire.reader.read())
    for byte in sent:
        wire.writer.write(bytes([byte]))
        await asyncio.wait([reading], timeout=SLOW_SECONDS)
        if reading.done():
            break
    assert reading.done(), "it was heard out"
    wire.end()
