"""What a benchmark found: figures in rows, the bars they are held to, a table and a JSON file."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Figure = str | float


@dataclass(frozen=True)
class Bar:
    """A promise of the issue and what was measured."""

    text: str
    value: float
    met: bool


@dataclass(frozen=True)
class Part:
    """One table. Each row has the columns' figures, the first is what it is about."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Figure, ...]]
    bars: Sequence[Bar] = ()
    notes: Sequence[str] = field(default_factory=list)


def at_most(text: str, value: float, limit: float) -> Bar:
    """Return a bar that is met at or below ``limit``."""
    return Bar(text, value, value <= limit)


def at_least(text: str, value: float, limit: float) -> Bar:
    """Return a bar that is met at or above ``limit``."""
    return Bar(text, value, value >= limit)


def show(part: Part, console: Console) -> None:
    """Print one part."""
    table = Table(title=part.title, title_justify="left")
    for index, column in enumerate(part.columns):
        table.add_column(column, justify="right" if index else "left", no_wrap=not index)
    for row in part.rows:
        table.add_row(*map(written, row))
    console.print(table)
    for bar in part.bars:
        console.print(
            f"{'met   ' if bar.met else 'MISSED'} {written(bar.value)}  {bar.text}", highlight=False
        )
    for note in part.notes:
        console.print(f"       {note}", highlight=False)


def written(figure: Figure) -> str:
    """Return a figure with as many digits as it is worth."""
    if isinstance(figure, str):
        return figure
    if abs(figure) >= 100 or figure == int(figure):
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.2f}"


def keep(parts: Sequence[Part], path: Path, tree: Path) -> None:
    """Write all parts, and what they were measured on, as JSON."""
    found = {"machine": about(tree), "parts": {part.name: kept(part) for part in parts}}
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def kept(part: Part) -> Mapping[str, Any]:
    """Return a part as JSON objects, one a row."""
    rows = [dict(zip(part.columns, row, strict=True)) for row in part.rows]
    bars = [{"text": bar.text, "value": bar.value, "met": bar.met} for bar in part.bars]
    return {"title": part.title, "rows": rows, "bars": bars, "notes": list(part.notes)}


def about(tree: Path) -> Mapping[str, Any]:
    """Return what the figures depend on."""
    git = ["git", "-C", str(tree), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "commit": commit,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.release(),
        "load": os.getloadavg()[0],
    }
