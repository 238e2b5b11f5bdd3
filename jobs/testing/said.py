"""What processors say on their way, kept for a test to look at."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from realtime.channels import Channel
from realtime.ephemeral import Ephemeral, How, Kept, Told


@dataclass(frozen=True, slots=True)
class Progress:
    """One call of ``context.progress``, brought into range."""

    fraction: float
    message: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Line:
    """One call of ``context.log``."""

    message: str
    fields: Mapping[str, Any]
    attempt: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """One thing the owner was told for good."""

    name: str
    data: Mapping[str, Any]
    attempt: int
    time: datetime


@dataclass(slots=True)
class Said:
    """All that one job's attempts said; ``outputs`` is the streamed text by attempt."""

    progress: list[Progress] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    outputs: dict[int, str] = field(default_factory=dict)
    notifications: list[Notification] = field(default_factory=list)
    times: deque[datetime] = field(default_factory=deque)
    """When the lines were said that the Reporter still holds back to join them."""


class Voice(Ephemeral):
    """Takes the place of Redis behind the product's own Reporter: its bounds and its cleaning hold."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}

    def of(self, job_id: object) -> Said:
        """Return what a job said so far."""
        return self._said.setdefault(str(job_id), Said())

    async def _remember(
        self, channel: Channel, attempt: int, how: How, value: Sequence[Any], publish: Told
    ) -> Kept:
        """Keep output and lines; every progress is kept before the Reporter conflates them."""
        said = self.of(channel.id)
        match how[0]:
            case "text":
                said.outputs[attempt] = said.outputs.get(attempt, "") + value[1].decode()
            case "lines":
                said.lines += [
                    line(encoded, attempt, said.times.popleft()) for encoded in value[1:]
                ]
        return Kept("kept")


def line(encoded: bytes, attempt: int, time: datetime) -> Line:
    """Return a line as a test looks at it; its time is the bench's."""
    fields = orjson.loads(encoded)
    message = fields.pop("message")
    del fields["time"], fields["attempt"], fields["line"]
    return Line(message, fields, attempt, time)
