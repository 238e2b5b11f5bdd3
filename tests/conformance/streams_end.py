"""How a stream ends: nothing more will come, or the session is over."""

from tests.conformance.rules import expect, require, rule
from tests.conformance.stream import place, status, streamed
from tests.conformance.target import Visitor


@rule()
async def a_stream_ends_when_its_jobs_have(visitor: Visitor) -> None:
    jobs = [await visitor.submit() for _ in range(2)]
    stream = await streamed(visitor, *(f"job:{job}" for job in jobs), snapshot=1)
    for job in jobs:
        await visitor.cancel(job)

    told = await stream.rest()

    endings = [each.data["subject"] for each in told if each.event == "job.cancelled"]
    expect(sorted(endings), sorted(f"job:{job}" for job in jobs), "the endings")
    left = [each.data["code"] for each in told if each.event == "unsubbed"]
    expect(left, ["done", "done"], "the channels left")


@rule()
async def a_job_that_has_ended_is_shown_and_the_stream_ends(visitor: Visitor) -> None:
    job = await visitor.submit()
    await visitor.cancel(job)

    told = await (await streamed(visitor, f"job:{job}", snapshot=1)).rest()

    shown = [each.data["state"]["job"]["state"] for each in told if each.event == "snapshot"]
    expect(shown, ["cancelled"], "what is shown")


@rule()
async def who_has_seen_the_end_gets_204(visitor: Visitor) -> None:
    job = await visitor.submit()
    last = await place(visitor, f"job:{job}")
    await visitor.cancel(job)
    stream = await streamed(visitor, f"job:{job}", cursor=last)
    await stream.rest()

    expect(await status(visitor, f"job:{job}", cursor=stream.last_id), 204, "the status")
    expect(await status(visitor, f"job:{job}", cursor=last), 200, "for who has not seen it")


@rule("users", seconds=lambda _: 6)
async def a_session_that_ends_is_announced_and_said_bye_to(visitor: Visitor) -> None:
    user = await visitor.other(seconds=4)
    stream = await streamed(user, "me")

    told = await stream.rest()

    names = [each.event for each in told]
    expect(names[:2], ["welcome", "expiring"], "the first events")
    expect((names[-1], told[-1].data["code"]), ("bye", 4201), "the last word")
    require(len(stream.retries) > 1, "no time to come back was told")


@rule("users", seconds=lambda visitor: visitor.target.max_age_seconds)
async def an_old_stream_is_said_bye_to(visitor: Visitor) -> None:
    stream = await streamed(await visitor.other(), "me")

    told = await stream.rest()

    expect((told[-1].event, told[-1].data["code"]), ("bye", 4202), "the last word")
