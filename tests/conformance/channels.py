"""The four sorts of channel: a user's, a job's, a batch's, an org's."""

import asyncio
from typing import Any

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import greeted, joined
from tests.conformance.target import SCOPES, Visitor, made_up

IN_ORG = f"{SCOPES} org:read"


@rule()
async def a_change_is_the_same_event_to_the_user_and_on_the_job(visitor: Visitor) -> None:
    job = await visitor.submit()
    socket = await greeted(visitor, "me", f"job:{job}")
    for _ in range(2):
        await socket.until("subbed")
    await visitor.cancel(job)

    told = await socket.events(2, "job.cancelled")

    expect(len({event["id"] for event in told}), 1, "ids")
    expect({event["channel"] for event in told}, {f"user:{visitor.user}", f"job:{job}"}, "channels")
    expect({event["seq"] for event in told}, {2}, "versions")


@rule()
async def a_jobs_offset_is_its_version(visitor: Visitor) -> None:
    job = await visitor.submit()
    socket, subbed = await joined(visitor, f"job:{job}")
    await visitor.cancel(job)

    event = await socket.event("job.cancelled")

    expect((subbed["offset"], event["offset"], event["seq"]), (1, 2, 2), "the offsets")


@rule()
async def a_batch_is_shown_and_its_completion_told(visitor: Visitor) -> None:
    batch, jobs = await visitor.batch(3)
    socket, subbed = await joined(visitor, f"batch:{batch}")
    expect(subbed["snapshot"]["state"]["batch"]["id"], batch, "the batch in its snapshot")

    for job in jobs:
        await visitor.cancel(job)

    event = await socket.event("batch.completed")
    expect(event["channel"], f"batch:{batch}", "the channel")
    expect(event["offset"], subbed["offset"] + 1, "the offset")
    expect(event["data"]["counts"]["cancelled"], 3, "the counters")


@rule()
async def a_batchs_completion_is_told_to_who_comes_back(visitor: Visitor) -> None:
    batch, jobs = await visitor.batch(2)
    _, before = await joined(visitor, f"batch:{batch}")
    for job in jobs:
        await visitor.cancel(job)

    _, subbed = await joined(
        visitor, f"batch:{batch}", since=f"{before['epoch']}.{before['offset']}"
    )

    expect([event["type"] for event in subbed["events"]], ["batch.completed"], "the events")


@rule()
async def a_batchs_progress_is_told_and_remembered_for_who_comes_later(visitor: Visitor) -> None:
    batch, jobs = await visitor.batch(4)
    socket, _ = await joined(visitor, f"batch:{batch}")
    await visitor.cancel(jobs[0])

    progress = await socket.event("batch.progress")

    require("offset" not in progress, "what is ephemeral has no offset")
    expect(progress["data"]["progress"]["fraction"], 0.25, "the progress")
    _, later = await joined(visitor, f"batch:{batch}")
    expect(later["snapshot"]["state"]["batch"]["counts"]["cancelled"], 1, "seen later")


@rule("users")
async def somebody_elses_batch_does_not_exist(visitor: Visitor) -> None:
    other = await visitor.other()
    batch, _ = await other.batch(1)
    socket = await greeted(visitor)

    answer = await socket.sub(f"batch:{batch}")

    expect(answer.get("error", {}).get("code"), "not_found", "the answer")


@rule("users")
async def an_org_hears_all_its_users_with_offsets_that_grow_by_one(visitor: Visitor) -> None:
    org = made_up()
    boss = await visitor.other(org=org, scopes=IN_ORG)
    staff = [await visitor.other(org=org) for _ in range(3)]
    await staff[0].submit()
    socket, subbed = await joined(boss, f"org:{org}")

    jobs = [job for each in staff for job in await asyncio.gather(each.submit(), each.submit())]
    events = await socket.events(6)

    wanted = [subbed["offset"] + n for n in range(1, 7)]
    expect([event["offset"] for event in events], wanted, "the offsets")
    expect({event["subject"] for event in events}, {f"job:{job}" for job in jobs}, "the jobs")
    expect({event["channel"] for event in events}, {f"org:{org}"}, "the channel")
    expect({event["user"] for event in events}, {each.user for each in staff}, "whose they are")


@rule("users")
async def an_org_is_shown_with_everybodys_jobs(visitor: Visitor) -> None:
    org = made_up()
    boss = await visitor.other(org=org, scopes=IN_ORG)
    staff = [await visitor.other(org=org) for _ in range(2)]
    jobs = {await each.submit() for each in staff}

    _, subbed = await joined(boss, f"org:{org}")

    shown = {job["id"] for job in subbed["snapshot"]["state"]["jobs"]}
    expect(shown, jobs, "the jobs in the snapshot")


@rule("users")
async def an_org_resumes_or_is_shown_afresh(visitor: Visitor) -> None:
    org = made_up()
    boss = await visitor.other(org=org, scopes=IN_ORG)
    worker = await visitor.other(org=org)
    await worker.submit()
    _, before = await joined(boss, f"org:{org}")
    since = f"{before['epoch']}.{before['offset']}"
    _, same = await joined(boss, f"org:{org}", since=since)
    job = await worker.submit()

    _, after = await joined(boss, f"org:{org}", since=since)

    expect((same["recovered"], same["events"]), (True, []), "when nothing changed")
    shown = [e["subject"] for e in after.get("events", [])]
    jobs = after.get("snapshot", {"state": {"jobs": []}})["state"]["jobs"]
    require(f"job:{job}" in shown or job in {each["id"] for each in jobs}, "the change is lost")
    expect(after["offset"], before["offset"] + 1, "the place")


@rule("users")
async def another_org_is_not_found_even_with_the_scope(visitor: Visitor) -> None:
    boss = await visitor.other(org=made_up(), scopes=IN_ORG)
    socket = await greeted(boss)

    answer = await socket.sub(f"org:{made_up()}")

    require(answer.get("error", {}).get("code") in {"not_found", "forbidden"}, f"{answer}")


@rule("worker")
async def what_a_job_notes_in_the_inbox_is_told_in_the_same_sequence(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    job = await visitor.submit("tell", {"texts": ["one", "two"]})

    told: list[dict[str, Any]] = []
    while not told or told[-1]["type"] != "job.succeeded":
        told += await socket.events(1)

    noted = [event for event in told if event["type"] == "notification.brief_completed"]
    expect([event["data"]["data"]["text"] for event in noted], ["one", "two"], "the notices")
    offsets = [event["offset"] for event in told]
    expect(offsets, list(range(offsets[0], offsets[0] + len(offsets))), "the offsets")
    expect(told[-1]["subject"], f"job:{job}", "the last")
