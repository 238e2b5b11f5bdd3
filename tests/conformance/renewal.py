"""A session that goes on: a fresh ticket over the open socket."""

import asyncio

from tests.conformance.rules import Broken, expect, rule
from tests.conformance.socket import greeted, joined
from tests.conformance.target import Visitor


@rule()
async def a_fresh_ticket_is_taken(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    ticket = await visitor.ticket()

    await socket.say(t="auth", i=1, ticket=ticket)

    expect(await socket.until("ok"), {"t": "ok", "i": 1}, "the answer")


@rule("users", seconds=lambda _: 5)
async def a_fresh_ticket_puts_the_end_off(visitor: Visitor) -> None:
    short = await visitor.other(seconds=4)
    long = await visitor.other(user=short.user)
    socket, _ = await joined(short, "me")
    await socket.until("expiring")

    await socket.say(t="auth", i=1, ticket=await long.ticket())
    await socket.until("ok", i=1)

    try:
        async with asyncio.timeout(5):
            code = await socket.closed()
    except TimeoutError:
        return
    raise Broken(f"closed with {code}")


@rule()
async def a_ticket_of_no_use_is_an_error_and_no_close(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    used = await visitor.ticket()
    await socket.say(t="auth", i=1, ticket=used)
    await socket.until("ok")

    for ticket in (used, "tk_x", "", "x" * 5000):
        await socket.refused("unauthenticated", t="auth", ticket=ticket)

    expect(await socket.nothing_but_pong(), [], "after it")


@rule("users")
async def somebody_elses_ticket_closes_with_4003(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    other = await visitor.other()

    await socket.say(t="auth", ticket=await other.ticket())

    expect(await socket.closed(), 4003, "the close code")
