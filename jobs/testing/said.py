"""What processors say on their way, kept for a test to look at."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from realtime.channels import Channel
from realtime.ephemeral import Ephemeral, Kept, Told


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

    async def latest(
        self, channel: Channel, attempt: int, key: str, value: bytes, publish: Told = ()
    ) -> Kept:
        """Keep nothing: every call of ``progress`` is kept before the Reporter conflates them."""
        return Kept("kept")

    async def text(
        self,
        channel: Channel,
        attempt: int,
        start: int,
        text: str | bytes,
        publish: Told = (),
        *,
        again: bool = False,
    ) -> Kept:
        """Append to the attempt's output."""
        outputs = self.of(channel.id).outputs
        outputs[attempt] = outputs.get(attempt, "") + (
            text if isinstance(text, str) else text.decode()
        )
        return Kept("kept")

    async def lines(
        self,
        channel: Channel,
        attempt: int,
        start: int,
        lines: Sequence[bytes],
        publish: Told = (),
        *,
        again: bool = False,
    ) -> Kept:
        """Add log lines; their time is the bench's."""
        said = self.of(channel.id)
        for encoded in lines:
            fields = orjson.loads(encoded)
            message = fields.pop("message")
            del fields["time"], fields["attempt"], fields["line"]
            said.lines.append(Line(message, fields, attempt, said.times.popleft()))
        return Kept("kept")
