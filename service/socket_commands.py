"""What a browser may ask for over its WebSocket: the same orders as over HTTP, by the same rules."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from jobs.errors import NotFound
from jobs.queue import Queue
from realtime.bundle import Command
from realtime.caller import Caller
from service.errors import Problem


def socket_commands(queue: Queue) -> Mapping[str, Command]:
    """Return the commands by their names on the wire."""

    async def cancel(caller: Caller, frame: dict[str, Any]) -> dict[str, Any]:
        """Stop a job. Raises Problem, NotFound, WrongState; their ``code`` is told."""
        if not caller.may("jobs:write"):
            raise Problem(403, "This needs the scope jobs:write.", code="forbidden")
        job = await queue.cancel(caller, job_id(frame.get("job")))
        return {"job": str(job.id), "state": job.state}

    return {"cancel": cancel}


def job_id(given: object) -> UUID:
    """Return the id in a frame. Raises NotFound for what cannot be one."""
    try:
        return UUID(given if isinstance(given, str) else "")
    except ValueError as error:
        raise NotFound from error
