"""Joining channels and leaving them."""

from tests.conformance.rules import expect, require, rule
from tests.conformance.socket import greeted, joined
from tests.conformance.target import Visitor

RESOURCE = {"id", "kind", "state", "version", "attempt", "progress", "created_at", "links"}
NOBODYS = "job:01990000-0000-7000-8000-000000000000"


@rule()
async def a_join_brings_epoch_offset_and_the_whole_state(visitor: Visitor) -> None:
    job = await visitor.submit()

    _, subbed = await joined(visitor, "me")

    expect(subbed["channel"], f"user:{visitor.user}", "the name of me")
    require(subbed["epoch"] and subbed["offset"] >= 1, "no place")
    expect(subbed["recovered"], False, "recovered without since")
    shown = subbed["snapshot"]
    place = (subbed["epoch"], subbed["offset"])
    expect((shown["epoch"], shown["offset"]), place, "the snapshot's place")
    expect(set(shown["state"]), {"jobs", "truncated", "unread"}, "a user's state")
    found = [each for each in shown["state"]["jobs"] if each["id"] == job]
    require(found and set(found[0]) >= RESOURCE, "the job is not shown as a job resource")


@rule()
async def a_snapshot_shows_what_ended_today_too_newest_change_first(visitor: Visitor) -> None:
    jobs = [await visitor.submit() for _ in range(3)]
    await visitor.cancel(jobs[0])

    _, subbed = await joined(visitor, "me")

    shown = [each["id"] for each in subbed["snapshot"]["state"]["jobs"]][:3]
    expect(shown, [jobs[0], jobs[2], jobs[1]], "the jobs in the snapshot")


@rule()
async def a_job_is_shown_with_what_is_ephemeral(visitor: Visitor) -> None:
    job = await visitor.submit()

    _, subbed = await joined(visitor, f"job:{job}")

    expect(subbed["snapshot"]["state"]["job"]["id"], job, "the job")
    expect(subbed["offset"], subbed["snapshot"]["state"]["job"]["version"], "the offset")
    require(
        set(subbed["snapshot"]["ephemeral"]) >= {"progress", "output", "logs"}, "not all is there"
    )


@rule()
async def who_wants_no_snapshot_gets_none(visitor: Visitor) -> None:
    await visitor.submit()

    socket, subbed = await joined(visitor, "me", snapshot=False)

    require("snapshot" not in subbed and subbed["offset"] >= 1, f"it was sent {list(subbed)}")
    job = await visitor.submit()
    event = await socket.event("job.scheduled", f"job:{job}")
    expect(event["offset"], subbed["offset"] + 1, "the offset of the next change")


@rule()
async def an_answer_carries_the_number_of_its_request(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    for number in (7, 0, "seven"):
        await socket.say(t="sub", i=number, channel="me")
        expect((await socket.until("subbed"))["i"], number, "the i of subbed")
    await socket.say(t="unsub", i=8, channel="me")
    expect((await socket.until("unsubbed"))["i"], 8, "the i of unsubbed")


@rule()
async def joining_again_starts_afresh(visitor: Visitor) -> None:
    socket, first = await joined(visitor, "me")
    job = await visitor.submit()
    await socket.event("job.scheduled", f"job:{job}")

    again = await socket.sub("me")

    expect(again["offset"], first["offset"] + 1, "the offset")
    await visitor.cancel(job)
    await socket.event("job.cancelled", f"job:{job}")
    expect(await socket.nothing_but_pong(), [], "told twice")


@rule()
async def who_left_hears_nothing_more(visitor: Visitor) -> None:
    socket, _ = await joined(visitor, "me")
    await socket.say(t="unsub", channel="me")
    left = await socket.until("unsubbed")
    expect((left["channel"], left["code"]), (f"user:{visitor.user}", "unsub"), "the answer")

    await visitor.submit()
    witness, _ = await joined(visitor, "me")
    await visitor.submit()
    await witness.events(1)

    expect(await socket.nothing_but_pong(), [], "heard after leaving")


@rule()
async def a_job_that_ends_is_left_for_the_listener(visitor: Visitor) -> None:
    job = await visitor.submit()
    socket, _ = await joined(visitor, f"job:{job}")

    await visitor.cancel(job)

    event = await socket.event("job.cancelled")
    expect(event["channel"], f"job:{job}", "the channel of the ending")
    left = await socket.hear()
    expect((left["t"], left["code"]), ("unsubbed", "done"), "after the ending")


@rule()
async def a_job_that_has_ended_is_shown_and_left(visitor: Visitor) -> None:
    job = await visitor.submit()
    await visitor.cancel(job)

    socket, subbed = await joined(visitor, f"job:{job}")

    expect(subbed["snapshot"]["state"]["job"]["state"], "cancelled", "the state shown")
    expect((await socket.hear()).get("code"), "done", "after the snapshot")


@rule()
async def what_does_not_exist_is_not_found(visitor: Visitor) -> None:
    socket = await greeted(visitor)
    for name in (NOBODYS, "job:x", "user:", "nothing", "a:b", "", "batch:x", "job:" + "x" * 5000):
        answer = await socket.sub(name)
        expect(answer["t"], "err", f"the answer to {name[:30]}")
        expect(answer["error"]["code"], "not_found", f"the error of {name[:30]}")
        expect(answer.get("channel"), name, "the channel of the error")


@rule("users")
async def what_is_somebody_elses_looks_as_if_it_did_not_exist(visitor: Visitor) -> None:
    other = await visitor.other()
    job = await other.submit()
    socket = await greeted(visitor)

    foreign = await socket.sub(f"job:{job}")
    unknown = await socket.sub(NOBODYS)
    user = await socket.sub(f"user:{other.user}")

    expect(foreign["error"], unknown["error"], "a foreign job")
    expect(user["error"]["code"], "not_found", "a foreign user")


@rule()
async def an_org_without_its_scope_is_forbidden(visitor: Visitor) -> None:
    socket = await greeted(visitor)

    answer = await socket.sub(f"org:{visitor.org}")

    expect(answer.get("error", {}).get("code"), "forbidden", "the error")


@rule()
async def a_socket_holds_64_channels(visitor: Visitor) -> None:
    _, jobs = await visitor.batch(65)
    socket = await greeted(
        visitor, *({"channel": f"job:{j}", "snapshot": False} for j in jobs[:64])
    )
    for _ in range(64):
        await socket.until("subbed")

    over = await socket.sub(f"job:{jobs[64]}")
    await socket.say(t="unsub", channel=f"job:{jobs[0]}")
    await socket.until("unsubbed")
    instead = await socket.sub(f"job:{jobs[64]}")

    expect(over.get("error", {}).get("code"), "limit_channels", "the 65th")
    expect(instead["t"], "subbed", "the 65th in place of another")
