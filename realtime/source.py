"""Where the truth is read: the small contract between the realtime package and what it tells about.

``jobs`` implements it over Postgres and ``service`` passes it in, so this package knows no jobs and
resuming never depends on Redis.

An org's channel has no sequence of its own: it merges those of its users, its *parts*. Its offset is
the sum of theirs, so it too grows by one with each change; where a reader is, its parts tell.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from realtime.caller import Caller
from realtime.channels import Channel
from realtime.message import Message

Parts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Positions:
    """The newest offset of each channel asked for, all read at one moment of one ``epoch``.

    ``parts`` has the newest offset by user for each org channel.
    """

    epoch: str
    offsets: Mapping[Channel, int]
    parts: Mapping[Channel, Parts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that changed after an offset, in order; ``offset`` is the position it leads to.

    ``complete`` is False when more changed than the limit allowed: take a snapshot instead. ``parts``
    belongs to an org's channel: all parts of the position it leads to.
    """

    epoch: str
    offset: int
    messages: Sequence[Message]
    complete: bool = True
    parts: Parts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A channel's state at ``offset``. ``state`` is JSON; ``final`` means nothing can follow.

    ``attempt`` is the job's newest one on a job's channel: what is remembered of an older one is over.
    """

    epoch: str
    offset: int
    state: bytes
    final: bool = False
    parts: Parts = field(default_factory=dict)
    attempt: int = 0


class Source(Protocol):
    """What the realtime package needs to know, and may ask at any time."""

    async def may_listen(self, caller: Caller, channel: Channel) -> bool:
        """Return whether ``caller`` may hear ``channel`` now; False also when it does not exist."""

    async def positions(self, channels: Collection[Channel]) -> Positions:
        """Return the newest offsets, in one query. Channels that do not exist are left out."""

    async def moved(self, known: Iterable[tuple[Channel, int]]) -> Positions:
        """Return the newest offsets that differ from the ``known`` ones, in one cheap query.

        Channels that do not exist are left out too, and so are parts.
        """

    async def changes(
        self, channel: Channel, since: int, limit: int, parts: Parts | None = None
    ) -> Changes:
        """Return at most ``limit`` changes after ``since``, each in its latest state.

        For an org's channel it needs the known ``parts``: the messages are in order within each part,
        and what only the user may see is folded away. Without them it is complete only if nothing
        changed. Raises UnknownChannel if the channel is gone.
        """

    async def snapshot(self, channel: Channel) -> Snapshot:
        """Return the whole state of ``channel``. Raises UnknownChannel if it is gone."""
