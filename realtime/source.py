"""Where the truth is read: the small contract between the realtime package and what it tells about.

``jobs`` implements it over Postgres and ``service`` passes it in, so this package knows no jobs and
resuming never depends on Redis.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from realtime.caller import Caller
from realtime.channels import Channel
from realtime.message import Message


@dataclass(frozen=True, slots=True)
class Positions:
    """The newest offset of each channel asked for, all read at one moment of one ``epoch``."""

    epoch: str
    offsets: Mapping[Channel, int]


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed after an offset, in order; ``offset`` is the position it leads to.

    ``complete`` is False when more changed than the limit allowed: take a snapshot instead.
    """

    epoch: str
    offset: int
    messages: Sequence[Message]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A channel's state at ``offset``. ``state`` is JSON; ``final`` means nothing can follow."""

    epoch: str
    offset: int
    state: bytes
    final: bool = False


class Source(Protocol):
    """What the realtime package needs to know, and may ask at any time."""

    async def may_listen(self, caller: Caller, channel: Channel) -> bool:
        """Return whether ``caller`` may hear ``channel`` now; False also when it does not exist."""

    async def positions(self, channels: Collection[Channel]) -> Positions:
        """Return the newest offsets, in one query. Channels that do not exist are left out."""

    async def changes(self, channel: Channel, since: int, limit: int) -> Changes:
        """Return at most ``limit`` changes after ``since``, each in its latest state."""

    async def snapshot(self, channel: Channel) -> Snapshot:
        """Return the whole state of ``channel``. Raises UnknownChannel if it is gone."""
