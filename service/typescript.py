"""The browser's types, written from the models: ``python -m service.typescript``.

Knows the part of JSON Schema that pydantic uses. Fields that may be left out become optional; what a
server tells names every field it sends.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import realtime
from realtime.close_codes import CLOSE_CODES
from service.messages import ERROR_CODES, NOTICES, Json, schemas

TARGET = Path(realtime.__file__).with_name("client") / "wire.d.ts"
HEAD = """/**
 * What goes over the wire between Jobcast and a browser.
 * Written by `python -m service.typescript` from the models of the server; do not edit.
 */
"""
GENERIC = {
    "Envelope": {"data": "Data"},
    "DurableEnvelope": {"data": "Data"},
    "JobResource": {"result": "Result"},
}
"""Fields whose type is the reader's to tell, as a parameter of the model's."""

NOTHING: Mapping[str, str] = {}
PLAIN = {"integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
PREFIXED = re.compile(r"\^(\w+)\\\.")


def typescript() -> str:
    """Return the text of the file."""
    found = schemas("{model}")
    parts = [HEAD, *(declaration(name, schema) for name, schema in found.items()), *tables()]
    return "\n".join(parts)


def tables() -> Iterable[str]:
    """Yield the types that are no models: events by their name, codes."""
    rows = [f"  {name}: {either(m.__name__ for m in models)};" for name, models in NOTICES.items()]
    text = comment("The events of a stream that are about the stream, by name.")
    yield f"{text}export interface StreamEvents {{\n" + "\n".join(rows) + "\n}\n"
    yield f"export type CloseCode = {either(str(code.number) for code in CLOSE_CODES)};\n"
    yield f"export type ErrorCode = {either(json.dumps(code) for code in ERROR_CODES)};\n"


def declaration(name: str, schema: Json) -> str:
    """Return the declaration of one model."""
    text = comment(schema.get("description", ""))
    if "properties" not in schema:
        return f"{text}export type {name} = {type_of(schema)};\n"
    generic = GENERIC.get(name, {})
    parameters = ", ".join(f"{parameter} = any" for parameter in generic.values())
    head = f"{name}<{parameters}>" if parameters else name
    return f"{text}export interface {head} {members(schema, generic)}\n"


def members(schema: Json, generic: Mapping[str, str] = NOTHING, indent: str = "") -> str:
    """Return the body of an interface. ``generic`` has the types of fields that are parameters."""
    required = schema.get("required", ())
    lines = []
    for name, field in schema["properties"].items():
        mark = "" if name in required else "?"
        kind = generic.get(name) or type_of(field, indent + "  ")
        lines.append(comment(field.get("description", ""), indent + "  "))
        lines.append(f"{indent}  {name}{mark}: {kind};\n")
    if schema.get("additionalProperties") is True:
        lines.append(f"{indent}  [field: string]: any;\n")
    return "{\n" + "".join(lines) + indent + "}"


def type_of(schema: Json, indent: str = "") -> str:
    """Return the type that ``schema`` describes."""
    if "$ref" in schema:
        return str(schema["$ref"])
    if "const" in schema or "enum" in schema:
        return either(map(json.dumps, schema.get("enum", [schema.get("const")])))
    if "anyOf" in schema:
        return either(type_of(kind, indent) for kind in schema["anyOf"])
    kind = schema.get("type", "")
    return MADE[kind](schema, indent) if kind in MADE else PLAIN.get(kind, "any")


def text_of(schema: Json, indent: str) -> str:
    """Return the type of a text, told more exactly where all begin with the same word."""
    found = PREFIXED.fullmatch(schema.get("pattern", ""))
    return f"`{found[1]}.${{string}}`" if found else "string"


def list_of(schema: Json, indent: str) -> str:
    """Return the type of a list."""
    kind = type_of(schema.get("items", {}), indent)
    return f"({kind})[]" if " | " in kind else f"{kind}[]"


def object_of(schema: Json, indent: str) -> str:
    """Return the type of an object, with the fields it has or keys that are data."""
    if "properties" in schema:
        return members(schema, indent=indent)
    values: Any = schema.get("additionalProperties", True)
    kind = type_of(values, indent) if isinstance(values, dict) else "any"
    return f"Record<{type_of(schema.get('propertyNames', {'type': 'string'}))}, {kind}>"


MADE: Mapping[str, Callable[[Json, str], str]] = {
    "string": text_of,
    "array": list_of,
    "object": object_of,
}


def either(kinds: Iterable[str]) -> str:
    """Return the union of ``kinds``, each once."""
    return " | ".join(dict.fromkeys(kinds))


def comment(text: str, indent: str = "") -> str:
    """Return ``text`` as a documentation comment, or nothing."""
    lines = text.replace("*/", "* /").strip().split("\n")
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n" if lines[0] else ""
    inside = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{inside}{indent} */\n"


if __name__ == "__main__":
    TARGET.write_text(typescript(), encoding="utf-8")
