"""Rubbish over an open WebSocket: the right code for its sender, and nothing for the others to notice."""

import os
import struct
import zlib
from collections.abc import Iterable

import orjson

from tests.faults.realtime.mallory import close, closed, greeted, shouted, text
from tests.faults.realtime.wire import BINARY, CLOSE, PING, TEXT, frame
from tests.faults.realtime.witness import Witness, is_trouble, memory
from tests.faults.site import Site

TIMES = 20
BOMB = zlib.compressobj(wbits=-15)
BOMB_BYTES = BOMB.compress(b'"' + b"x" * 10_000_000 + b'"') + BOMB.flush(zlib.Z_SYNC_FLUSH)

NO_JSON: dict[str, bytes] = {
    "no JSON": text("{"),
    "a number": text("5"),
    "nested deep": text("[" * 16_000),
    "nested deep in objects": text('{"t":' * 3000),
    "an integer without end": text('{"t":"ping","i":' + "9" * 9000 + "}"),
    "half a surrogate": text('{"t":"sub","channel":"\\ud800"}'),
    "too many at once": text(orjson.dumps([{"t": "ping"}] * 500)),
    "binary": frame(os.urandom(100), BINARY),
    "NaN": text('{"t":"ping","i":NaN}'),
    "empty": text(""),
}
NO_PROTOCOL: dict[str, tuple[bytes, int]] = {
    "one MB": (text(b"x" * 1_000_000), 1009),
    "just too large": (text(b"x" * (16 * 1024 + 1)), 1009),
    "said to be 2^62 bytes": (b"\x81\xff" + struct.pack("!Q", 2**62) + b"1234", 1009),
    "compressed though nobody agreed": (frame(b"\xab\x00", TEXT, reserved=4), 1002),
    "a compressed bomb": (frame(BOMB_BYTES, TEXT, reserved=4), 1002),
    "not masked": (frame(b'{"t":"ping"}', TEXT, masked=False), 1002),
    "a kind that does not exist": (frame(b"", 3), 1002),
    "a part of nothing": (frame(b"x", 0), 1002),
    "a text within a text": (frame(b"x", TEXT, final=False) + text("{}"), 1002),
    "a ping in parts": (frame(b"x", PING, final=False), 1002),
    "a ping too large": (frame(b"x" * 126, PING), 1002),
    "no UTF-8": (text(b'{"t":"\xff\xfe"}'), 1007),
    "a close without sense": (frame(b"x", CLOSE), 1002),
    "a close with a code that is not sent": (close(1006), 1002),
}
ANSWERED: dict[str, tuple[dict[str, object], str]] = {
    "control characters": ({"t": "sub", "channel": "job:a\x00\x1b[2J\n\r"}, "not_found"),
    "another alphabet": ({"t": "sub", "channel": "user:\u202eann\u2066"}, "not_found"),
    "a huge id": ({"t": "sub", "channel": "job:" + "9" * 15_000}, "not_found"),
    "a pattern": ({"t": "sub", "channel": "user:*"}, "not_found"),
    "a path": ({"t": "sub", "channel": "job:../../etc/passwd"}, "not_found"),
    "a statement": ({"t": "sub", "channel": "user:' OR 1=1 --"}, "not_found"),
    "a place out of this world": ({"t": "sub", "channel": "me", "since": "e." + "9" * 400}, "bad_cursor"),
    "a place with a line in it": ({"t": "sub", "channel": "me", "since": "e.1\r\nid: x"}, "bad_cursor"),
}  # fmt: skip


async def test_what_is_no_message_is_refused_and_then_closed(ann: Witness) -> None:
    codes = {what: await code_after(ann, [sent] * TIMES) for what, sent in NO_JSON.items()}

    assert codes == dict.fromkeys(NO_JSON, 4000)


async def test_what_is_no_websocket_is_closed_at_once(ann: Witness) -> None:
    codes = {what: await code_after(ann, [sent]) for what, (sent, _) in NO_PROTOCOL.items()}

    assert codes == {what: code for what, (_, code) in NO_PROTOCOL.items()}


async def test_what_makes_no_sense_is_answered(ann: Witness) -> None:
    wire = await greeted(ann.site.base)
    answers = {}
    for number, (what, (said, _)) in enumerate(ANSWERED.items()):
        wire.say(i=number, **said)
        answer = await wire.until("err")
        answers[what] = (answer["i"] == number, answer["error"]["code"])

    assert answers == {what: (True, code) for what, (_, code) in ANSWERED.items()}
    wire.end()


async def test_no_utf8_leaves_no_traceback_in_the_log(served: Site) -> None:
    wire = await greeted(served.base)
    wire.writer.write(NO_PROTOCOL["no UTF-8"][0])

    assert await closed(wire) == 1007
    assert not any(map(is_trouble, served.started[0].said().splitlines()))


async def code_after(ann: Witness, sent: list[bytes]) -> int:
    """Return the close code that this earns."""
    wire = await greeted(ann.site.base)
    await shouted(wire, sent)
    return await closed(wire)


async def test_a_text_in_parts_without_end_is_closed_when_it_is_too_large(ann: Witness) -> None:
    wire = await greeted(ann.site.base)
    parts = (frame(b"x" * 10, TEXT if n == 0 else 0, final=False) for n in range(1_639))

    await shouted(wire, parts)

    assert await closed(wire) == 1009


async def test_empty_parts_without_end_take_no_memory(ann: Witness) -> None:
    wire = await greeted(ann.site.base)
    before = memory(ann.site)
    parts = (frame(b"", TEXT if n == 0 else 0, final=False) for n in range(200_000))

    await shouted(wire, parts)

    assert memory(ann.site) - before < 20
    wire.end()


async def test_ten_thousand_subscriptions_are_refused(ann: Witness) -> None:
    wire = await greeted(ann.site.base)
    before = memory(ann.site)

    await shouted(wire, many_subs())

    assert await closed(wire) in {4101, 4103}
    assert memory(ann.site) - before < 30


def many_subs() -> Iterable[bytes]:
    for start in range(0, 10_000, 50):
        subs = [{"t": "sub", "channel": f"job:{start + n:0>32}"} for n in range(50)]
        yield text(orjson.dumps(subs))


async def test_pings_whose_answers_nobody_reads_take_no_memory(ann: Witness) -> None:
    wire = await greeted(ann.site.base, small=True)
    before = memory(ann.site)

    await shouted(wire, [frame(b"x" * 100, PING)] * 100_000)

    assert memory(ann.site) - before < 20
    wire.end()


async def test_messages_whose_answers_nobody_reads_take_no_memory(ann: Witness) -> None:
    wire = await greeted(ann.site.base, small=True)
    before = memory(ann.site)

    await shouted(wire, [text('{"t":"ping","i":"' + "x" * 1000 + '"}')] * 20_000)

    assert memory(ann.site) - before < 20
    wire.end()
