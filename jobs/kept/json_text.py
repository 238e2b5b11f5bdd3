"""Rows and changes as the JSON text that set-based statements take: days and ids as strings."""

import orjson


def json_text(value: object) -> str:
    """Return ``value`` as JSON; dataclasses as objects, ids as Postgres hands them out, too."""
    return orjson.dumps(value, default=str).decode()
