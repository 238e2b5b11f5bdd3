"""What a job's stream tells, each thing once: snapshots, events and repeats become happenings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.client.happenings import (
    Asked,
    Cut,
    Ended,
    Happening,
    Logged,
    Printed,
    Progressed,
    StateChanged,
)
from service.client.models import FINAL, JobResource

MOST_HELD = 1_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing a stream said: the event's name, its JSON, and the place behind it."""

    name: str
    data: Any = None
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """The output of a job as it is kept: ``data`` ends at the byte ``position``."""

    data: bytes
    attempt: int
    position: int


class Story:
    """Turns frames into happenings and leaves out what was told before.

    States go by the job's ``version``, output by its byte position within an attempt, log lines by
    their number within it. Before a frame is told ask whether it ``lacks_lines`` or ``lacks_text``: then
    read the log or the output so far, and tell it first with ``fill_lines`` or ``fill_text``.
    """

    def __init__(self) -> None:
        self._version = 0
        self._attempt = 0
        self._position = 0
        self._asked = 0
        self._line = (0, 0)  # of which attempt, and its number
        self._joined = False
        self._held: list[Frame] = []
        self._missed = False
        self._away = False

    def lacks_lines(self, frame: Frame) -> bool:
        """Return whether lines of the log were missed that ``frame`` does not bring."""
        fresh = (mark for line in lines_of(frame) if (mark := mark_of(line)) > self._line)
        attempt, number = next(fresh, self._line)
        known = self._line[1] if attempt == self._line[0] else 0
        skipped = self._joined and number > known + 1
        return skipped or self._ends_unheard(frame)

    def fill_lines(self, lines: Iterable[Any]) -> Iterator[Happening]:
        """Yield what the server has of the log beyond what was told."""
        for line in lines:
            yield from self._log(line)
        yield from self._told_late()

    def lacks_text(self, frame: Frame) -> bool:
        """Return whether output was missed that ``frame`` does not bring."""
        if frame.name == "job.output":
            piece = frame.data["data"]
            began = int(piece["position"]) - len(str(piece["text"]).encode())
            return began > (self._position if piece["attempt"] == self._attempt else 0)
        return self._ends_unheard(frame)

    def fill_text(self, text: Text) -> Iterator[Happening]:
        """Yield what the server has of the output beyond what was told."""
        self._missed = False
        yield from self._output(text.attempt, text.position, text.data)
        yield from self._told_late()

    def tell(self, frame: Frame) -> Iterator[Happening]:
        """Yield what is new in ``frame``."""
        if frame.name == "cut":
            yield from self._cut()
            return
        self._away = False
        match frame.name:
            case "snapshot":
                yield from self._snapshot(frame.data)
            case "status":  # while it is degraded, pieces of output do not come
                self._missed |= bool(frame.data.get("degraded"))
            case "gap":
                self._version = 0  # of another timeline, maybe: the snapshot that follows counts
            case "job.log" | "job.output" if self.lacks_lines(frame) or self.lacks_text(frame):
                yield from self._hold(frame)
            case name if name.startswith("job."):
                yield from self._event(name, frame.data)

    def _ends_unheard(self, frame: Frame) -> bool:
        """Return whether the job is over, and something of it may not have been heard."""
        return self._missed and state_of(frame) in FINAL

    def _hold(self, frame: Frame) -> Iterator[Happening]:
        """Keep what is too early: a Redis that was emptied is told again what comes before."""
        self._missed = True
        self._held.append(frame)
        if len(self._held) > MOST_HELD:
            yield from self._told_late(at_last=True)

    def _told_late(self, *, at_last: bool = False) -> Iterator[Happening]:
        """Tell what was held back as far as it follows now, ``at_last`` all of it."""
        held, self._held = self._held, []
        for frame in held:
            yield from self._event(frame.name, frame.data) if at_last else self.tell(frame)

    def _event(self, name: str, event: Any) -> Iterator[Happening]:
        """Tell an event, durable or not."""
        match name:
            case "job.progress":
                yield progressed(event["data"])
            case "job.log":
                yield from self._log(event["data"])
            case "job.output":
                yield from self._piece(event["data"])
            case _:
                version, attempt = event.get("seq") or 0, event.get("attempt") or 0
                yield from self._state(event["data"], version, attempt, None)

    def _cut(self) -> Iterator[Happening]:
        """Tell a cut once, however many tries it takes to connect again."""
        if not self._away:
            yield Cut()
        self._away = self._missed = True

    def _snapshot(self, data: Any) -> Iterator[Happening]:
        """Tell the whole state: lines and output first, so that an ending comes last."""
        memory = data.get("ephemeral") or {}
        for line in memory.get("logs") or []:
            yield from self.tell(Frame("job.log", {"data": line}))
        self._joined = True  # who has just come is shown the last lines only
        if memory.get("output"):
            yield from self._piece(memory["output"])
            yield from self._told_late()
        if memory.get("progress"):
            yield progressed(memory["progress"])
        if job := (data.get("state") or {}).get("job"):
            yield from self._state(job, job["version"], job["attempt"], JobResource(job))

    def _state(
        self, job: Any, version: int, attempt: int, whole: JobResource | None
    ) -> Iterator[Happening]:
        """Tell a state once, and what it waits for."""
        if version <= self._version:
            return
        self._version = version
        error, awaiting = job.get("error") or {}, job.get("awaiting") or {}
        reason, worker = str(error.get("message") or ""), str(job.get("worker") or "")
        stopping = job["state"] == "running" and bool(job.get("cancel_requested_at"))
        yield StateChanged(job["state"], attempt, worker, reason, stopping)
        if awaiting and awaiting["number"] != self._asked:
            self._asked = awaiting["number"]
            yield Asked(self._asked, str(awaiting.get("prompt") or ""))
        if job["state"] in FINAL:
            yield from self._told_late(at_last=True)
            yield Ended(job["state"], whole)

    def _log(self, line: Any) -> Iterator[Happening]:
        """Tell a line once, though snapshots repeat the last ones."""
        mark = mark_of(line)
        if mark > self._line:
            self._line = mark
            yield logged(line)

    def _piece(self, piece: Any) -> Iterator[Happening]:
        """Tell output, a piece of it or the whole so far."""
        attempt, position = piece.get("attempt") or 0, int(piece["position"])
        yield from self._output(attempt, position, str(piece["text"]).encode())

    def _output(self, attempt: int, end: int, text: bytes) -> Iterator[Happening]:
        """Tell the part of ``text`` that lies behind what has been told of this attempt."""
        afresh = attempt > self._attempt
        if afresh:
            self._attempt, self._position = attempt, 0
        if attempt < self._attempt or end <= self._position:
            return
        fresh = text[max(self._position - (end - len(text)), 0) :]
        self._position = end
        if fresh:
            yield Printed(fresh.decode(errors="replace"), afresh)


def state_of(frame: Frame) -> str:
    """Return the state that a frame tells, nothing for one that tells none."""
    if frame.name == "snapshot":
        return str(((frame.data.get("state") or {}).get("job") or {}).get("state", ""))
    durable = frame.name.startswith("job.") and frame.data.get("seq")
    return str(frame.data["data"].get("state", "")) if durable else ""


def lines_of(frame: Frame) -> list[Any]:
    """Return the lines of the log that a frame brings."""
    if frame.name == "snapshot":
        return (frame.data.get("ephemeral") or {}).get("logs") or []
    return [frame.data["data"]] if frame.name == "job.log" else []


def mark_of(line: Any) -> tuple[int, int]:
    """Return a line's place in the log: of which attempt it is, and its number there."""
    return int(line.get("attempt") or 0), int(line.get("line") or 0)


def progressed(data: Any) -> Progressed:
    """Read a progress, live or remembered."""
    return Progressed(float(data.get("fraction") or 0), str(data.get("message") or ""))


def logged(line: Any) -> Logged:
    """Read a log line."""
    known = ("message", "attempt", "line", "time")
    time = datetime.fromisoformat(line["time"]) if line.get("time") else None
    more = {name: value for name, value in line.items() if name not in known}
    message, attempt = str(line.get("message", "")), int(line.get("attempt") or 0)
    return Logged(message, attempt, int(line.get("line") or 0), time, more or None)
