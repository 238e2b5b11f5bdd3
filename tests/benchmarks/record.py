"""A run, kept: every figure, and the machine it was measured on."""

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.realtime.report import Part, about, kept


def record(parts: Sequence[Part], tree: Path, seconds: float) -> Mapping[str, Any]:
    """Return a run as it is written to JSON and drawn."""
    machine = {
        **about(tree),
        "cpu": cpu_model(Path("/proc/cpuinfo")),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "seconds": round(seconds),
    }
    return {"machine": machine, "parts": {part.name: kept(part) for part in parts}}


def cpu_model(about_cpus: Path) -> str:
    """Return what the processor calls itself."""
    if about_cpus.exists():
        for line in about_cpus.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def write(found: Mapping[str, Any], path: Path) -> None:
    """Write a run as JSON."""
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
