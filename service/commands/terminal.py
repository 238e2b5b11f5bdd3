"""What reaches the terminal: two consoles, and text from elsewhere made harmless."""

import os
import re
from datetime import datetime, timedelta

from rich.console import Console

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
FINAL = frozenset({"succeeded", "failed", "cancelled", "expired"})


def out() -> Console:
    """Return where results go. Nothing in them is markup: they come from elsewhere."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_COLUMNS
    return console


def err() -> Console:
    """Return where hints and problems go."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def clean(text: str) -> str:
    """Return ``text`` without control characters: a job's output must not drive the terminal."""
    return UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def instant(text: str | None) -> datetime | None:
    """Read an RFC 3339 time of the API."""
    return datetime.fromisoformat(text) if text else None


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
