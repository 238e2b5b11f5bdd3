"""Order: offsets by one, a job's versions by one, one ending."""

import asyncio
from collections import defaultdict
from typing import Any

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import joined
from tests.conformance.target import Visitor

CHANGES = 30
ENVELOPE = {"specversion", "id", "source", "type", "subject", "time", "channel", "offset", "epoch"}
FINAL = {"job.succeeded", "job.failed", "job.cancelled", "job.expired"}


@rule()
async def live_offsets_of_a_user_grow_by_one(visitor: Visitor) -> None:
    socket, subbed = await joined(visitor, "me")

    jobs = await asyncio.gather(*(visitor.submit() for _ in range(CHANGES)))
    await asyncio.gather(*map(visitor.cancel, jobs))

    events = await socket.events(2 * CHANGES)
    wanted = list(range(subbed["offset"] + 1, subbed["offset"] + 2 * CHANGES + 1))
    expect([event["offset"] for event in events], wanted, "the offsets")
    require(len({event["id"] for event in events}) == len(events), "an id was told twice")


@rule()
async def a_jobs_changes_come_in_order_with_one_ending(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    jobs = await asyncio.gather(*(visitor.submit() for _ in range(CHANGES)))
    await asyncio.gather(*map(visitor.cancel, jobs))

    events = await socket.events(2 * CHANGES)

    for job, told in by_job(events).items():
        expect([event["seq"] for event in told], [1, 2], f"the versions of {job}")
        expect([event["type"] in FINAL for event in told], [False, True], f"the endings of {job}")
    expect(len(by_job(events)), CHANGES, "the jobs")


@rule("worker")
async def a_job_that_runs_is_told_from_queued_to_its_end(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    job = await visitor.submit("flaky", {"times": 1})

    events: list[dict[str, Any]] = []
    while not events or events[-1]["type"] not in FINAL:
        events += await socket.events(1, "", f"job:{job}")

    wanted = ["job.queued", "job.started", "job.retrying", "job.queued", "job.started"]
    expect([event["type"] for event in events], [*wanted, "job.succeeded"], "its life")
    expect([event["seq"] for event in events], [1, 2, 3, 4, 5, 6], "its versions")
    expect(events[-1]["attempt"], 2, "its attempts")
    expect(events[-1]["data"]["state"], "succeeded", "its state")


@rule()
async def an_event_is_one_cloudevents_envelope(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    job = await visitor.submit()

    event = await socket.event("job.scheduled", f"job:{job}")

    require(set(event) >= ENVELOPE | {"seq", "attempt", "user", "org", "data"}, f"only {event}")
    expect(event["specversion"], "1.0", "specversion")
    expect((event["user"], event["org"]), (visitor.user, visitor.org), "whose it is")
    expect(event["data"]["kind"], visitor.target.kind, "the kind in its data")


def by_job(events: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the events of each job, in the order they came."""
    found = defaultdict(list)
    for event in events:
        found[event["subject"]].append(event)
    return found
