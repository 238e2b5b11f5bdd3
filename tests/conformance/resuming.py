"""Coming back: what happened in between, exactly, or a gap and the whole state."""

from typing import Any

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import cursor, greeted, joined
from tests.conformance.target import Visitor

GARBAGE = (
    "", "x", "x.y", "x.-1", "x.1e3", "x.01", ".5", "x.", "x.9999999999999999999", "x.1,x.2", "x.1\n",
    "x .1", "\u0661.1", "é.1", "x" * 9000 + ".1",
)  # fmt: skip


@rule()
async def since_brings_exactly_what_changed_after_it(visitor: Visitor) -> None:
    _, before = await joined(visitor, "me")
    jobs = [await visitor.submit() for _ in range(5)]

    _, subbed = await joined(visitor, "me", since=cursor(before))

    expect(subbed["recovered"], True, "recovered")
    require("snapshot" not in subbed, "a snapshot nobody needs")
    offsets = [event["offset"] for event in subbed["events"]]
    expect(offsets, [before["offset"] + n for n in range(1, 6)], "the offsets")
    expect([event["subject"] for event in subbed["events"]], [f"job:{j}" for j in jobs], "the jobs")
    expect(subbed["offset"], offsets[-1], "the place after it")


@rule()
async def a_job_that_changed_often_is_told_once_in_its_latest_state(visitor: Visitor) -> None:
    _, before = await joined(visitor, "me")
    job = await visitor.submit()
    await visitor.cancel(job)

    _, subbed = await joined(visitor, "me", since=cursor(before))

    told = [(event["type"], event["offset"]) for event in subbed["events"]]
    expect(told, [("job.cancelled", before["offset"] + 2)], "the changes")


@rule()
async def since_the_newest_brings_nothing(visitor: Visitor) -> None:
    await visitor.submit()
    _, before = await joined(visitor, "me")

    _, subbed = await joined(visitor, "me", since=cursor(before))

    expect((subbed["recovered"], subbed["events"]), (True, []), "the answer")
    expect(subbed["offset"], before["offset"], "the place")


@rule()
async def what_is_replayed_is_what_was_told_live(visitor: Visitor) -> None:
    socket, before = await joined(visitor, "me")
    await visitor.submit()
    [live] = await socket.events(1)

    _, subbed = await joined(visitor, "me", since=cursor(before))

    expect(subbed["events"], [live], "the same change")


@rule()
async def after_a_resume_the_next_change_follows(visitor: Visitor) -> None:
    _, before = await joined(visitor, "me")
    await visitor.submit()
    socket, subbed = await joined(visitor, "me", since=cursor(before))

    await visitor.submit()

    [event] = await socket.events(1)
    expect(event["offset"], subbed["offset"] + 1, "the next offset")


@rule()
async def a_place_of_another_epoch_is_a_gap_and_the_whole_state(visitor: Visitor) -> None:
    job = await visitor.submit()

    await gap_then_snapshot(visitor, "me", "another.1", "epoch")
    await gap_then_snapshot(visitor, f"job:{job}", "another.1", "epoch")


@rule()
async def a_place_in_the_future_is_a_gap_and_the_whole_state(visitor: Visitor) -> None:
    job = await visitor.submit()
    _, now = await joined(visitor, "me")

    for ahead in (now["offset"] + 1, 2**63 - 1):
        await gap_then_snapshot(visitor, "me", f"{now['epoch']}.{ahead}", "ahead")
    await gap_then_snapshot(visitor, f"job:{job}", f"{now['epoch']}.99", "ahead")


@rule()
async def a_place_that_is_none_is_a_bad_cursor(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    for garbage in GARBAGE:
        answer = await socket.sub("me", since=garbage)
        code = answer.get("error", {}).get("code")
        expect(code, "bad_cursor", f"the answer to {garbage[:20]!r}")
    expect((await socket.sub("me"))["t"], "subbed", "the channel afterwards")


@rule()
async def a_job_that_ended_meanwhile_is_told_and_left(visitor: Visitor) -> None:
    job = await visitor.submit()
    _, before = await joined(visitor, f"job:{job}")
    await visitor.cancel(job)

    socket, subbed = await joined(visitor, f"job:{job}", since=cursor(before))

    expect([event["type"] for event in subbed["events"]], ["job.cancelled"], "the events")
    expect((await socket.hear()).get("code"), "done", "after them")


@rule()
async def channels_of_one_hello_resume_each_from_its_own_place(visitor: Visitor) -> None:
    job = await visitor.submit()
    socket = await greeted(visitor, "me", f"job:{job}")
    mine, jobs = await socket.until("subbed"), await socket.until("subbed")
    await visitor.cancel(job)

    subs = [{"channel": each["channel"], "since": cursor(each)} for each in (mine, jobs)]
    back = await greeted(visitor, *subs)

    found = [await back.until("subbed") for _ in subs]
    told = [(each["recovered"], [event["type"] for event in each["events"]]) for each in found]
    expect(told, [(True, ["job.cancelled"])] * 2, "the answers")


async def gap_then_snapshot(visitor: Visitor, channel: str, since: str, reason: str) -> Any:
    """Come back with a place of no use."""
    _, subbed = await joined(visitor, channel, since=since)
    expect(subbed["recovered"], False, f"recovered from {since}")
    expect(subbed.get("gap"), reason, "the reason of the gap")
    require("snapshot" in subbed, "a gap without a snapshot")
    require("events" not in subbed or not subbed["events"], "events beside a snapshot")
