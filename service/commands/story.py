"""What a job's stream tells, each thing once: snapshots, events and repeats become happenings."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from service.commands.follow import Frame
from service.commands.terminal import FINAL
from service.remote import Json

REMEMBERED_LINES = 1_000  # a snapshot repeats at most the last 50


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The job went into ``state``; ``error`` says why when something went wrong."""

    state: str
    attempt: int
    worker: str
    error: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """The job is ``fraction`` (0 to 1) of the way."""

    fraction: float
    message: str


@dataclass(frozen=True, slots=True)
class Logged:
    """The job said a line."""

    line: str


@dataclass(frozen=True, slots=True)
class Printed:
    """The job streamed ``text``; ``afresh`` when a new attempt started its output again."""

    text: str
    afresh: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more happens by itself."""

    state: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The line was lost; it is being picked up again."""


Happening = StateChanged | Progressed | Logged | Printed | Ended | Cut


class Story:
    """Turns frames into happenings and leaves out what was told before.

    States go by the job's ``version``, output by its byte position within an attempt, log lines by
    their own content. ``read_output`` fetches the text so far when a piece of it was missed.
    """

    def __init__(self, read_output: Callable[[], bytes]) -> None:
        self._read_output = read_output
        self._version = 0
        self._attempt = 0
        self._position = 0
        self._logged: dict[bytes, None] = {}
        self._missed = False

    def tell(self, frame: Frame) -> Iterator[Happening]:
        """Yield what is new in ``frame``."""
        match frame.name:
            case "snapshot":
                yield from self._snapshot(frame.data)
            case "cut":
                yield from self._cut()
            case "gap":
                self._version = 0  # of another timeline, maybe: the snapshot that follows counts
            case "job.progress":
                yield progressed(frame.data["data"])
            case "job.log":
                yield from self._log(frame.data["data"])
            case "job.output":
                yield from self._output(frame.data["data"])
            case name if name.startswith("job."):
                yield from self._state(frame.data["data"], frame.data)

    def _cut(self) -> Iterator[Happening]:
        """Tell a cut once, however many tries it takes to connect again."""
        if not self._missed:
            yield Cut()
        self._missed = True

    def _snapshot(self, data: Json) -> Iterator[Happening]:
        """Tell the whole state: lines and output first, so that an ending comes last."""
        memory = data.get("ephemeral") or {}
        for line in memory.get("logs") or []:
            yield from self._log(line)
        if memory.get("output"):
            yield from self._output(memory["output"], whole=True)
        if memory.get("progress"):
            yield progressed(memory["progress"])
        job = data["state"]["job"]
        yield from self._state(job, {"seq": job["version"], "attempt": job["attempt"]})

    def _state(self, job: Json, envelope: Json) -> Iterator[Happening]:
        """Tell a state once; what was missed of the output comes before an ending."""
        if (envelope.get("seq") or 0) <= self._version:
            return
        self._version = envelope["seq"]
        error = job.get("error") or {}
        if job["state"] in FINAL and self._missed:
            yield from self._catch_up()
        attempt = envelope.get("attempt") or 0
        reason = str(error.get("message") or "")
        yield StateChanged(told_state(job), attempt, str(job.get("worker") or ""), reason)
        if job["state"] in FINAL:
            yield Ended(job["state"])

    def _log(self, line: Json) -> Iterator[Happening]:
        """Tell a line once, though snapshots repeat the last ones."""
        line = line.get("data", line)
        mark = orjson.dumps(line, option=orjson.OPT_SORT_KEYS)
        if mark in self._logged:
            return
        self._logged[mark] = None
        if len(self._logged) > REMEMBERED_LINES:
            self._logged.pop(next(iter(self._logged)))
        yield Logged(str(line.get("message", "")))

    def _output(self, piece: Json, *, whole: bool = False) -> Iterator[Happening]:
        """Tell the part of ``piece`` that lies behind what has been told of this attempt."""
        piece = piece.get("data", piece)
        text, end = str(piece["text"]).encode(), int(piece["position"])
        afresh = (piece.get("attempt") or 0) > self._attempt
        if afresh:
            self._attempt, self._position = piece["attempt"], 0
        if (piece.get("attempt") or 0) < self._attempt or end <= self._position:
            return
        start = end - len(text)
        if start > self._position and not whole:
            yield from self._catch_up()
        fresh = text[max(self._position - start, 0) :] if end > self._position else b""
        self._position = max(end, self._position)
        if fresh:
            yield Printed(fresh.decode(errors="replace"), afresh)

    def _catch_up(self) -> Iterator[Happening]:
        """Tell what the server has of the output beyond what was told."""
        self._missed = False
        text = self._read_output()
        if len(text) > self._position:
            fresh, self._position = text[self._position :], len(text)
            yield Printed(fresh.decode(errors="replace"), afresh=False)


def told_state(job: Json) -> str:
    """Return the state, with a stop that is asked for but not done yet."""
    stopping = job["state"] == "running" and job.get("cancel_requested_at")
    return "stopping" if stopping else str(job["state"])


def progressed(data: Json) -> Progressed:
    """Read a progress, live or remembered."""
    data = data.get("data", data)
    return Progressed(float(data.get("fraction") or 0), str(data.get("message") or ""))
