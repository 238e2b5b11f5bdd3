"""The two ends of a subscriber: what feeds it, and who writes what it has to say."""

from typing import Protocol

from realtime.channels import Channel
from realtime.delivery import Delivery
from realtime.ephemeral import Memory
from realtime.message import Message
from realtime.subscription import Subscription


class Feeds(Protocol):
    """What feeds a subscription with what is heard of a channel: the hub."""

    async def attach(self, channel: Channel, subscription: Subscription) -> Memory | None:
        """Return when everything published from now on is heard, with what is remembered till now."""

    def detach(self, channel: Channel, subscription: Subscription) -> None:
        """Stop feeding."""

    def stuck(self, subscription: Subscription) -> None:
        """Let a subscription try to read again after the next position check."""


class Pen(Protocol):
    """Who writes to the connection; see ``realtime.writer``."""

    free: bool

    def event(self, channel: Channel, message: Message) -> None:
        """Write an event at once."""

    def write(self, delivery: Delivery) -> None:
        """Write a delivery at once."""

    def kick(self) -> None:
        """Write what is due, by a task."""

    def abort(self) -> None:
        """Cut the connection off."""
