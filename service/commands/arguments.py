"""A job's args from the command line: ``--args`` JSON or ``@file``, and ``key=value`` pairs."""

import re
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import orjson
import typer

from service.client.request import Json

UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
DELAY = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)")


def read_args(text: str | None) -> dict[str, Json]:
    """Return the object given by ``--args``: JSON, ``@path``, or ``@-`` for standard input."""
    if text is None:
        return {}
    try:
        args = orjson.loads(read_file(text[1:]) if text.startswith("@") else text)
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"not JSON: {error}", param_hint="--args") from error
    if not isinstance(args, dict):
        raise typer.BadParameter('must be a JSON object like {"url": "…"}', param_hint="--args")
    return args


def read_file(path: str, hint: str = "--args") -> bytes:
    """Return a file's bytes; ``-`` is standard input."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint=hint) from error


def split_pairs(pairs: Iterable[str], hint: str) -> dict[str, str]:
    """Return ``key=value`` words as a mapping; the value may hold more equal signs."""
    split = [(pair, *pair.partition("=")) for pair in pairs]
    for pair, key, sign, _ in split:
        if not key or not sign:
            raise typer.BadParameter(f"{pair!r} is not key=value", param_hint=hint)
    return {key: value for _, key, _, value in split}


def typed(pairs: dict[str, str], schema: Callable[[], Json]) -> dict[str, Json]:
    """Return the values as JSON where they are JSON and the kind wants no string there.

    ``schema`` is asked only when it matters: ``zip=01234`` is text anyway, ``zip=12345`` may be.
    """
    values = {key: guess(text) for key, text in pairs.items()}
    unsure = [key for key, value in values.items() if not isinstance(value, str)]
    if not unsure:
        return {key: values[key] for key in pairs}
    wanted = schema()
    texts = {key for key in unsure if wants_text(wanted, key, values[key])}
    return {key: pairs[key] if key in texts else values[key] for key in pairs}


def guess(text: str) -> Json:
    """Return what ``text`` is as JSON, or itself."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def wants_text(schema: Json, key: str, value: Json) -> bool:
    """Return whether the field takes a string and no value like this one."""
    field = schema.get("properties", {}).get(key, {}) if isinstance(schema, dict) else {}
    options = field.get("anyOf") or field.get("oneOf") or [field]
    kinds = {name for option in options for name in as_list(option.get("type"))}
    return "string" in kinds and not kinds & json_types(value)


def as_list(kind: Json) -> list[str]:
    """Return a schema's ``type`` as a list; it may be one name, several, or missing."""
    return kind if isinstance(kind, list) else [kind] if kind else []


def json_types(value: Json) -> set[str]:
    """Return the JSON Schema names of a decoded value's type."""
    match value:
        case None:
            return {"null"}
        case bool():
            return {"boolean"}
        case int():
            return {"integer", "number"}
        case float():
            return {"number"}
        case list():
            return {"array"}
        case _:
            return {"object"}


def read_delay(text: str | None, hint: str = "--delay") -> timedelta | None:
    """Return ``90``, ``90s``, ``5m``, ``2h`` or ``1d`` as a duration."""
    if text is None:
        return None
    match = DELAY.fullmatch(text.strip())
    if not match:
        raise typer.BadParameter("write 90, 90s, 5m, 2h or 1d", param_hint=hint)
    return timedelta(**{UNITS[match[2]]: float(match[1])})


def read_jobs(path: str, kind: str | None, options: dict[str, Json]) -> list[Json]:
    """Return the jobs of a file of JSON lines: whole jobs, or with ``kind`` the args of each.

    ``options`` hold for every job that does not say otherwise.
    """
    lines = enumerate(read_file(path, "--batch").decode("utf-8", "replace").splitlines(), 1)
    jobs = [read_job(number, line, kind, options) for number, line in lines if line.strip()]
    if not jobs:
        raise typer.BadParameter("there is no job in it", param_hint="--batch")
    return jobs


def read_job(number: int, line: str, kind: str | None, options: dict[str, Json]) -> Json:
    """Return the job of one line."""
    try:
        read = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(
            f"line {number}: not JSON: {error}", param_hint="--batch"
        ) from error
    if not isinstance(read, dict) or (kind is None and not isinstance(read.get("kind"), str)):
        wanted = 'must be an object like {"kind": "…", "args": {…}}'
        raise typer.BadParameter(f"line {number}: {wanted}", param_hint="--batch")
    return {**options, **(read if kind is None else {"kind": kind, "args": read})}
