"""The realtime protocol in one list: every message of every transport, by name, and their schemas."""

from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import chain
from operator import or_
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from typing_extensions import TypeAliasType

from jobs.errors import InvalidInput, WrongState
from jobs.event_models import AnyEvent
from jobs.inbox import InboxPage
from jobs.schedules.resource import ScheduleResource
from jobs.snapshot_models import (
    AnySnapshot,
    BatchSnapshot,
    JobSnapshot,
    LastWords,
    OrgSnapshot,
    UserSnapshot,
)
from realtime import frames, wire, wire_frames
from realtime.wire import Absent

Json = dict[str, Any]
Model = type[BaseModel]
REFERENCE = "#/components/schemas/{model}"


class SubbedFrame(wire_frames.SubbedFrame[AnyEvent, AnySnapshot]):
    """You listen to the channel, and are brought to `offset` by `events` or by `snapshot`.

    Both come to a job's channel that is resumed, in that order: what is ephemeral was missed too.
    Neither comes to a fresh sub with `snapshot: false`.
    """


class EvFrame(wire_frames.EvFrame[AnyEvent]):
    """Events in their order, of any channels."""


class PollAnswer(wire.PollAnswer[AnyEvent, AnySnapshot]):
    """The answer of a long poll. Apply it in this order: gaps, snapshots, events, unsubbed."""


class UserSnapshotFrame(UserSnapshot):
    """A user's jobs and inbox, after a gap."""

    t: Literal["snapshot"]


class OrgSnapshotFrame(OrgSnapshot):
    """The jobs of all users of an org, after a gap."""

    t: Literal["snapshot"]


class JobSnapshotFrame(JobSnapshot):
    """A job and what its running attempt has said so far: after a gap, or when events were skipped."""

    t: Literal["snapshot"]


class LastWordsFrame(LastWords):
    """What a job said before its end, which comes as an event: a snapshot without `state`."""

    t: Literal["snapshot"]


class BatchSnapshotFrame(BatchSnapshot):
    """A batch and its counters, after a gap."""

    t: Literal["snapshot"]


class Cancel(frames.Inbound):
    """Stop a job, as `POST /api/jobs/{id}/cancel` does; `ok` brings `job` and its `state`."""

    job: UUID


class Read(frames.Inbound):
    """Mark entries of the inbox as read, these or all, as `POST /api/inbox/read` does.

    `ok` brings how many were `read` by it and how many are `unread` still.
    """

    ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | Absent = None
    all: bool = False


class Input(frames.Inbound):
    """Hand a running job the input it waits for, as `POST /api/jobs/{id}/input` does.

    `ok` brings `job` and its `state`.
    """

    job: UUID
    data: Any


COMMANDS: Mapping[str, type[frames.Inbound]] = {"cancel": Cancel, "read": Read, "input": Input}
ERROR_CODES = wire.ERROR_CODES | {
    WrongState.code: "The job is in a state that does not allow this.",
    InvalidInput.code: "The input does not fit what the job asked for.",
}
"""Every code of an ``err`` frame."""

SIGNS = {
    "ping": "Ask for a pong.",
    "pong": "A sign of life.",
    "bye": "Ask for a normal close.",
}
"""What the messages without fields mean."""


def client_frame(kind: str, fields: type[frames.Inbound]) -> Model:
    """Return the model of a whole frame: what the server reads of it, and its name and number."""
    name = f"Client{kind.title()}Frame" if kind in SIGNS else f"{kind.title()}Frame"
    number: Any = wire_frames.Number | Absent
    more: Any = {
        "t": (Literal[kind], ...),
        "i": (number, Field(None, description="Comes back in the answer")),
    }
    return create_model(name, __base__=fields, __doc__=SIGNS.get(kind) or fields.__doc__, **more)


CLIENT_FRAMES: Mapping[str, Model] = {
    kind: client_frame(kind, fields) for kind, fields in {**frames.MODELS, **COMMANDS}.items()
}
SERVER_FRAMES: Mapping[str, tuple[Model, ...]] = {
    "welcome": (wire_frames.WelcomeFrame,),
    "subbed": (SubbedFrame,),
    "unsubbed": (wire_frames.UnsubbedFrame,),
    "ev": (EvFrame,),
    "snapshot": (
        UserSnapshotFrame,
        OrgSnapshotFrame,
        JobSnapshotFrame,
        LastWordsFrame,
        BatchSnapshotFrame,
    ),
    "gap": (wire_frames.GapFrame,),
    "status": (wire_frames.StatusFrame,),
    "expiring": (wire_frames.ExpiringFrame,),
    "bye": (wire_frames.ByeFrame,),
    "ok": (wire_frames.OkFrame,),
    "err": (wire_frames.ErrFrame,),
    "ping": (wire_frames.PingFrame,),
    "pong": (wire_frames.PongFrame,),
}
ANSWERS: Mapping[str, tuple[str, ...]] = {
    "hello": ("welcome", "subbed", "err"),
    "sub": ("subbed", "err"),
    "unsub": ("unsubbed", "err"),
    "ack": ("ok", "err"),
    "auth": ("ok", "err"),
    "ping": ("pong",),
    **dict.fromkeys(COMMANDS, ("ok", "err")),
}
"""How the server answers each message of the browser; those left out have no answer."""

NOTICES: Mapping[str, tuple[Model, ...]] = {
    "welcome": (wire.StreamWelcome,),
    "snapshot": (UserSnapshot, OrgSnapshot, JobSnapshot, LastWords, BatchSnapshot),
    "gap": (wire.Gap,),
    "unsubbed": (wire.Unsubbed,),
    "status": (wire.Status,),
    "expiring": (wire.Expiring,),
    "bye": (wire.Bye,),
}
"""The events of a stream that are about the stream; all others are named by their type."""

EVENTS: tuple[Model, ...] = get_args(AnyEvent.__value__)


def union(name: str, models: Iterable[Model]) -> Any:
    """Return the type that is one of ``models``."""
    return TypeAliasType(name, reduce(or_, models))


ServerFrame = union("ServerFrame", chain.from_iterable(SERVER_FRAMES.values()))
ClientFrame = union("ClientFrame", CLIENT_FRAMES.values())
TOLD = (
    *(ServerFrame, PollAnswer, wire.StreamWelcome, wire.Gap, wire.Unsubbed, wire.Status),
    *(wire.Expiring, wire.Bye, wire.Envelope, wire.DurableEnvelope, InboxPage, ScheduleResource),
)
"""What the server tells, whole; all else is part of it."""


CONSTRAINTS = {"type", "$ref", "enum", "const", "anyOf", "allOf"}


class Exact(GenerateJsonSchema):
    """Says no more than is meant: no title for each field, no null where there is never one."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never: it would be the field's name once more."""
        return False

    def default_schema(self, schema: Any) -> Json:
        """Leave out null as the default of what may be left out but is never null."""
        found: Json = super().default_schema(schema)
        nullable = {"type": "null"} in found.get("anyOf", ()) or not CONSTRAINTS & found.keys()
        if found.get("default", ...) is None and not nullable:
            del found["default"]
        return found


def schemas(reference: str = REFERENCE) -> Json:
    """Return the JSON Schema of every model by its name, pointing at each other by ``reference``."""
    wanted: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = [
        *((kind, "serialization", TypeAdapter(kind)) for kind in TOLD),
        (ClientFrame, "validation", TypeAdapter(ClientFrame)),
    ]
    _, found = TypeAdapter.json_schemas(wanted, ref_template=reference, schema_generator=Exact)
    return dict(sorted(found["$defs"].items()))
