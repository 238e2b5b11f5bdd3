"""A batch drawn: one bar with its counts on a terminal, a line for each step elsewhere, or JSON."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from service.client import FINAL, BatchResource
from service.commands.terminal import COLOURS, show_json


class BatchBar:
    """Shows how far a batch is."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[counts]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=None, counts="")
        self._percent = -1

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def show(self, batch: BatchResource) -> None:
        """Move the bar; where there is none, write a line when the percentage has moved."""
        ended, counts = ended_of(batch.counts), counted(batch.counts)
        self._bar.update(self._task, completed=ended, total=batch.total, counts=counts.markup)
        percent = int(batch.progress.fraction * 100)
        if not self._console.is_terminal and percent != self._percent:
            self._percent = percent
            self._console.print(f"{percent:3d}%  {ended}/{batch.total}  {counts}", soft_wrap=True)


class JsonBar(BatchBar):
    """Writes each step as a line of JSON."""

    def show(self, batch: BatchResource) -> None:
        """Write the batch."""
        show_json(batch.raw, line=True)


def bar_for(console: Console, title: str, *, as_json: bool) -> BatchBar:
    """Return what shows a batch."""
    return JsonBar(Console(quiet=True), title) if as_json else BatchBar(console, title)


def ended_of(counts: Mapping[str, int]) -> int:
    """Return how many jobs are over."""
    return sum(counts.get(state, 0) for state in FINAL)


def counted(counts: Mapping[str, int]) -> Text:
    """Return the states that occur, in their colours: ``3 succeeded, 1 failed``."""
    told = [(f"{n:,} {state}", COLOURS[state]) for state, n in counts.items() if n]
    return Text(", ").join(Text(words, style=colour) for words, colour in told)
