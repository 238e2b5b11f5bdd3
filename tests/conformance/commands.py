"""Orders over the WebSocket: cancel, input, read, ack."""

import asyncio

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import greeted, joined
from tests.conformance.target import Visitor

NOBODYS = "01990000-0000-7000-8000-000000000000"


@rule()
async def cancel_ends_a_job_and_says_so(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    job = await visitor.submit()

    await socket.say(t="cancel", i=9, job=job)

    answer = await socket.until("ok")
    expect((answer["i"], answer["job"], answer["state"]), (9, job, "cancelled"), "the answer")
    await socket.event("job.cancelled", f"job:{job}")


@rule()
async def an_order_that_cannot_be_followed_is_an_error_with_its_number(visitor: Visitor) -> None:
    job = await visitor.submit()
    socket = await greeted(visitor)

    for unknown in (NOBODYS, "x", None, 7, "x" * 1000):
        await socket.refused("not_found", t="cancel", job=unknown)
    await socket.refused("not_found", t="input", job=NOBODYS, data={})
    answer = await socket.refused("wrong_state", t="input", job=job, data={})
    require(answer["error"]["message"], "an error without a sentence")


@rule("users")
async def who_may_only_read_gives_no_orders(visitor: Visitor) -> None:
    job = await visitor.submit()
    reader = await visitor.other(user=visitor.user, scopes="jobs:read")
    socket = await greeted(reader)

    await socket.refused("forbidden", t="cancel", job=job)


@rule("users")
async def somebody_elses_job_takes_no_orders(visitor: Visitor) -> None:
    other = await visitor.other()
    job = await other.submit()
    socket = await greeted(visitor)

    await socket.refused("not_found", t="cancel", job=job)


@rule("worker")
async def input_reaches_the_job_that_waits_for_it(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    job = await visitor.submit("ask", {"requests": 1, "wait_seconds": 20})
    await socket.event("job.started", f"job:{job}")

    answer = {"t": "err"}
    for number in range(50):
        await asyncio.sleep(0.1)
        await socket.say(t="input", i=number, job=job, data={"approved": True, "amount": 2})
        while (answer := await socket.hear()).get("i") != number:
            pass
        if answer["t"] == "ok":
            break

    expect(answer["t"], "ok", "the answer")
    done = await socket.event("job.succeeded", f"job:{job}")
    expect(done["data"]["result"], [{"approved": True, "amount": 2}], "what the job was given")


@rule("worker")
async def what_is_read_on_one_socket_is_read_on_the_other(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    other, _ = await joined(visitor, "me")
    await visitor.submit("tell", {"texts": ["news"]})
    note = await socket.event("notification.brief_completed")

    await socket.say(t="read", i=3, ids=[note["data"]["id"]])

    await socket.until("ok", i=3)
    read = await other.event("inbox.read")
    expect(read["data"]["id"], note["data"]["id"], "what was read")


@rule()
async def an_acknowledgement_is_answered_only_if_it_has_a_number(visitor: Visitor) -> None:
    await visitor.submit()
    socket, subbed = await joined(visitor, "me")

    await socket.say(t="ack", channel="me", offset=subbed["offset"])
    expect(await socket.nothing_but_pong(), [], "the answer without a number")
    await socket.say(t="ack", i=5, channel="me", offset=subbed["offset"])

    expect((await socket.until("ok"))["i"], 5, "the answer with a number")
