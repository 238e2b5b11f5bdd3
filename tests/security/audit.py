"""``python -m tests.security.audit``: is any pinned dependency known to be weak? Needs the network.

pip-audit passes over what it cannot look up and exits with 0; here that is a failure, told in a sentence:
a green audit that asked nobody is worth less than none. Exits with 1 for a weakness, 2 for no answer.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILES = ("requirements.txt", "requirements-dev.txt")
WEAK, UNKNOWN = 1, 2
TIMEOUT_SECONDS = 600
SHOWN = 5


def main() -> int:
    """Ask about every file of pins; return the exit code."""
    codes = [judge(file, ask(file)) for file in FILES]
    return WEAK if WEAK in codes else max(codes)


def ask(file: str) -> Sequence[Mapping[str, Any]] | None:
    """Return what pip-audit knows of each dependency, None when it knows nothing."""
    program = str(Path(sys.executable).with_name("pip-audit"))
    command = [program, "-r", file, "--require-hashes", "--disable-pip", "--no-deps", "-f", "json"]
    try:
        done = subprocess.run(
            command, capture_output=True, check=False, text=True, timeout=TIMEOUT_SECONDS
        )
        found: Sequence[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return None
    return found


def judge(file: str, found: Sequence[Mapping[str, Any]] | None) -> int:
    """Say what was found, and return the exit code for it."""
    if not found:
        return say(f"{file}: pip-audit gave no answer.", UNKNOWN)
    weak = [
        (one["name"], one["version"], flaw["id"]) for one in found for flaw in one.get("vulns", ())
    ]
    if weak:
        return say(f"{file}: " + ", ".join(" ".join(flaw) for flaw in weak), WEAK)
    skipped = [one["name"] for one in found if "skip_reason" in one]
    if skipped:
        some = ", ".join(skipped[:SHOWN])
        told = f"{file}: {len(skipped)} of {len(found)} could not be looked up ({some}, …): not audited."
        return say(told, UNKNOWN)
    return say(f"{file}: {len(found)} dependencies, no known weakness.", 0)


def say(text: str, code: int) -> int:
    """Write a line, and return ``code``."""
    sys.stdout.write(f"{text}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
