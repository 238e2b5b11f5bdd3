"""Server-Sent Events: headers, welcome, snapshots, places and coming back."""

import asyncio

from tests.conformance.rules import expect, require, rule
from tests.conformance.stream import place, status, streamed
from tests.conformance.target import Visitor

GARBAGE = ("x", "x.-1", "x.1,x.2", "x.9999999999999999999", "x" * 5000)


@rule()
async def a_stream_must_not_be_cached_changed_or_buffered(visitor: Visitor) -> None:
    headers = (await streamed(visitor, "me")).answer.headers

    require(headers["content-type"].startswith("text/event-stream"), headers["content-type"])
    expect(headers["cache-control"], "no-store, no-transform", "Cache-Control")
    expect(headers["x-accel-buffering"], "no", "X-Accel-Buffering")
    require("content-encoding" not in headers, "it is compressed")


@rule()
async def a_welcome_comes_first_with_a_random_time_to_retry(visitor: Visitor) -> None:
    streams = [await streamed(visitor, "me") for _ in range(5)]

    welcomes = [await stream.hear() for stream in streams]

    expect({welcome.event for welcome in welcomes}, {"welcome"}, "the first events")
    data = welcomes[0].data
    expect((data["user"], data["org"]), (visitor.user, visitor.org), "who is welcomed")
    expect(data["channels"], [f"user:{visitor.user}"], "the channels")
    times = [retry for stream in streams for retry in stream.retries]
    require(all(500 <= each <= 15_000 for each in times), f"retry: {times}")
    require(len(set(times)) > 1, f"not random: {times}")


@rule()
async def every_channel_is_shown_once_if_asked_for(visitor: Visitor) -> None:
    job = await visitor.submit()
    stream = await streamed(visitor, "me", f"job:{job}", snapshot=1)

    told = [await stream.hear() for _ in range(3)]

    expect([each.event for each in told], ["welcome", "snapshot", "snapshot"], "the events")
    shown = {each.data["channel"] for each in told[1:]}
    expect(shown, {f"user:{visitor.user}", f"job:{job}"}, "the channels")
    require(set(told[1].data["state"]) == {"jobs", "truncated", "unread"}, "a user's state")
    require(set(told[2].data["ephemeral"]) >= {"progress", "output", "logs"}, "a job's memory")


@rule()
async def without_being_asked_nothing_is_shown(visitor: Visitor) -> None:
    stream = await streamed(visitor, "me")
    await stream.hear()

    await visitor.submit()

    expect((await stream.hear()).event, "job.scheduled", "the first event after the welcome")


@rule()
async def an_event_is_named_by_its_type_on_one_line_with_its_place(visitor: Visitor) -> None:
    stream = await streamed(visitor, "me")
    await stream.hear()
    await visitor.submit(tags=["a\nevent: evil\n\ndata: {}"])

    [told] = await stream.durable(1)

    expect(told.event, told.data["type"], "the name")
    expect(told.id, f"{told.data['epoch']}.{told.data['offset']}", "the id")
    expect(len(told.lines), 3, f"lines of {told.lines}")
    expect(told.data["data"]["tags"], ["a\nevent: evil\n\ndata: {}"], "a text with lines in it")


@rule()
async def who_comes_back_by_its_last_id_is_told_exactly_what_it_missed(visitor: Visitor) -> None:
    last = await place(visitor, "me")
    jobs = [await visitor.submit() for _ in range(4)]

    stream = await streamed(visitor, "me", headers={"Last-Event-ID": last})

    told = await stream.durable(4)
    first = int(last.rpartition(".")[2])
    expect([each.data["offset"] for each in told], [first + n for n in range(1, 5)], "the offsets")
    expect([each.data["subject"] for each in told], [f"job:{job}" for job in jobs], "the jobs")
    await visitor.submit()
    [live] = await stream.durable(1)
    expect(live.data["offset"], first + 5, "the next offset")


@rule()
async def the_header_goes_before_the_parameter(visitor: Visitor) -> None:
    old = await place(visitor, "me")
    await visitor.submit()
    new = await place(visitor, "me")
    await visitor.submit()

    by_both = await streamed(visitor, "me", headers={"Last-Event-ID": new}, cursor=old)
    by_cursor = await streamed(visitor, "me", cursor=old)

    first = int(old.rpartition(".")[2])
    expect((await by_both.durable(1))[0].data["offset"], first + 2, "by the header")
    expect((await by_cursor.durable(1))[0].data["offset"], first + 1, "by the parameter")


@rule()
async def several_channels_have_one_id_that_resumes_them_all(visitor: Visitor) -> None:
    jobs = [await visitor.submit() for _ in range(2)]
    names = ("me", *(f"job:{job}" for job in jobs))
    stream = await streamed(visitor, *names)
    await stream.hear()
    await visitor.cancel(jobs[0])
    seen = await stream.durable(2)
    last = seen[-1].id
    expect(last.count(","), 2, f"commas in the id {last}")
    await stream.answer.aclose()
    await visitor.cancel(jobs[1])

    back = await streamed(visitor, *names, headers={"Last-Event-ID": last})

    told = await back.durable(2)
    found = {each.data["channel"] for each in told}
    expect(found, {f"user:{visitor.user}", f"job:{jobs[1]}"}, "what was told after it")
    expect({each.data["subject"] for each in told}, {f"job:{jobs[1]}"}, "about")


@rule()
async def every_id_on_the_way_can_be_resumed_from(visitor: Visitor) -> None:
    job = await visitor.submit()
    stream = await streamed(visitor, "me", f"job:{job}", snapshot=1)
    ids = [told.id for told in [await stream.hear() for _ in range(3)]]
    await visitor.submit()
    ids += [(await stream.durable(1))[0].id]
    await stream.answer.aclose()

    for each in filter(None, ids):
        back = await streamed(visitor, "me", f"job:{job}", cursor=each)
        expect((await back.hear()).event, "welcome", f"after {each}")
        await back.answer.aclose()


@rule()
async def a_place_of_no_use_is_a_gap_and_then_the_whole_state(visitor: Visitor) -> None:
    now = await place(visitor, "me")
    epoch, _, offset = now.rpartition(".")
    for cursor, reason in (("another.1", "epoch"), (f"{epoch}.{int(offset) + 9}", "ahead")):
        stream = await streamed(visitor, "me", cursor=cursor)
        told = [await stream.hear() for _ in range(3)]
        expect([each.event for each in told], ["welcome", "gap", "snapshot"], f"after {cursor}")
        expect(told[1].data["reason"], reason, "the reason")
        expect(told[2].id, now, "the place after the snapshot")
        await stream.answer.aclose()


@rule()
async def requests_that_make_no_sense_are_refused(visitor: Visitor) -> None:
    jobs = [f"job:{job}" for job in (await visitor.batch(9))[1]]
    for text in GARBAGE:
        expect(await status(visitor, "me", cursor=text), 400, f"the cursor {text[:20]}")
    expect(await status(visitor), 400, "no channel")
    expect(await status(visitor, *jobs), 400, "nine channels")
    expect(await status(visitor, *jobs[:8]), 200, "eight channels")
    expect(await status(visitor, "nothing"), 404, "an unknown channel")
    expect(await status(visitor, "me", f"user:{visitor.user}"), 400, "the same channel twice")
    expect(await status(visitor, f"org:{visitor.org}"), 403, "an org without its scope")
    nobody = {"Authorization": "Bearer nobody"}
    expect(await status(visitor, "me", headers=nobody), 401, "nobody")


@rule()
async def a_ticket_opens_one_stream(visitor: Visitor) -> None:
    ticket = await visitor.ticket()
    nobody = {"Authorization": ""}

    expect(await status(visitor, "me", headers=nobody, ticket=ticket), 200, "the first time")
    expect(await status(visitor, "me", headers=nobody, ticket=ticket), 401, "the second time")


@rule(seconds=lambda visitor: visitor.target.heartbeat_seconds)
async def a_quiet_stream_shows_that_it_lives(visitor: Visitor) -> None:
    stream = await streamed(visitor, "me")
    await stream.hear()
    hearing = asyncio.create_task(stream.hear())
    patience = 2 * visitor.target.heartbeat_seconds + 2

    await asyncio.wait([hearing], timeout=patience)

    hearing.cancel()
    await asyncio.wait([hearing])
    require("hb" in stream.comments, f"no heart-beat in {patience:.0f} s: {stream.comments}")
