"""What a subscriber hands to its connection, in the order it has to go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from realtime.channels import Channel
from realtime.cursor import Cursor
from realtime.message import Message

GapReason = Literal["epoch", "ahead", "evicted"]


@dataclass(frozen=True, slots=True)
class Event:
    """One message of a channel."""

    channel: Channel
    message: Message


@dataclass(frozen=True, slots=True)
class Gap:
    """The reader's place in the channel is of no use any more; a State follows."""

    channel: Channel
    reason: GapReason


@dataclass(frozen=True, slots=True)
class State:
    """The whole of a channel at ``cursor``; ``body`` is the snapshot object in JSON.

    ``ephemeral`` is what of it is not durable, None where there is none such.
    """

    channel: Channel
    cursor: Cursor
    body: bytes
    final: bool = False
    ephemeral: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The channel is listened to from ``cursor`` on; ``first`` brings the reader there."""

    channel: Channel
    cursor: Cursor
    recovered: bool
    first: Sequence[Event | Gap | State]
    request: object = None


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more will come on the channel; it was left."""

    channel: Channel
    code: Literal["done", "gone", "revoked"] = "done"


@dataclass(frozen=True, slots=True)
class Degraded:
    """Changes arrive late (``now``) or at once again: Redis or Postgres is away or back."""

    now: bool


@dataclass(frozen=True, slots=True)
class Expiring:
    """The caller's session ends in so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Beat:
    """Time to show that the connection lives."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to something the browser asked: one JSON object."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Bye:
    """The connection ends now; come back after ``retry_ms``."""

    code: int
    retry_ms: int = 0


Delivery = Event | Gap | State | Joined | Done | Degraded | Expiring | Beat | Reply | Bye
