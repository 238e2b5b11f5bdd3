"""Pieces of strict JSON Schemas, of which every property is required and nothing else allowed."""

from collections.abc import Mapping
from typing import Any


def strict(properties: Mapping[Any, Any]) -> dict[str, Any]:
    """Return an object schema of which everything is required and nothing else allowed."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def words(description: str) -> dict[str, Any]:
    """Return the schema of a text."""
    return {"type": "string", "description": description}


def nullable(kind: str, description: str) -> dict[str, Any]:
    """Return the schema of what may be null: a strict schema has nothing that may be left out."""
    return {"type": [kind, "null"], "description": f"{description}; null if there is none"}


def texts(description: str) -> dict[str, Any]:
    """Return the schema of a list of texts."""
    return {"type": "array", "items": {"type": "string"}, "description": description}
