"""What reaches the terminal: two consoles, and text from elsewhere made harmless."""

import os
import re
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")

PIPE_COLUMNS = 160  # a pipe has no width; tables in it should not be folded to a screen's

COLOURS = {
    "waiting": "bright_black",
    "scheduled": "cyan",
    "queued": "bright_black",
    "running": "blue",
    "stopping": "yellow",
    "retrying": "yellow",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "yellow",
    "expired": "yellow",
}

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def out() -> Console:
    """Return where results go. Nothing in them is markup: they come from elsewhere."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_COLUMNS
    return console


def err() -> Console:
    """Return where hints and problems go."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def show_json(value: Any, *, line: bool = False) -> None:
    """Write a value as JSON: to be read, or on one line of many."""
    option = None if line else orjson.OPT_INDENT_2
    sys.stdout.write(orjson.dumps(value, option=option).decode() + "\n")
    sys.stdout.flush()


def table(names: Iterable[str], numbers: Iterable[str] = (), folds: Iterable[str] = ()) -> Table:
    """Return a table without lines: ``numbers`` stand to the right, only ``folds`` are ever folded."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    right, wide = set(numbers), set(folds)
    for name in names:
        made.add_column(
            name, justify="right" if name in right else "left", no_wrap=name not in wide
        )
    return made


def clean(text: str) -> str:
    """Return ``text`` without control characters: a job's output must not drive the terminal."""
    return UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def spoken(duration: timedelta) -> str:
    """Return a duration as people say it: ``0.4 s``, ``3 min 5 s``, ``2 h 10 min``, ``3 d 4 h``."""
    seconds = max(duration.total_seconds(), 0.0)
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest, "s")]
    first = next(i for i, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)
