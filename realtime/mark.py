"""How much of a job's ephemeral lane a reader has seen, short enough to travel with its cursor.

A long poll hears nothing between two requests. The mark in its cursor says what it was told of progress,
output and lines; when the memory holds something else at the next request, it is told the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import orjson

from realtime.delivery import State
from realtime.message import Message


@dataclass(slots=True)
class Mark:
    """The attempt, bytes of output, number of the last line, and check sum of the progress last told."""

    attempt: int = 0
    position: int = 0
    line: int = 0
    progress: int = 0

    def __str__(self) -> str:
        return f"{self.attempt}-{self.position}-{self.line}-{self.progress}"

    @classmethod
    def of(cls, state: State) -> "Mark":
        """Return the mark of a snapshot: of its ephemeral part, or of all of it where it has none."""
        ephemeral = state.ephemeral
        if ephemeral is None:
            return cls(progress=crc32(state.body))
        output, logs = ephemeral["output"], ephemeral["logs"]
        return cls(
            attempt=output["attempt"] if output else 0,
            position=output["position"] if output else 0,
            line=line_of(logs[-1]) if logs else 0,
            progress=check_sum(ephemeral["progress"]),
        )

    def note(self, message: Message) -> None:
        """Take into account an ephemeral message that was told."""
        data = message.decoded().get("data", {})
        match message.key:
            case "progress":
                self.progress = check_sum(data)
            case "output":
                self.attempt, self.position = data.get("attempt", 0), data.get("position", 0)
            case "log":
                self.line = line_of(data)


def line_of(line: Mapping[str, Any]) -> int:
    """Return a line's place among those of all attempts, as one number."""
    return int(line.get("attempt", 0)) * 1_000_000 + int(line.get("line", 0))


def check_sum(progress: Mapping[str, Any] | None) -> int:
    """Return a number that tells two values of progress apart, 0 for none."""
    if not progress:
        return 0
    shown = [progress.get("fraction"), progress.get("message")]
    return crc32(orjson.dumps(shown))
