"""A batch's own channel: made, on its way, complete, and never over for good."""

from collections.abc import AsyncIterator
from uuid import UUID

import orjson
import pytest

from jobs.batches import BatchSubmission
from jobs.ids import uuid7
from jobs.queue import Submission
from jobs.resources import Resources
from jobs.worker import Worker
from realtime import keys
from realtime.caller import Caller
from realtime.channels import Channel
from realtime.errors import UnknownChannel
from realtime.message import Message
from tests.jobs.conftest import ANNA, BERT


async def test_a_batch_is_told_on_its_own_channel(resources: Resources, worker: Worker) -> None:
    wanted = BatchSubmission([Submission("visit", {"seconds": 1.5}), Submission("echo", {})])
    batch = (await resources.batches.submit(ANNA, wanted)).batch

    heard = [message async for message in told(resources, batch.id)]

    [completed] = [message for message in heard if message.durable]
    assert (completed.type, completed.offset, completed.final) == ("batch.completed", 2, False)
    assert completed.decoded()["channel"] == f"batch:{batch.id}"
    assert {m.key for m in heard if m.type == "batch.progress"} <= {"progress"}


async def test_a_batch_can_be_resumed_and_shown(resources: Resources, worker: Worker) -> None:
    batch = (await resources.batches.submit(ANNA, BatchSubmission([Submission("echo", {})]))).batch
    channel = Channel.batch(batch.id)
    async for _ in told(resources, batch.id):
        pass

    missed = await resources.source.changes(channel, 1, 10)
    nothing = await resources.source.changes(channel, 2, 10)
    snapshot = await resources.source.snapshot(channel)

    assert [(m.type, m.offset) for m in missed.messages] == [("batch.completed", 2)]
    assert (list(nothing.messages), nothing.offset, nothing.complete) == ([], 2, True)
    shown = orjson.loads(snapshot.state)["batch"]
    assert (shown["id"], shown["counts"]["succeeded"]) == (str(batch.id), 1)
    assert (snapshot.offset, snapshot.final) == (2, False)


async def test_a_batch_that_does_not_exist_has_no_snapshot(resources: Resources) -> None:
    for ident in (str(uuid7()), "odd"):
        with pytest.raises(UnknownChannel):
            await resources.source.snapshot(Channel.batch(ident))


async def test_who_may_listen_to_a_batch_and_to_an_org(resources: Resources) -> None:
    batch = (await resources.batches.submit(ANNA, BatchSubmission([Submission("echo", {})]))).batch
    colleague = Caller("carl", "acme", frozenset({"jobs:read"}))
    lead = Caller("dora", "acme", frozenset({"jobs:read", "org:read"}))
    foreign_lead = Caller("emil", "other", frozenset({"jobs:read", "org:read"}))
    operator = Caller("ops", "ops", frozenset({"admin"}))
    blind = Caller("anna", "acme", frozenset({"jobs:write", "org:read"}))

    async def heard(caller: Caller) -> tuple[bool, bool]:
        channels = [Channel.parse(name, caller) for name in (f"batch:{batch.id}", "org:acme")]
        batch_heard, org_heard = [await resources.source.may_listen(caller, c) for c in channels]
        return batch_heard, org_heard

    assert await heard(ANNA) == (True, False)
    assert await heard(lead) == (True, True)
    assert await heard(operator) == (True, True)
    for stranger in (colleague, foreign_lead, blind, BERT):
        assert await heard(stranger) == (False, False)


async def told(resources: Resources, batch: UUID) -> AsyncIterator[Message]:
    """Yield what is told on the batch's channel until it is complete: it may be so already."""
    async with resources.redis.pubsub() as pubsub:
        await pubsub.subscribe(keys.events(Channel.batch(batch)))
        await pubsub.get_message(timeout=5)
        patience = 0.2 if await complete(resources, batch) else 10
        while packed := await pubsub.get_message(timeout=patience):
            message = Message.unpack(packed["data"])
            yield message
            if message.durable:
                return


async def complete(resources: Resources, batch: UUID) -> bool:
    return (await resources.batches.get(ANNA, batch)).completed_at is not None
