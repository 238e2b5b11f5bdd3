"""Whatever is sent over a WebSocket, in any order: an answer or a code of the table, and nobody notices."""

import asyncio
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.realtime.mallory import greeted
from tests.faults.realtime.wire import TEXT, Closed, frame
from tests.faults.realtime.witness import Witness

CODES = {1000, 1002, 1003, 1005, 1007, 1009, 4000, 4001, 4003, 4101}
EXAMPLES = 60
ANSWER_SECONDS = 10
BEGUN_SECONDS = 0.2

NAMES = st.sampled_from(
    [
        "hello",
        "sub",
        "unsub",
        "ack",
        "read",
        "input",
        "cancel",
        "auth",
        "ping",
        "pong",
        "bye",
        "ev",
        "",
    ]
)
PLACES = st.sampled_from(["x.1", "x.-1", "x." + "9" * 19, "", "é"]) | st.text(max_size=10)
CHANNELS = st.sampled_from(["me", "user:ann", "job:x", "batch:x", "org:x", "org:mallory"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
FIELDS = {
    "t": NAMES | VALUES, "i": VALUES, "channel": CHANNELS | VALUES, "since": PLACES | VALUES,
    "snapshot": VALUES, "subs": st.lists(st.fixed_dictionaries({"channel": CHANNELS}), max_size=5) | VALUES,
    "offset": VALUES, "ids": VALUES, "job": VALUES, "data": VALUES, "ticket": st.text(max_size=30) | VALUES,
}  # fmt: skip
MESSAGES = st.fixed_dictionaries({}, optional=FIELDS)
TEXTS = (MESSAGES | st.lists(MESSAGES, max_size=5) | VALUES).map(
    lambda said: frame(orjson.dumps(said), TEXT)
)
FRAMES = st.builds(
    frame,
    st.binary(max_size=200),
    st.sampled_from([0, 1, 2, 3, 8, 9, 10, 15]),
    final=st.booleans(),
    reserved=st.sampled_from([0, 0, 0, 1, 4, 7]),
    masked=st.sampled_from([True, True, True, False]),
)
STREAMS = st.lists(TEXTS | TEXTS | FRAMES | st.binary(max_size=20), min_size=1, max_size=20)


@settings(
    max_examples=EXAMPLES, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(sent=STREAMS)
async def test_any_bytes_are_answered_or_closed_by_the_table(
    ann: Witness, sent: list[bytes]
) -> None:
    wire = await greeted(ann.site.base)
    stream = b"".join(sent) + frame(orjson.dumps({"t": "ping", "i": "still there"}), TEXT)
    wire.writer.write(stream)

    whole = ends_whole(stream)
    try:
        async with asyncio.timeout(ANSWER_SECONDS if whole else BEGUN_SECONDS):
            code = await heard_or_code(wire)
    except TimeoutError:  # a frame that was begun and not ended: it waits for the rest
        assert not whole
        code = None

    assert code is None or code in CODES
    wire.end()


def ends_whole(stream: bytes) -> bool:
    """Say whether the last frame is there to its end."""
    while len(stream) >= 2:
        size, at = stream[1] & 0x7F, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(stream[2:at], "big")
        at += 4 if stream[1] & 0x80 else 0
        if len(stream) < at + size:
            return False
        stream = stream[at + size :]
    return not stream


async def heard_or_code(wire: Any) -> int | None:
    """Return None once the last ping is answered, or the code it was closed with."""
    try:
        while (await wire.hear()).get("i") != "still there":
            pass
    except Closed as error:
        return error.code
    return None
