"""The frames of the WebSocket, subprotocol ``jobcast.v1``: what the server says, named by ``t``.

What the browser says is in ``frames``, as the models that read it.
"""

from datetime import datetime
from typing import Generic, Literal

from pydantic import ConfigDict, Field

from realtime.delivery import GapReason
from realtime.wire import (
    Absent,
    Bye,
    Event,
    Expiring,
    Gap,
    Snapshot,
    Status,
    Unsubbed,
    Wire,
    WireError,
)

Number = int | str


class Answer(Wire):
    """A frame that may answer one of the browser's: then it carries that one's ``i``."""

    i: Number | Absent = Field(None, description="The number of the frame that it answers")


class Limits(Wire):
    """How much one connection may ask."""

    channels: int
    frame_bytes: int


class WelcomeFrame(Wire):
    """The answer to hello; a `subbed` or `err` for each of its subs follows."""

    t: Literal["welcome"]
    user: str
    org: str
    heartbeat_seconds: float = Field(description="A ping comes at least this often")
    degraded: bool
    server_time: datetime
    limits: Limits


class SubbedFrame(Answer, Generic[Event, Snapshot]):
    """You listen to the channel from ``offset`` on; what came before is in the frame."""

    t: Literal["subbed"]
    channel: str
    epoch: str
    offset: int = Field(ge=0)
    recovered: bool = Field(description="Whether `since` was good enough to bring every change")
    gap: GapReason | Absent = Field(None, description="Why it was not")
    events: list[Event] | Absent = None
    snapshot: Snapshot | Absent = None


class UnsubbedFrame(Answer, Unsubbed):
    """Nothing more will come on the channel: it is done, gone, revoked, or you left it."""

    t: Literal["unsubbed"]


class EvFrame(Wire, Generic[Event]):
    """Events in their order, of any channels."""

    t: Literal["ev"]
    e: list[Event] = Field(min_length=1)


class GapFrame(Gap):
    """Your place in the channel is of no use any more; a snapshot frame follows."""

    t: Literal["gap"]


class StatusFrame(Status):
    """Whether changes arrive late now: up to 4 seconds instead of at once. Nothing is lost."""

    t: Literal["status"]


class ExpiringFrame(Expiring):
    """Your session ends in so many seconds; bring a new ticket by `auth`."""

    t: Literal["expiring"]


class ByeFrame(Bye):
    """The last frame before the server closes with `code`; come back after `retry_ms`."""

    t: Literal["bye"]


class OkFrame(Answer):
    """It was done; a command's result comes as further fields."""

    model_config = ConfigDict(frozen=True, extra="allow")

    t: Literal["ok"]


class ErrFrame(Answer):
    """It was not done. The connection goes on."""

    t: Literal["err"]
    channel: str | Absent = Field(None, description="The channel it is about, as you named it")
    error: WireError


class PingFrame(Wire):
    """A sign of life; no answer is needed."""

    t: Literal["ping"]


class PongFrame(Answer):
    """The answer to your ping."""

    t: Literal["pong"]
