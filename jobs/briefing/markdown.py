"""Words that people wrote, made safe to stand in a Markdown text.

Whoever sends an invitation must not bring a link, or a picture that tells when it was looked at.
"""

import re

from jobs.providers.text import clean

MARKS = re.compile(r"[\\`*\[\]<>~|]|&(?=[#\w])|(?<![^\W_])_|_(?![^\W_])")
OPENING = re.compile(r"^(?=[#+=:-])|^(\d+)(?=[.)])")
"""What would begin a heading, a list or a rule when it stands first."""


def inline(text: str, most: int) -> str:
    """Return ``text`` on one line, at most ``most`` characters of it, with nothing in it that formats."""
    line = " ".join(clean(text, spared="\n\t").split())
    shorter = line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
    escaped = MARKS.sub(lambda found: f"\\{found[0]}", shorter)
    return OPENING.sub(lambda found: f"{found[1]}\\" if found[1] else "\\", escaped)


def several(lines: list[str], most: int) -> list[str]:
    """Return a list of at most ``most`` lines, which says how many more there are."""
    shown = [f"- {line}" for line in lines[:most]]
    more = len(lines) - most
    return [*shown, f"- and {more} more"] if more > 0 else shown
