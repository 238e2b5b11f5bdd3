"""Frames: what makes sense, what does not, and signs of life both ways."""

import asyncio
from typing import Any

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import greeted
from tests.conformance.target import Visitor


@rule()
async def an_unknown_message_is_an_error_and_no_close(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    for kind in ("nonsense", "welcome", "", "HELLO", "x" * 200):
        await socket.refused("unknown_type", t=kind)

    expect(await socket.nothing_but_pong(), [], "after it")


@rule()
async def a_message_of_the_wrong_shape_is_an_error_and_no_close(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    wrong: list[dict[str, Any]] = [
        {"t": "sub"}, {"t": "sub", "channel": 7}, {"t": "sub", "channel": None}, {"t": "auth"},
        {"t": "sub", "channel": "me", "since": 5}, {"t": "unsub", "channel": ["me"]}, {"t": 5}, {},
        {"t": None}, {"t": ["sub"]}, {"t": "sub", "channel": "me", "snapshot": "yes"},
    ]  # fmt: skip
    for frame in wrong:
        await socket.refused("bad_request", **frame)
    await socket.say(t="ping", i={"not": "a number"})
    expect((await socket.until("err"))["error"]["code"], "bad_request", "the error of that i")


@rule()
async def unknown_fields_are_left_alone(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    await socket.say(t="sub", i=1, channel="me", tomorrow={"new": True})

    expect((await socket.until("subbed"))["i"], 1, "the answer")


@rule()
async def a_frame_may_hold_several_messages(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    await socket.connection.send(
        '[{"t":"ping","i":1},{"t":"sub","i":2,"channel":"me"},{"t":"ping","i":3}]'
    )

    answers = [await socket.hear() for _ in range(3)]
    expect(
        [(a["t"], a["i"]) for a in answers], [("pong", 1), ("subbed", 2), ("pong", 3)], "answers"
    )


@rule()
async def one_bad_frame_is_an_error_and_no_close(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    await socket.connection.send("{")

    expect((await socket.hear())["error"]["code"], "bad_request", "the answer")
    expect(await socket.nothing_but_pong(), [], "after it")


@rule()
async def a_ping_is_answered_with_its_number(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    await socket.say(t="ping", i="x")
    await socket.say(t="ping")

    expect(
        [await socket.hear(), await socket.hear()], [{"t": "pong", "i": "x"}, {"t": "pong"}], "it"
    )


@rule()
async def a_pong_needs_no_answer(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    await socket.say(t="pong")

    expect(await socket.nothing_but_pong(), [], "the answer")


@rule()
async def the_protocols_own_ping_is_answered(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    async with asyncio.timeout(5):
        await (await socket.connection.ping(b"are you there"))


@rule(seconds=lambda visitor: visitor.target.heartbeat_seconds)
async def the_server_shows_that_it_lives(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    patience = 2 * visitor.target.heartbeat_seconds + 2

    try:
        async with asyncio.timeout(patience):
            while True:
                await socket.hear()
                require(False, "something else came")
    except TimeoutError:
        pings = [frame for frame in socket.heard if frame == {"t": "ping"}]

    require(pings, f"no ping in {patience:.0f} s")
