"""What can happen to a job, as a program is told of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.client.models import JobResource, JobState


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The job went into ``state``; ``error`` says why when something went wrong.

    ``stopping``: somebody asked it to stop, and it runs still.
    """

    state: JobState
    attempt: int
    worker: str = ""
    error: str = ""
    stopping: bool = False


@dataclass(frozen=True, slots=True)
class Progressed:
    """The job is ``fraction`` (0 to 1) of the way."""

    fraction: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class Logged:
    """The job said a line. ``fields`` holds what its processor said besides."""

    message: str
    attempt: int = 0
    line: int = 0
    time: datetime | None = None
    fields: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """The job streamed ``text``; ``afresh`` when a new attempt started its output again."""

    text: str
    afresh: bool = False


class Piece(str):
    """Some output. ``afresh``: a new attempt starts over with it, so replace what was shown."""

    __slots__ = ("afresh",)

    afresh: bool

    def __new__(cls, text: str, *, afresh: bool = False) -> "Piece":
        """Return text that tells whether it starts over."""
        piece = super().__new__(cls, text)
        piece.afresh = afresh
        return piece


@dataclass(frozen=True, slots=True)
class Asked:
    """The job waits for input: ``prompt`` for people, its ``number`` grows with each request."""

    number: int
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more happens by itself. ``job`` is whole if the stream told it whole."""

    state: JobState
    job: JobResource | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The line was lost; it is being picked up again."""


Happening = StateChanged | Progressed | Logged | Printed | Asked | Ended | Cut
