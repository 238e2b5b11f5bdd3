"""Hello and welcome."""

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import greeted, opened
from tests.conformance.target import Visitor


@rule()
async def hello_is_answered_with_a_welcome_that_names_clocks_and_limits(visitor: Visitor) -> None:
    socket = await opened(visitor)
    await socket.say(t="hello", subs=[])

    welcome = await socket.hear()

    expect(welcome["t"], "welcome", "the first answer")
    expect((welcome["user"], welcome["org"]), (visitor.user, visitor.org), "who is welcomed")
    require(welcome["heartbeat_seconds"] > 0 and welcome["server_time"], "no clocks")
    require(welcome["degraded"] in {True, False}, "no word on the server's health")
    expect(welcome["limits"]["channels"], 64, "the channels of one socket")
    expect(welcome["limits"]["frame_bytes"], 16 * 1024, "the largest frame")


@rule()
async def hello_comes_first(visitor: Visitor) -> None:
    socket = await opened(visitor)

    await socket.refused("bad_request", t="sub", channel="me")
    await socket.refused("bad_request", t="cancel", job="x")
    await socket.say(t="ping", i=1)
    expect(await socket.hear(), {"t": "pong", "i": 1}, "a ping before hello")


@rule()
async def a_second_hello_is_an_error_and_no_close(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    await socket.refused("bad_request", t="hello", subs=[])
    expect(await socket.nothing_but_pong(), [], "after it")


@rule()
async def the_channels_of_hello_are_joined_in_order(visitor: Visitor) -> None:
    job = await visitor.submit()

    socket = await greeted(visitor, f"job:{job}", "me", "job:nobodys")

    answers = [await socket.hear() for _ in range(3)]
    kinds = [(answer["t"], answer["channel"]) for answer in answers]
    wanted = [("subbed", f"job:{job}"), ("subbed", f"user:{visitor.user}"), ("err", "job:nobodys")]
    expect(kinds, wanted, "the answers")


@rule(seconds=lambda visitor: visitor.target.hello_seconds)
async def who_never_says_hello_is_closed_with_4102(visitor: Visitor) -> None:
    socket = await opened(visitor)

    expect(await socket.closed(), 4102, "the close code")
