"""Answers in the shape that was asked for: prose, any JSON, or JSON that fits a schema."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from service.dev.sandbox.llm_writer import (
    Notes,
    cut,
    hashtags,
    number,
    post,
    prose,
    sentence,
    title,
)

LIMIT = re.compile(r"at most ([\d,]+) characters", re.IGNORECASE)
LONG = re.compile(r"markdown|whole text|article|letter", re.IGNORECASE)
TITLES = frozenset({"title", "name", "subject", "headline"})
SHORTEST_LONG = 1_000
LONGEST = 20_000
Filler = Callable[[Mapping[str, Any]], Any]
MONDAY = date(2026, 1, 5)


def written(notes: Notes, shape: Mapping[str, Any] | None) -> str:
    """Return prose, or JSON that fits the schema ``shape``; an empty one means any object."""
    if shape is None:
        return prose(notes, LONGEST)
    value = Place(notes, shape).fill(shape) if shape else loose(notes)
    return json.dumps(value, ensure_ascii=False)


def loose(notes: Notes) -> dict[str, Any]:
    """Return what such questions want that tell their shape in words."""
    return {
        "title": title(notes, 80),
        "body": prose(notes, LONGEST),
        "hashtags": hashtags(notes),
        "variants": {name: post(notes, most) for name, most in notes.channels.items()},
    }


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an answer to be filled. ``index`` tells the items of a list apart."""

    notes: Notes
    root: Mapping[str, Any]
    name: str = "answer"
    index: int = 0

    def fill(self, schema: Mapping[str, Any]) -> Any:
        """Return a value that fits ``schema``."""
        schema = resolved(self.root, schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return schema["enum"][self.index % len(schema["enum"])]
        fillers: dict[str, Filler] = {
            "object": self._object,
            "array": self._array,
            "string": self._text,
            "integer": self._number,
            "number": self._number,
            "boolean": lambda _: True,
        }
        filler = fillers.get(kind_of(schema))
        return filler(schema) if filler else None

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        return {name: replace(self, name=name).fill(inner) for name, inner in properties.items()}

    def _array(self, schema: Mapping[str, Any]) -> list[Any]:
        """Return as many items as there are things to say, within the schema's bounds."""
        inner = resolved(self.root, schema.get("items", {"type": "string"}))
        if kind_of(inner) == "string" and "tag" in self.name and "enum" not in inner:
            return hashtags(self.notes)[: schema.get("maxItems", 5)]
        least, most = schema.get("minItems", 1), schema.get("maxItems", 10)
        count = min(max(len(self.notes.points) or 3, least), most)
        return [replace(self, index=index).fill(inner) for index in range(count)]

    def _number(self, schema: Mapping[str, Any]) -> Any:
        least = schema.get("minimum", 1)
        return min(least + self.index, schema.get("maximum", least + self.index))

    def _text(self, schema: Mapping[str, Any]) -> str:
        """Return a text that fits what its name, format and description ask for."""
        described, notes = str(schema.get("description", "")), self.notes
        most = schema.get("maxLength") or limit(described)
        match schema.get("format"), self.name:
            case "date", _:
                return str(MONDAY + timedelta(weeks=self.index))
            case "date-time", _:
                return f"{MONDAY + timedelta(weeks=self.index)}T09:00:00Z"
            case _, name if name in TITLES:
                return self._title(most or 80)
        if LONG.search(described) and (most or SHORTEST_LONG) >= SHORTEST_LONG:
            return prose(notes, most or LONGEST)
        return post(notes, most or 200)

    def _title(self, most: int) -> str:
        points = self.notes.points
        own = points[self.index] if 0 < self.index < len(points) else self.notes.topic
        return cut(sentence(own).rstrip("."), min(most, 120))


def resolved(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema stands for: references followed, of alternatives the first that is not null."""
    while "$ref" in schema or "anyOf" in schema or "oneOf" in schema:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
        else:
            choices = schema.get("anyOf") or schema["oneOf"]
            schema = next((c for c in choices if c.get("type") != "null"), choices[0])
    return schema


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return a schema's type; of several the first that is not null."""
    kind = schema.get("type", "object" if "properties" in schema else "null")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return str(kind)


def limit(described: str) -> int | None:
    """Return how many characters a description allows."""
    found = LIMIT.search(described)
    return number(found[1]) if found else None
