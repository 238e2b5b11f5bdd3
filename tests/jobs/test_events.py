from dataclasses import replace

import orjson

from jobs import store
from jobs.batch_events import BatchEvents
from jobs.batches import BatchSubmission, resource
from jobs.events import EventWriter, names_of, timeline
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.worker import Worker
from realtime import keys
from realtime.channels import Channel
from tests.jobs.conftest import ANNA, ended, submit

WIDE = 1_000_000


async def test_a_change_is_told_to_the_user_the_job_and_the_org(resources: Resources) -> None:
    job = await submit(resources, "echo", value=1)
    row = await store.find(resources.db, store.Owner.reading(ANNA), job.id)
    assert row is not None

    told = dict(EventWriter("e1", WIDE).told(row))

    assert list(told) == [
        Channel.user("acme", "anna"),
        Channel.whole_org("acme"),
        Channel.job(job.id),
    ]
    to_user, to_org, to_job = told.values()
    assert (to_user.offset, to_job.offset) == (row.change_seq, row.version) == (1, 1)
    body = orjson.loads(to_user.body)
    assert body["type"] == "job.queued"
    assert (body["channel"], body["subject"]) == ("user:anna", f"job:{job.id}")
    assert (body["offset"], body["epoch"], body["seq"]) == (1, "e1", 1)
    assert body["data"]["state"] == "queued"
    assert (to_org.part, to_org.offset) == ("anna", 1)
    in_org = orjson.loads(to_org.body)
    assert "offset" not in in_org
    assert in_org == {k: v for k, v in body.items() if k != "offset"} | {"channel": "org:acme"}


async def test_nobody_listens_to_a_job_that_is_just_being_told_of(resources: Resources) -> None:
    job = await submit(resources, "echo", value=1)
    new = await store.find(resources.db, store.Owner.reading(ANNA), job.id)
    assert new is not None
    later = replace(new, version=2)

    assert keys.job_events(job.id) == keys.events(Channel.job(job.id))
    assert list(names_of(later)) == [*names_of(new), keys.job_events(job.id)]


async def test_what_is_not_heard_is_not_written(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "echo", value=1)
    await ended(resources, job)
    row = await store.find(resources.db, store.Owner.reading(ANNA), job.id)
    assert row is not None
    writer = EventWriter("e1", WIDE)

    assert writer.told(row, set()) == []
    assert writer.told(row, {keys.job_events(job.id)}) == writer.told(row)[2:]


async def test_the_same_change_read_again_has_the_same_id(
    resources: Resources, worker: Worker
) -> None:
    job = await submit(resources, "echo", value=1)
    await ended(resources, job)
    owner = store.Owner.reading(ANNA)
    writer = EventWriter("e1", WIDE)

    rows = [await store.find(resources.db, owner, job.id) for _ in range(2)]
    bodies = [writer.of_user(row, "e1").body for row in rows if row]

    assert bodies[0] == bodies[1]
    assert orjson.loads(bodies[0])["id"] == f"{job.id}.3"


async def test_a_moment_is_spelled_alike_in_events_snapshots_and_answers(
    resources: Resources, worker: Worker
) -> None:
    wanted = BatchSubmission([Submission("echo", {"value": 1})])
    made = await resources.batches.submit(ANNA, wanted)
    await ended(resources, resources.records.resource(made.jobs[0]))
    job = await store.find(resources.db, store.Owner.reading(ANNA), made.jobs[0].id)
    batch = await store.find_batch(resources.db, store.Owner.reading(ANNA), made.batch.id)
    assert job is not None
    assert batch is not None
    writer = EventWriter("e1", WIDE)

    event = orjson.loads(writer.of_user(job, "e1").body)
    snapshot = orjson.loads((await resources.source.snapshot(Channel.job(job.id))).state)["job"]
    answer = resources.records.resource(job).model_dump(mode="json")
    told = orjson.loads(BatchEvents(writer).of_user(batch, "e1").body)["data"]

    for moment in ("run_at", "created_at", "started_at", "finished_at"):
        assert event["data"][moment] == snapshot[moment] == answer[moment]
    assert told["completed_at"] == resource(batch).model_dump(mode="json")["completed_at"]
    every = [event["time"], answer["finished_at"], *(e["time"] for e in timeline(job))]
    assert {time[-1] for time in every} == {"Z"}


async def test_only_the_jobs_own_channel_has_an_end(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "echo", value=1)
    await ended(resources, job)
    row = await store.find(resources.db, store.Owner.reading(ANNA), job.id)
    assert row is not None

    told = [message for _, message in EventWriter("e1", WIDE).told(row)]

    assert [message.final for message in told] == [False, False, True]


async def test_a_large_result_is_referred_to(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "echo", value="x" * 5000)
    await ended(resources, job)
    row = await store.find(resources.db, store.Owner.reading(ANNA), job.id)
    assert row is not None

    data = orjson.loads(EventWriter("e1", 2000).of_job(row, "e1").body)["data"]

    assert data["result"] is None
    assert data["data_ref"] == f"/api/jobs/{job.id}"


async def test_the_timeline_names_every_change(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "flaky", times=1)
    await ended(resources, job)
    row = await store.find(resources.db, store.Owner.reading(ANNA), job.id)
    assert row is not None

    told = timeline(row)

    assert [e["type"] for e in told] == [
        "job.queued",
        "job.started",
        "job.retrying",
        "job.queued",
        "job.started",
        "job.succeeded",
    ]
    assert [e["seq"] for e in told] == [1, 2, 3, 4, 5, 6]
    assert told[2]["data"]["error"]["message"] == "ValueError: not this time"
