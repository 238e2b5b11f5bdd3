"""docs/settings.md names every setting with its default, and nothing that is none."""

import re
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from service.settings import ServiceSettings

PAGE = (Path(__file__).parents[3] / "docs" / "settings.md").read_text(encoding="utf-8")
ROWS = {
    name: (default, meaning)
    for name, default, meaning in re.findall(
        r"^\| `([A-Z0-9_]+)` \| (.*?) \| (.*) \|$", PAGE, re.MULTILINE
    )
}
UNITS = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


def told(name: str, value: object) -> str:
    """Return a default as the page tells it."""
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    if plain is None or plain == "":
        return "–"
    if isinstance(plain, timedelta):
        hours = plain / timedelta(hours=1)
        return f"{hours / 24:g}d" if hours > 24 else f"{hours:g}h"
    if isinstance(plain, bool):
        return str(int(plain))
    return number(name, plain) if isinstance(plain, int | float) else str(plain)


def number(name: str, value: int | float) -> str:
    """Return a number; bytes in the largest unit that comes out even."""
    for unit, size in UNITS if name.endswith("_bytes") else ():
        if value % size == 0:
            return f"{value // size:,} {unit}"
    return f"{value:,g}" if isinstance(value, float) else f"{value:,}"


def test_every_setting_has_its_row_with_its_default() -> None:
    for name, field in ServiceSettings.model_fields.items():
        variable = name.upper()

        default = told(name, field.get_default(call_default_factory=True))

        assert variable in ROWS, f"docs/settings.md lacks a row for {variable}"
        assert ROWS[variable][0] == default, variable
        assert ROWS[variable][1].strip(), variable


def test_nothing_else_is_called_a_setting() -> None:
    assert set(ROWS) == {name.upper() for name in ServiceSettings.model_fields}
