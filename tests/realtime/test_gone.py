"""A connection that closes under the feet of who writes to it: nobody else notices, no log is written."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from realtime.channels import Channel
from realtime.delivery import Bye, Event
from realtime.message import Message
from realtime.websocket import SocketWriter
from service.dev.redis_server import RedisServer
from tests.realtime.world import ME, World, collect, open_world


class Gone:
    """An outlet whose transport is closed, which its protocol was not told yet: uvloop raises then."""

    def __init__(self) -> None:
        self.ready = True
        self.changed: Callable[[], None] | None = None
        self.write: Callable[[bytes], None] = self.refuse

    def refuse(self, _: bytes) -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    def settled(self) -> None: ...
    def end(self, last: bytes) -> None: ...
    def abort(self) -> None: ...


async def nowhere(_: object) -> None:
    raise OSError


async def test_who_is_gone_keeps_nothing_from_the_others(redis_server: RedisServer) -> None:
    async with (
        open_world(redis_server.url, position_check_seconds=1000) as world,
        AsyncExitStack() as all_of_them,
    ):
        subscribers = [await all_of_them.enter_async_context(world.hub.waiter(1)) for _ in range(8)]
        for subscriber in subscribers:
            await subscriber.join(ME, None)
            await collect(subscriber, 1)
        gone = subscribers[3]
        SocketWriter(gone, Gone(), nowhere, 1.0)

        await world.tell(ME)
        heard = [await collect(one, 1) for one in subscribers if one is not gone]

        assert [type(event) for (event,) in heard] == [Event] * 7
        assert not world.hub.degraded


async def test_what_is_due_to_who_is_gone_leaves_no_trace(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber = world.hub.open(1)
    writer = SocketWriter(subscriber, Gone(), nowhere, 1.0)

    for _ in range(2):
        subscriber.put(Event(Channel.user("acme", "42"), Message("x", b"{}", 1)))
        writer.kick()
        await asyncio.wait([task for task in [writer._pump] if task])
    writer.leave(b"bye")
    subscriber.close(Bye(1012))
    writer.kick()
    await asyncio.wait([task for task in [writer._pump] if task])

    assert not [record for record in caplog.records if record.levelname == "ERROR"]
