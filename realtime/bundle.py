"""All of the way back in one hand: what routes and requests need, put together by the service."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from realtime.caller import Caller
from realtime.channels import Channel
from realtime.connection import Connection
from realtime.connections import Connections
from realtime.delivery import Done
from realtime.ephemeral import Ephemeral
from realtime.errors import Forbidden, UnknownChannel
from realtime.hub import Hub
from realtime.publisher import Publisher
from realtime.revocations import Revocations
from realtime.settings import RealtimeSettings
from realtime.source import Source
from realtime.tickets import Tickets

log = structlog.get_logger(__name__)

Command = Callable[[Caller, dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Realtime:
    """The parts, opened elsewhere. ``commands`` is what a browser may ask over its WebSocket.

    A command is given the caller and the frame and returns what ``ok`` carries; an exception with a
    text ``code`` is told to the browser as that error, any other as ``internal``.
    """

    settings: RealtimeSettings
    hub: Hub
    source: Source
    tickets: Tickets
    publisher: Publisher
    ephemeral: Ephemeral
    connections: Connections
    revocations: Revocations
    commands: Mapping[str, Command] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connections.recheck = self.recheck

    async def authorise(self, caller: Caller, name: str) -> Channel:
        """Return the channel ``caller`` means. Raises UnknownChannel, Forbidden."""
        channel = Channel.parse(name, caller)
        if not _within(caller, channel):
            raise UnknownChannel
        if channel.kind == "org" and not caller.may("org:read"):
            raise Forbidden
        if not await self.source.may_listen(caller, channel):
            raise UnknownChannel
        return channel

    async def recheck(self, connection: Connection) -> None:
        """End what the connection's caller may not hear any more."""
        subscriber = connection.subscriber
        for channel in list(subscriber.subscriptions):
            try:
                await self.authorise(connection.caller, channel.name)
            except (UnknownChannel, Forbidden):
                if subscriber.leave(channel):
                    subscriber.put(Done(channel, "revoked"))
            except Exception as error:  # the next time is soon enough
                log.warning("recheck.failed", error=type(error).__name__)
                return

    async def drain(self) -> None:
        """Say bye to every open connection; call it before the server waits for its requests."""
        self.hub.let_go()
        await self.connections.drain(self.settings.drain_seconds)


def _within(caller: Caller, channel: Channel) -> bool:
    """Return whether a narrowed ticket names the channel, by whichever of its names."""
    names = {channel.name}
    if channel == Channel.user(caller.org, caller.user):
        names.add("me")
    return not caller.channels or not names.isdisjoint(caller.channels)
