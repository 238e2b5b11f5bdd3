"""Where a reader is: the newest offset it has seen of a channel, as text it can hand back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from realtime.errors import BadCursor

SHAPE = re.compile(r"([A-Za-z0-9_-]{1,32})\.(0|[1-9][0-9]{0,18})", re.ASCII)
MAX_OFFSET = 2**63 - 1
MAX_LENGTH = 32 + 1 + 19
MARK = "~"


@dataclass(frozen=True, slots=True)
class Cursor:
    """An offset of one ``epoch``; grants nothing, so it needs no signature."""

    epoch: str
    offset: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.offset}"

    @classmethod
    def parse(cls, text: object) -> "Cursor":
        """Read ``<epoch>.<offset>`` as a stranger sent it. Raises BadCursor for anything else."""
        if not isinstance(text, str) or len(text) > MAX_LENGTH:
            raise BadCursor
        match = SHAPE.fullmatch(text)
        if match is None or int(match[2]) > MAX_OFFSET:
            raise BadCursor
        return cls(match[1], int(match[2]))


def parse_vector(text: str, channels: int) -> list[Cursor]:
    """Read the cursors of ``channels`` channels, in their order. Raises BadCursor."""
    parts = text.split(",", channels)
    if len(parts) != channels:
        raise BadCursor
    return [Cursor.parse(part.partition(MARK)[0]) for part in parts]


def marks_of(text: str) -> list[str]:
    """Return what a long poll noted behind each cursor about the ephemeral lane, "" for nothing."""
    return [part.partition(MARK)[2] for part in text.split(",")]


def format_vector(cursors: Sequence[Cursor | None]) -> str:
    """Return the cursors as one text, or "" while one of them is not known yet."""
    known = [str(cursor) for cursor in cursors if cursor is not None]
    return ",".join(known) if len(known) == len(cursors) else ""
