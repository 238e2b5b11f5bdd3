"""Every close code that a client can provoke."""

import asyncio
from contextlib import suppress

import httpx2
from websockets.exceptions import ConnectionClosed

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import Socket, greeted, joined, opened
from tests.conformance.target import Visitor

LIMIT = 16 * 1024
FLOOD = 400
BIG_JOBS = 64


@rule()
async def who_says_bye_is_closed_with_1000(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    await socket.say(t="bye")

    expect(await socket.closed(), 1000, "the close code")
    expect(socket.heard[-1]["t"], "bye", "the last word")


@rule()
async def many_bad_frames_close_with_4000(visitor: Visitor) -> None:
    for junk in ("{", b"\x00\x01", "5", "null", '["x"]', '"text"'):
        socket = await greeted(visitor)
        await shout(socket, junk, 20)
        expect(await socket.closed(), 4000, f"the close code for {junk!r}")


@rule()
async def a_frame_that_is_too_large_closes_with_1009(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    fits = '{"t":"ping","i":1,"x":"' + "x" * (LIMIT - 40) + '"}'
    await socket.connection.send(fits)
    expect(await socket.hear(), {"t": "pong", "i": 1}, "a frame just within the limit")

    await shout(socket, "x" * (LIMIT + 1), 1)

    expect(await socket.closed(), 1009, "the close code")


@rule("users")
async def one_connection_too_many_closes_with_4008(visitor: Visitor) -> None:
    user = await visitor.other()
    most = user.target.connections_per_user
    for _ in range(most):
        await greeted(user)

    one_more = await opened(user)

    expect(await one_more.closed(), 4008, "the close code")
    answer = await user.http.get("/api/events?channel=me")
    expect(answer.status_code, 429, "a stream's status")
    require("retry-after" in answer.headers, "no Retry-After")


@rule("users")
async def a_closed_connection_makes_room_for_another(visitor: Visitor) -> None:
    user = await visitor.other()
    sockets = [await greeted(user) for _ in range(user.target.connections_per_user)]
    await sockets[0].connection.close()

    async with asyncio.timeout(5):
        while True:
            with suppress(ConnectionClosed):
                await greeted(user)
                return


@rule("users")
async def who_signs_out_is_closed_with_4009(visitor: Visitor) -> None:
    user = await visitor.other()
    answer = await user.http.post("/api/session")
    cookie = answer.headers["set-cookie"].partition(";")[0]
    page = {"Cookie": cookie, "Origin": user.target.origin}
    here = {"Cookie": cookie}
    socket = await greeted(user, "me", headers=here, origin=user.target.origin)
    await socket.until("subbed")

    async with asyncio.timeout(3):
        async with httpx2.AsyncClient(base_url=user.target.origin, trust_env=False) as browser:
            signed_out = await browser.delete("/api/session", headers=page)
        expect(signed_out.status_code, 204, "signing out")
        expect(await socket.closed(), 4009, "the close code")


@rule("users")
async def a_flood_of_messages_closes_with_4101(visitor: Visitor) -> None:
    socket = await greeted(await visitor.other())

    await shout(socket, '{"t":"ping"}', FLOOD)

    expect(await socket.closed(), 4101, "the close code")


@rule("users")
async def a_burst_of_messages_is_answered(visitor: Visitor) -> None:
    socket = await greeted(await visitor.other())

    for number in range(50):
        await socket.say(t="ping", i=number)

    answers = [(await socket.until("pong"))["i"] for _ in range(50)]
    expect(answers, list(range(50)), "the answers")


@rule("users", seconds=lambda _: 6)
async def a_session_that_ends_is_announced_and_closed_with_4201(visitor: Visitor) -> None:
    seconds = 4
    user = await visitor.other(seconds=seconds)
    socket = await greeted(user, "me")

    expiring = await socket.until("expiring")
    require(expiring["seconds"] <= seconds, f"{expiring}")

    expect(await socket.closed(), 4201, "the close code")
    expect(socket.heard[-1]["t"], "bye", "the last word")


@rule("users", seconds=lambda visitor: visitor.target.stall_seconds)
async def who_does_not_read_is_closed_with_4103_and_fed_until_then(visitor: Visitor) -> None:
    user = await visitor.other()
    socket = await stalled(user)

    code = await socket.closed()

    require(code in {4103, 1006}, f"closed with {code}")


@rule("users", seconds=lambda visitor: visitor.target.max_age_seconds)
async def an_old_connection_closes_with_4202(visitor: Visitor) -> None:
    socket = await greeted(await visitor.other(), "me")
    most = visitor.target.max_age_seconds

    async with asyncio.timeout(most + 5):
        expect(await socket.closed(), 4202, "the close code")


async def shout(socket: Socket, junk: str | bytes, times: int) -> None:
    """Say the same again and again, as long as the server listens."""
    try:
        for _ in range(times):
            await socket.connection.send(junk)
    except ConnectionClosed:
        return


async def stalled(user: Visitor) -> Socket:
    """Ask for far more than a network holds and read nothing for longer than is allowed."""
    await user.batch(BIG_JOBS, args={"value": "x" * 8000})
    socket, _ = await joined(user, "me", max_queue=1)
    socket.connection.transport.pause_reading()
    for _ in range(50):
        await socket.say(t="sub", channel="me")
    await asyncio.sleep(user.target.stall_seconds + 2)
    socket.connection.transport.resume_reading()
    return socket
