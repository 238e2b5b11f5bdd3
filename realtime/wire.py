"""The shapes of what is told over the wire, whichever way it goes: the protocol as models.

The server writes JSON by hand where it is hot. These models say what it looks like; the AsyncAPI
document and the browser's types are made from them, and tests hold real servers against them. A field
whose default is None and whose type says ``Absent`` is left out rather than null. Readers must leave
alone what they do not know: fields, events and messages are added without a new version.
"""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from realtime.close_codes import CLOSE_CODES
from realtime.delivery import GapReason

Absent = SkipJsonSchema[None]
Data = TypeVar("Data")
State = TypeVar("State")
Event = TypeVar("Event")
Snapshot = TypeVar("Snapshot")

ERROR_CODES = {
    "bad_request": "The frame is no JSON object, lacks a field, or came before hello.",
    "unknown_type": "There is no message of this name; an older server may not know it.",
    "not_found": "There is no such thing, or it is not yours.",
    "forbidden": "It needs a scope that you do not have.",
    "bad_cursor": "`since` is not a place that this server gave out.",
    "limit_channels": "The connection listens to as many channels as it may.",
    "unauthenticated": "The ticket in `auth` is unknown, used or expired.",
    "unavailable": "It cannot be read now; try again later.",
    "internal": "Something went wrong on the server.",
}
"""The codes of ``err`` from this package; commands add the codes of their HTTP twins."""


class Wire(BaseModel):
    """Something that goes over the wire."""

    # Built when first used: only documents and tests use them all.
    model_config = ConfigDict(frozen=True, defer_build=True)


class Attributes(Wire, Generic[Data]):
    """What all events have: attributes of CloudEvents 1.0 and ours."""

    specversion: Literal["1.0"]
    id: str = Field(
        description="Durable: the same for the same change, however often it is told; else not unique"
    )
    source: str = Field(description="/jobs, /batches or /inbox")
    type: str
    time: datetime
    channel: str = Field(description="The channel that it was told on, such as user:42")
    user: str
    org: str
    traceparent: str | Absent = Field(
        None, description="The trace it belongs to, where the request that began it had one"
    )
    data: Data


class Envelope(Attributes[Data], Generic[Data]):
    """One event about one thing."""

    subject: str = Field(description="What it is about: `job:<id>`, `batch:<id>` or `inbox:<id>`")


class DurableEnvelope(Envelope[Data], Generic[Data]):
    """An event that is stored, has a place in its channel, and is never missed."""

    offset: int = Field(ge=1, description="Its place in the channel; grows by one")
    epoch: str = Field(description="The database's timeline that the offset belongs to")
    seq: int = Field(ge=1, description="The subject's version; a smaller one is old news")


class Whole(Wire, Generic[State]):
    """The whole of a channel at one of its offsets."""

    channel: str
    epoch: str
    offset: int = Field(ge=0)
    state: State


class OutputSoFar(Wire):
    """The text that an attempt has streamed."""

    attempt: int
    position: int = Field(ge=1, description="Bytes of UTF-8 streamed; `text` ends there")
    text: str = Field(description="The end of it, as much as is kept (max_output_bytes)")


class Gap(Wire):
    """Your place in the channel is of no use; the whole of it follows as a snapshot.

    `epoch`: the database was restored. `ahead`: your offset is from the future. `evicted`: more was
    missed than is replayed.
    """

    channel: str
    reason: GapReason


class Unsubbed(Wire):
    """Nothing more will come on the channel.

    `done`: the job is over. `gone`: it was deleted. `revoked`: you may not listen any more. `unsub`:
    you asked for it.
    """

    channel: str
    code: Literal["done", "gone", "revoked", "unsub"]


class Status(Wire):
    """Whether changes arrive late now: up to 4 seconds instead of at once. Nothing is lost."""

    degraded: bool


class Expiring(Wire):
    """Your session ends in so many seconds; bring a new ticket by `auth`."""

    seconds: int


class Bye(Wire):
    """The server closes now. `code` is a close code, `retry_ms` when to come back."""

    code: int = Field(json_schema_extra={"enum": [code.number for code in CLOSE_CODES]})
    retry_ms: int = Field(ge=0)


class WireError(Wire):
    """Why something was refused. `code` is for programs, `message` for people."""

    code: str = Field(examples=list(ERROR_CODES))
    message: str
    retryable: bool


class StreamWelcome(Wire):
    """The first event of a stream."""

    user: str
    org: str
    channels: list[str] = Field(description="What is streamed, in the order of the cursor's parts")
    heartbeat_seconds: float = Field(description="A comment comes at least this often")
    degraded: bool


class PollAnswer(Wire, Generic[Event, Snapshot]):
    """What a long poll brings."""

    cursor: str = Field(description="Where you are now; give it back with the next request")
    gaps: list[Gap]
    snapshots: list[Snapshot]
    events: list[Event]
    unsubbed: list[Unsubbed]
    degraded: bool
    retry_ms: int = Field(ge=0, description="Wait so long before the next request")
