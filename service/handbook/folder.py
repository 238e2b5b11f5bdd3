"""Where the documentation lies: beside the packages in a checkout, inside this one when installed."""

import re
from pathlib import Path
from typing import Final

INSTALLED: Final = Path(__file__).with_name("pages")
CHECKED_OUT: Final = Path(__file__).parents[2] / "docs"
INDEX: Final = "index"
NAME: Final = re.compile(r"[\w-]{1,100}", re.ASCII)
GENERATED: Final = "http"
"""The page whose sub-pages, one a resource, are generated whole."""


def folder() -> Path:
    """Return the folder of the Markdown files. It may be missing: then there are no pages."""
    return INSTALLED if INSTALLED.is_dir() else CHECKED_OUT


def read(name: str) -> str | None:
    """Return the Markdown of the page ``name``, None when there is no such page."""
    path = folder() / f"{name}.md"
    if not NAME.fullmatch(name) or not path.is_file():
        return None
    return path.read_text(encoding="utf-8")


def names() -> list[str]:
    """Return the names of all pages, by name."""
    return sorted(path.stem for path in folder().glob("*.md"))
