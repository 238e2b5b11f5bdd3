"""What a browser may ask for over its WebSocket: the same orders as over HTTP, by the same rules."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from jobs.errors import NotFound
from jobs.inbox import Inbox
from jobs.processor import pointers
from jobs.queue import Queue
from realtime.bundle import Command
from realtime.caller import Caller
from service.bodies import check_strings
from service.errors import Problem
from service.routes.inbox import AckRequest, ReadRequest

Frame = dict[str, Any]
M = TypeVar("M", bound=BaseModel)


class AckFrame(AckRequest):
    """A device has shown what ``channel``, the caller's own, told up to ``offset``."""

    model_config = ConfigDict(extra="ignore")

    channel: str


class ReadFrame(ReadRequest):
    """Which notifications have been looked at."""

    model_config = ConfigDict(extra="ignore")


class Commands:
    """The commands; each raises what its ``code`` is told of."""

    def __init__(self, queue: Queue, inbox: Inbox) -> None:
        self._queue = queue
        self._inbox = inbox

    async def cancel(self, caller: Caller, frame: Frame) -> Frame:
        """Stop a job. Raises Problem, NotFound, WrongState."""
        require(caller, "jobs:write")
        job = await self._queue.cancel(caller, job_id(caller, frame.get("job")))
        return {"job": str(job.id), "state": job.state}

    async def answer(self, caller: Caller, frame: Frame) -> Frame:
        """Hand ``data`` to a job that waits. Raises Problem, NotFound, WrongState, InvalidInput."""
        require(caller, "jobs:write")
        if "data" not in frame:
            raise Problem(422, "data: Field required", code="bad_request")
        check_strings(frame["data"])
        job = await self._queue.answer(caller, job_id(caller, frame.get("job")), frame["data"])
        return {"job": str(job.id), "state": job.state}

    async def read(self, caller: Caller, frame: Frame) -> Frame:
        """Mark ``ids``, or ``all``, as read; the other tabs hear ``inbox.read``. Raises Problem."""
        require(caller, "jobs:write")
        require_covered(caller)
        wanted = meant(ReadFrame, frame)
        return (await self._inbox.read(caller, wanted.ids)).model_dump()

    async def acknowledge(self, caller: Caller, frame: Frame) -> Frame:
        """Note what a device has shown. Raises Problem, also for others' channels."""
        require(caller, "jobs:read")
        shown = meant(AckFrame, frame)
        if shown.channel not in {"me", f"user:{caller.user}"}:
            raise Problem(404, "Only what channel me told can be acknowledged.", code="not_found")
        require_covered(caller)
        return (await self._inbox.acknowledge(caller, shown.offset)).model_dump()


def socket_commands(queue: Queue, inbox: Inbox) -> Mapping[str, Command]:
    """Return the commands by their names on the wire."""
    obeyed = Commands(queue, inbox)
    return {
        "cancel": obeyed.cancel,
        "input": obeyed.answer,
        "read": obeyed.read,
        "ack": obeyed.acknowledge,
    }


def require(caller: Caller, scope: str) -> None:
    """Raise Problem unless the caller holds ``scope``."""
    if not caller.may(scope):
        raise Problem(403, f"This needs the scope {scope}.", code="forbidden")


def meant(model: type[M], frame: Frame) -> M:
    """Return a frame as ``model``. Raises Problem, by the code of every frame that makes no sense."""
    try:
        return model.model_validate(frame)
    except ValidationError as error:
        [first, *_] = pointers(error)
        where = first["pointer"].removeprefix("/")
        raise Problem(422, f"{where}: {first['detail']}", code="bad_request") from error


def job_id(caller: Caller, given: object) -> UUID:
    """Return the id in a frame. Raises NotFound for what is none, or not what the ticket is for."""
    try:
        found = UUID(given if isinstance(given, str) else "")
    except ValueError as error:
        raise NotFound from error
    require_covered(caller, f"job:{found}")
    return found


def require_covered(caller: Caller, name: str = "me") -> None:
    """Raise NotFound when a ticket narrowed to some channels is not for ``name``, nor for all of a user's.

    It is handed on, in addresses and to pages, to follow one job: it must order nothing about another.
    """
    if caller.channels and caller.channels.isdisjoint({name, "me", f"user:{caller.user}"}):
        raise NotFound
