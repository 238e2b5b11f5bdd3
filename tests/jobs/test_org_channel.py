"""An org's channel: the sequences of its users merged, each of them dense."""

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from jobs import store
from jobs.batches import BatchSubmission
from jobs.ids import uuid7
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.worker import Worker
from realtime import keys
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.message import Message
from tests.jobs.conftest import ANNA, BERT, submit
from tests.jobs.happenings import all_over, when

CARL = Caller("carl", "acme", frozenset({"jobs:read", "jobs:write"}))
COMPLETE = "EXISTS (SELECT FROM batches WHERE id = $1 AND completed_at IS NOT NULL)"
ACME = Channel.whole_org("acme")


async def test_the_org_stands_at_the_sum_of_its_users(resources: Resources) -> None:
    for caller in (ANNA, ANNA, CARL, BERT):
        await submit(resources, "echo", caller)

    positions = await resources.source.positions([ACME, Channel.whole_org("nobody")])

    assert positions.offsets == {ACME: 3, Channel.whole_org("nobody"): 0}
    assert positions.parts == {ACME: {"anna": 2, "carl": 1}, Channel.whole_org("nobody"): {}}


async def test_only_what_moved_is_returned(resources: Resources, worker: Worker) -> None:
    job = await submit(resources, "echo", ANNA)
    await all_over(resources)
    batch = (await resources.batches.submit(CARL, one_echo())).batch
    anna, carl = Channel.user("acme", "anna"), Channel.user("acme", "carl")
    known = {anna: 3, Channel.user("acme", "new"): 0, Channel.job(job.id): 3, ACME: 3}
    stale = {carl: 0, Channel.job(uuid7()): 1, Channel.batch(batch.id): 0, Channel.job("odd"): 1}
    await when(resources, COMPLETE, batch.id)

    moved = await resources.source.moved((known | stale).items())

    newest = (await resources.source.positions([carl])).offsets[carl]
    assert moved.offsets == {carl: newest, Channel.batch(batch.id): 2, ACME: 3 + newest}
    assert moved.epoch == resources.source.epoch
    assert (await resources.source.moved([])).offsets == {}


@pytest.mark.parametrize("user", ["42", "", "ünï🎈", "a\nb", "x" * 200])
async def test_a_sequence_is_found_by_the_key_that_we_compute(
    resources: Resources, user: str
) -> None:
    caller = Caller(user, "acme", frozenset({"jobs:write"}))
    await submit(resources, "echo", caller)

    positions = await resources.source.positions([Channel.user("acme", user)])

    assert positions.offsets == {Channel.user("acme", user): 1}


async def test_the_snapshot_of_an_org_shows_all_its_jobs(
    resources: Resources, worker: Worker
) -> None:
    jobs = [
        await submit(resources, "echo", caller, value=n) for n, caller in enumerate([ANNA, CARL])
    ]
    await submit(resources, "echo", BERT)
    await all_over(resources)

    snapshot = await resources.source.snapshot(ACME)

    state = orjson.loads(snapshot.state)
    assert {job["id"] for job in state["jobs"]} == {str(job.id) for job in jobs}
    assert {job["state"] for job in state["jobs"]} == {"succeeded"}
    assert (state["truncated"], "unread" in state) == (False, False)
    assert snapshot.parts == {"anna": 3, "carl": 3}
    assert (snapshot.offset, snapshot.final) == (6, False)


async def test_an_org_is_resumed_by_its_parts(resources: Resources, worker: Worker) -> None:
    await submit(resources, "echo", ANNA)
    await all_over(resources)
    known = (await resources.source.positions([ACME])).parts[ACME]
    second = await submit(resources, "echo", CARL)
    await all_over(resources)

    changes = await resources.source.changes(ACME, 3, 10, known)

    [message] = changes.messages
    assert (message.type, message.part, message.offset) == ("job.succeeded", "carl", 3)
    assert message.decoded()["subject"] == f"job:{second.id}"
    assert (changes.offset, changes.parts) == (6, {"anna": 3, "carl": 3})
    assert changes.complete


async def test_without_parts_an_org_is_complete_only_when_nothing_changed(
    resources: Resources,
) -> None:
    await submit(resources, "echo", ANNA)

    same = await resources.source.changes(ACME, 1, 10)
    behind = await resources.source.changes(ACME, 0, 10)

    assert (same.complete, same.parts, list(same.messages)) == (True, {"anna": 1}, [])
    assert (behind.complete, behind.offset) == (False, 1)


async def test_too_many_changes_of_an_org_are_told_incomplete(resources: Resources) -> None:
    for caller in (ANNA, CARL, ANNA, CARL):
        await submit(resources, "echo", caller)

    changes = await resources.source.changes(ACME, 0, 3, {})

    assert len(changes.messages) == 3
    assert not changes.complete


async def test_every_number_of_every_user_is_told_to_the_org(
    resources: Resources, worker: Worker
) -> None:
    heard: dict[str, list[int]] = defaultdict(list)
    async with resources.redis.pubsub() as pubsub:
        await pubsub.subscribe(keys.events(ACME))
        for caller in (ANNA, CARL):
            await resources.queue.submit(caller, Submission("echo", {}, notify=True))
        await submit(resources, "tell", CARL, texts=["one", "two"])
        batch = (await resources.batches.submit(ANNA, one_echo())).batch
        await all_over(resources)
        await when(resources, COMPLETE, batch.id)
        await resources.inbox.read(CARL, None)
        wanted = (await resources.source.positions([ACME])).parts[ACME]
        async with asyncio.timeout(10):
            while {user: len(offsets) for user, offsets in heard.items()} != wanted:
                take(await pubsub.get_message(timeout=1), heard)

    assert {user: sorted(offsets) for user, offsets in heard.items()} == {
        user: list(range(1, top + 1)) for user, top in wanted.items()
    }


def take(packed: dict[str, Any] | None, heard: dict[str, list[int]]) -> None:
    if packed is None or packed["type"] != "message":
        return
    message = Message.unpack(packed["data"])
    if message.durable:
        heard[message.part].append(message.offset)
        if message.type == "inbox.changed":
            assert message.decoded()["data"] is None


FILL = """
INSERT INTO jobs (id, org_id, user_id, kind, state, score, args, timeout_seconds, created_at,
  finished_at, change_seq, history)
SELECT id, 'acme', "user", 'echo', CASE WHEN over THEN 'succeeded' ELSE 'queued' END, 0, '{}', 60,
  at, CASE WHEN over THEN at END, row_number() OVER (PARTITION BY "user" ORDER BY at),
  jsonb_build_array(jsonb_build_object('seq', 1, 'type', 'job.queued', 'time', at, 'attempt', 0))
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bool[]) AS t(id, "user", at, over)
"""


@pytest.mark.parametrize("seed", range(8))
async def test_the_newest_jobs_of_many_users_are_merged_exactly(
    resources: Resources, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    users, limit = dice.choice([1, 3, 40, 120]), dice.choice([5, 50, 200])
    jobs = [story(dice, users) for _ in range(600)]
    await resources.db.fetch(FILL, *map(list, zip(*jobs, strict=True)))
    await resources.db.fetch(
        "INSERT INTO sequences SELECT org_id, user_id, max(change_seq) FROM jobs GROUP BY 1, 2"
    )

    read = await store.org_recent(resources.db, "acme", limit)

    day = datetime.now(UTC) - timedelta(hours=24)
    shown = sorted((at, job) for job, _, at, over in jobs if not over or at > day)
    assert [row.id for row in read.jobs] == [job for _, job in reversed(shown[-limit:])]
    assert sum(read.parts.values()) == len(jobs)


def story(dice: random.Random, users: int) -> tuple[UUID, str, datetime, bool]:
    """Return a job: some users have many, most jobs are over, some since long."""
    user = min(dice.randrange(users), dice.randrange(users))
    age = timedelta(seconds=dice.uniform(0, dice.choice([60, 3600, 40 * 3600])))
    return uuid7(), f"u{user}", datetime.now(UTC) - age, dice.random() < 0.8


def one_echo() -> BatchSubmission:
    return BatchSubmission([Submission("echo", {})])
