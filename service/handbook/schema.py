"""A JSON Schema as people read it: a row a field, and a value that fits."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.documents import Json

BOUNDS: Final = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
SAMPLES: Final = {
    "uuid": "0199a3c4-0000-7000-8000-000000000001",
    "date-time": "2030-01-01T09:00:00Z",
    "date": "2030-01-01",
    "duration": "PT5M",
    "uri": "https://example.com/",
    "email": "ann@example.com",
}
NAMED: Final = {
    "kind": "context_scraping",
    "args": {"url": "https://example.com/"},
    "cron": "30 8 * * MON-FRI",
    "url": "https://example.com/hook",
    "timezone": "UTC",
    "scopes": ["jobs:read"],
    "scope": "jobs:read",
    "code": "123456",
    "jobs": [{"kind": "context_scraping", "args": {"url": "https://example.com/"}}],
    "ids": ["0199a3c4-0000-7000-8000-000000000001"],
    "starts_on": "2030-01-01",
    "ends_on": "2030-01-02",
    "since": "2026-11-01T00:00:00Z",
}
SHORTEST_TEXT: Final = "text"
REQUIRED: Final = "**Required**."


def name_of(reference: str) -> str:
    """Return the last step of a reference."""
    return reference.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Schemas:
    """The named schemas of a document, and ``here``: the ones that the page describes itself."""

    known: Mapping[str, Json]

    def whole(self, schema: Json) -> Json:
        """Return ``schema`` itself, or what it refers to."""
        while "$ref" in schema:
            schema = self.known[name_of(schema["$ref"])]
        return schema

    def fields(self, schema: Json) -> list[tuple[str, str, str]]:
        """Return a row for each field: its name, what it takes, what it is for."""
        schema = self.whole(schema)
        required = set(schema.get("required", ()))
        rows = []
        for name, field in schema.get("properties", {}).items():
            told = self.meaning(field, required=name in required)
            rows.append((name, self.spoken(field), told))
        return sorted(rows, key=lambda row: not row[2].startswith(REQUIRED))

    def meaning(self, field: Json, *, required: bool) -> str:
        """Return what a field is for, what bounds it, and what it is when it is left out."""
        parts = [REQUIRED if required else "", self.about(field)]
        bounds = list(bounds_of(field))
        parts += [sentence(", ".join(bounds))]
        if not required and field.get("default") not in (None, [], {}, ""):
            parts.append(f"Default `{told_value(field['default'])}`.")
        return " ".join(part for part in parts if part)

    def about(self, field: Json) -> str:
        """Return a field's description as a sentence."""
        words = " ".join(str(field.get("description", "")).replace("``", "`").split())
        return sentence(words)

    def spoken(self, schema: Json) -> str:
        """Return what values fit ``schema``, in a few words."""
        if "$ref" in schema:
            whole = self.whole(schema)
            if "enum" in whole or "properties" not in whole:
                return self.spoken(whole)
            name = name_of(schema["$ref"])
            return f"[{name}](#{name.lower()})"
        if "const" in schema:
            return f"`{told_value(schema['const'])}`"
        if "enum" in schema:
            return ", ".join(f"`{told_value(value)}`" for value in schema["enum"])
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.choice(schema[choice])
        return self.plain(schema)

    def choice(self, schemas: list[Json]) -> str:
        """Return what fits one of ``schemas``; null comes last."""
        told = dict.fromkeys(self.spoken(each) for each in schemas if each.get("type") != "null")
        null = any(each.get("type") == "null" for each in schemas)
        return " or ".join([*told, *(["null"] if null else [])])

    def plain(self, schema: Json) -> str:
        """Return what fits a schema of one type."""
        kind = schema.get("type", "anything")
        if kind == "array":
            return f"array of {self.spoken(schema.get('items', {}))}"
        return f"{kind} ({schema['format']})" if "format" in schema else str(kind)

    def referred(self, schema: Json) -> Iterator[str]:
        """Yield the names of the objects that ``schema`` refers to, each once, nearest first."""
        seen: dict[str, None] = {}
        waiting = [schema]
        while waiting:
            for name in re.findall(r"#/components/schemas/([\w.-]+)", repr(waiting.pop(0))):
                if name in seen or name not in self.known:
                    continue
                seen[name] = None
                waiting.append(self.known[name])
                if "properties" in self.known[name]:
                    yield name

    def sample(self, schema: Json, name: str = "") -> Any:
        """Return a value that fits ``schema``: its own example, else the least that is required."""
        schema = self.whole(schema)
        if examples := schema.get("examples"):
            return examples[0]
        if name in NAMED:
            return NAMED[name]
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.sample(schema[choice][0], name)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        return self.sample_of_type(schema)

    def sample_of_type(self, schema: Json) -> Any:
        """Return a value of a schema's one type."""
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                wanted = schema.get("required") or list(fields)[:1]
                return {name: self.sample(fields[name], name) for name in wanted}
            case "array":
                return [self.sample(schema.get("items", {}))] if schema.get("minItems") else []
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        return SAMPLES.get(schema.get("format", ""), SHORTEST_TEXT)


def bounds_of(field: Json) -> Iterator[str]:
    """Yield what bounds a field, also one that may be null."""
    schemas = [field, *field.get("anyOf", ())]
    for name, words in BOUNDS.items():
        for schema in schemas:
            if name in schema and not (name == "minLength" and schema[name] == 1):
                yield words.format(f"{schema[name]:,}")


def sentence(words: str) -> str:
    """Return words with a capital letter and a full stop; nothing stays nothing."""
    if not words:
        return ""
    return words[0].upper() + words[1:] + ("" if words[-1] in ".:!?" else ".")


def told_value(value: object) -> str:
    """Return a JSON value as it is written."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)
