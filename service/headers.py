"""A request's headers, read straight from its scope."""

from collections.abc import MutableMapping
from typing import Any

NAMED = "jobcast.headers"


def header(scope: MutableMapping[str, Any], name: bytes) -> str | None:
    """Return the first header of this name (lower case), None without one.

    Starlette's mapping looks through all of them each time, and a submission is asked ten times.
    """
    named: dict[bytes, bytes] | None = scope.get(NAMED)
    if named is None:
        named = scope[NAMED] = dict(reversed(scope["headers"]))
    value = named.get(name)
    return None if value is None else str(value, "latin-1")


def forget_headers(scope: MutableMapping[str, Any]) -> None:
    """Let go of the headers of a connection that stays."""
    scope["headers"] = []
    scope.pop(NAMED, None)
