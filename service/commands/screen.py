"""A job's story drawn: a live bar with the output under it on a terminal, plain lines elsewhere."""

from types import TracebackType
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

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
from service.commands.terminal import COLOURS, clean

TAIL_LINES = 12
TAIL_CHARACTERS = 4_000
KEPT_CHARACTERS = 1024 * 1024


class Screen(Protocol):
    """Where a story is shown."""

    def __enter__(self) -> "Screen":
        """Begin to draw."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was, with everything told still readable."""

    def show(self, happening: Happening) -> None:
        """Draw one happening."""


def screen_for(console: Console, title: str) -> Screen:
    """Return the live screen on a terminal and plain lines in a pipe or a file."""
    return LiveScreen(console, title) if console.is_terminal else PlainScreen(console)


class PlainScreen:
    """One line a happening; a job's output as it comes, broken into lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._line = ""
        self._percent = -1

    def __enter__(self) -> "PlainScreen":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finish_line()

    def show(self, happening: Happening) -> None:
        """Write what happened; a bar that stands still is not repeated."""
        if isinstance(happening, Printed):
            self._write(happening)
        elif isinstance(happening, Progressed):
            self._advance(happening)
        elif line := describe(happening):
            self._finish_line()
            self._console.print(line, soft_wrap=True)

    def _advance(self, progress: Progressed) -> None:
        """Write a percentage when it has moved."""
        percent = round(progress.fraction * 100)
        if percent != self._percent:
            self._percent = percent
            self._finish_line()
            message = clean(progress.message)
            self._console.print(f"{percent:3d}%  {message}".rstrip(), soft_wrap=True)

    def _write(self, printed: Printed) -> None:
        """Write whole lines; keep a part of one until its end comes."""
        if printed.afresh:
            self._finish_line()
        *lines, self._line = (self._line + clean(printed.text)).split("\n")
        for line in lines:
            self._console.print(line, soft_wrap=True)

    def _finish_line(self) -> None:
        """Write what is left of a line."""
        if self._line:
            self._console.print(self._line, soft_wrap=True)
        self._line = ""


class LiveScreen:
    """A bar, the last lines of output under it, and everything said scrolling by above it."""

    def __init__(self, console: Console, title: str) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[message]}", markup=False),
        )
        self._task = self._bar.add_task(title, total=1.0, message="")
        self._output = ""
        self._live = Live(self._drawn(), console=console, refresh_per_second=12)

    def __enter__(self) -> "LiveScreen":
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.update(self._drawn(whole=True))
        self._live.__exit__(kind, error, trace)

    def show(self, happening: Happening) -> None:
        """Move the bar, add to the output, or let a line scroll by."""
        if isinstance(happening, Printed):
            self._append(happening)
        elif isinstance(happening, Progressed):
            message = clean(happening.message)
            self._bar.update(self._task, completed=happening.fraction, message=message)
        elif line := describe(happening):
            self._live.console.print(line)
        if isinstance(happening, Ended) and happening.state == "succeeded":
            self._bar.update(self._task, completed=1.0, message="")
        self._live.update(self._drawn())

    def _append(self, printed: Printed) -> None:
        """Keep output for drawing; a new attempt's replaces what was there."""
        told = "" if printed.afresh else self._output
        self._output = (told + clean(printed.text))[-KEPT_CHARACTERS:]

    def _drawn(self, *, whole: bool = False) -> Group:
        """Return the bar with the end of the output, or all of it for the last picture."""
        text = self._output
        if not whole:
            text = "\n".join(text[-TAIL_CHARACTERS:].split("\n")[-TAIL_LINES:])
        return Group(self._bar, Text(text)) if text else Group(self._bar)


def describe(happening: Happening) -> Text | None:
    """Return the line that tells a happening, if it is told by a line."""
    match happening:
        case StateChanged():
            return state_line(happening)
        case Logged(message):
            return Text(f"  {clean(message)}", style="bright_black")
        case Asked(_, prompt):
            return Text(f"waits for input: {clean(prompt)}", style="yellow")
        case Cut():
            return Text("connection lost, picking it up again …", style="yellow")
        case _:
            return None


def state_line(change: StateChanged) -> Text:
    """Return a state with what is worth knowing about it."""
    told = "stopping" if change.stopping else change.state
    line = Text(told, style=COLOURS.get(told, ""))
    if told == "running":
        line.append(f"  attempt {change.attempt}", style="default")
        line.append(f" on {clean(change.worker)}" if change.worker else "", style="bright_black")
    if change.error:
        line.append(f"  {clean(change.error)}", style="default")
    return line
