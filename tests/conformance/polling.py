"""Long poll: the same as a stream, one answer at a time, for what buffers."""

import asyncio
import time

from tests.conformance.poll import asked, polled
from tests.conformance.rules import expect, require, rule
from tests.conformance.target import Visitor

FIELDS = {"cursor", "gaps", "snapshots", "events", "unsubbed", "degraded", "retry_ms"}


@rule()
async def the_first_answer_shows_every_channel_at_once(visitor: Visitor) -> None:
    job = await visitor.submit()
    began = time.monotonic()

    told = await polled(visitor, "me", f"job:{job}", wait=20)

    require(time.monotonic() - began < 5, "it waited")
    require(set(told) >= FIELDS, f"fields are missing: {FIELDS - set(told)}")
    shown = {each["channel"]: each for each in told["snapshots"]}
    expect(set(shown), {f"user:{visitor.user}", f"job:{job}"}, "the channels shown")
    expect(shown[f"job:{job}"]["state"]["job"]["id"], job, "the job")
    require(told["cursor"] and told["events"] == [], "no cursor, or events beside the state")


@rule()
async def a_poll_waits_for_the_next_change(visitor: Visitor) -> None:
    cursor = (await polled(visitor, "me"))["cursor"]
    waiting = asyncio.create_task(polled(visitor, "me", cursor=cursor, wait=20))
    await asyncio.wait([waiting], timeout=0.3)
    require(not waiting.done(), "it did not wait")

    job = await visitor.submit()

    told = await waiting
    expect([event["subject"] for event in told["events"]], [f"job:{job}"], "the events")
    expect(told["snapshots"], [], "snapshots")
    require(told["cursor"] != cursor, "the cursor did not move")


@rule()
async def what_happened_between_two_polls_is_told_exactly(visitor: Visitor) -> None:
    first = await polled(visitor, "me")
    jobs = [await visitor.submit() for _ in range(4)]

    told = await polled(visitor, "me", cursor=first["cursor"], wait=20)
    offset = first["snapshots"][0]["offset"]
    offsets = [event["offset"] for event in told["events"]]
    expect(offsets, [offset + n for n in range(1, 5)], "the offsets")
    expect([event["subject"] for event in told["events"]], [f"job:{j}" for j in jobs], "the jobs")

    again = await polled(visitor, "me", cursor=told["cursor"], wait=0)
    expect(again["events"], [], "told twice")


@rule(seconds=lambda _: 2)
async def a_poll_without_news_ends_in_time(visitor: Visitor) -> None:
    cursor = (await polled(visitor, "me"))["cursor"]
    began = time.monotonic()

    told = await polled(visitor, "me", cursor=cursor, wait=1)

    require(0.8 <= time.monotonic() - began <= 3, f"it took {time.monotonic() - began:.1f} s")
    expect((told["events"], told["snapshots"]), ([], []), "the news")
    again = await polled(visitor, "me", cursor=told["cursor"], wait=0)
    expect((again["events"], again["gaps"]), ([], []), "after its cursor")


@rule()
async def the_same_cursor_twice_brings_the_same(visitor: Visitor) -> None:
    cursor = (await polled(visitor, "me"))["cursor"]
    await visitor.submit()

    first = await polled(visitor, "me", cursor=cursor, wait=5)
    again = await polled(visitor, "me", cursor=cursor, wait=5)

    expect(again["events"], first["events"], "the answer to a poll whose answer got lost")


@rule()
async def an_ended_job_is_told_left_and_then_204(visitor: Visitor) -> None:
    job = await visitor.submit()
    first = await polled(visitor, f"job:{job}")
    await visitor.cancel(job)

    told = await polled(visitor, f"job:{job}", cursor=first["cursor"], wait=20)
    expect([event["type"] for event in told["events"]], ["job.cancelled"], "the events")
    left = [(each["channel"], each["code"]) for each in told["unsubbed"]]
    expect(left, [(f"job:{job}", "done")], "the channel left")

    after = await asked(visitor, f"job:{job}", cursor=told["cursor"], wait=5)
    expect(after.status_code, 204, "the status afterwards")


@rule("worker")
async def ephemeral_news_show_as_a_snapshot(visitor: Visitor) -> None:
    job = await visitor.submit("stream", {"words": 40, "pause": 0.05})
    told = await polled(visitor, f"job:{job}")
    cursor, longest = told["cursor"], 0
    async with asyncio.timeout(30):
        while not any(event["type"] == "job.succeeded" for event in told["events"]):
            told = await polled(visitor, f"job:{job}", cursor=cursor, wait=5)
            cursor = told["cursor"]
            for shown in told["snapshots"]:
                output = (shown.get("ephemeral") or {}).get("output") or {"text": ""}
                longest = max(longest, len(output["text"]))

    require(longest > 40, "no output was shown while it ran")


@rule()
async def polls_that_make_no_sense_are_refused(visitor: Visitor) -> None:
    jobs = [f"job:{job}" for job in (await visitor.batch(9))[1]]
    expected = {
        "a bad cursor": (("me",), {"cursor": "x" * 50}, 400),
        "no channel": ((), {}, 400),
        "nine channels": (tuple(jobs), {}, 400),
        "an unknown channel": (("nothing",), {}, 404),
        "an org without its scope": ((f"org:{visitor.org}",), {}, 403),
        "a wait that is none": (("me",), {"wait": "long"}, 400),
    }
    for what, (channels, more, status) in expected.items():
        expect((await asked(visitor, *channels, **more)).status_code, status, what)


@rule()
async def a_cursor_of_another_epoch_is_a_gap_and_the_whole_state(visitor: Visitor) -> None:
    stale = "another.1"

    answer = await asked(visitor, "me", cursor=stale, wait=0)

    if answer.status_code == 400:  # the cursor is the server's own affair, and may be sealed
        return
    told = answer.json()
    expect([gap["channel"] for gap in told["gaps"]], [f"user:{visitor.user}"], "the gaps")
    expect(len(told["snapshots"]), 1, "snapshots")
