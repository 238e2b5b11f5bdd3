"""What workers hear on the control channel, and what is none of theirs."""

import asyncio
from uuid import UUID

import structlog

from jobs import keys
from jobs.control import Control
from jobs.ids import uuid7
from jobs.resources import Resources


async def test_orders_for_web_processes_are_let_pass_in_silence(resources: Resources) -> None:
    heard: asyncio.Queue[UUID] = asyncio.Queue()
    control = Control(resources.redis, {"cancel": heard.put_nowait})
    listening = asyncio.create_task(control.listen())
    job = uuid7()

    while not (await resources.redis.pubsub_numsub(keys.CONTROL))[0][1]:
        await asyncio.sleep(0)

    with structlog.testing.capture_logs() as lines:
        await resources.publisher.order([b'{"op":"revoke","session":"session:1"}'])
        await resources.line.tell_workers("cancel", str(job))
        async with asyncio.timeout(10):
            first = await heard.get()
    listening.cancel()
    await asyncio.wait([listening])

    assert first == job
    assert lines == []
