"""``jobcast kinds``: what can be submitted, and with which args."""

import sys
from collections.abc import Iterable
from typing import Annotated

import orjson
import typer
from rich.table import Table

from service.commands.connection import Token, Url, connect
from service.commands.terminal import clean, out
from service.remote import Json


def kinds(
    kind: Annotated[str | None, typer.Argument(help="One kind, in full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With the JSON Schemas.")] = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List the kinds of job, or show one with its args."""
    with connect(url, token) as remote:
        found = remote.kind(kind) if kind else remote.kinds()
    if as_json:
        sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")
    elif kind:
        describe(found)
    else:
        out().print(table_of(found))


def table_of(found: Iterable[Json]) -> Table:
    """Return the kinds with the first line of what they say of themselves."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("kind", no_wrap=True)
    table.add_column("does")
    for kind in found:
        table.add_row(kind["kind"], clean(str(kind.get("description", ""))).split("\n", 1)[0])
    return table


def describe(kind: Json) -> None:
    """Print one kind: its words, a line for each arg, and how to submit it."""
    console, schema = out(), kind.get("args") or {}
    console.print(f"{kind['kind']}\n{clean(str(kind.get('description', '')))}\n", soft_wrap=True)
    if kind.get("cron"):
        console.print(f"By itself: {kind['cron']} (UTC)\n", soft_wrap=True)
    console.print(args_table(schema))
    for example in (schema.get("examples") or [])[:1]:
        shown = orjson.dumps(example).decode().replace("'", "'\\''")
        console.print(f"\njobcast submit {kind['kind']} --watch --args '{shown}'", soft_wrap=True)


def args_table(schema: Json) -> Table:
    """Return the fields of an args schema."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("arg", "type", "", "meaning"):
        table.add_column(column, no_wrap=column == "arg")
    required = set(schema.get("required") or [])
    for name, field in (schema.get("properties") or {}).items():
        need = "required" if name in required else default_of(field)
        table.add_row(name, type_of(field), need, clean(str(field.get("description", ""))))
    return table


def type_of(field: Json) -> str:
    """Return a field's type in a word: ``string (uuid)``, ``integer or null``."""
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " or ".join(type_of(option) for option in options)
    if field.get("enum"):
        return " | ".join(str(value) for value in field["enum"])
    shape = f" ({field['format']})" if field.get("format") else ""
    return f"{field.get('type', 'object')}{shape}"


def default_of(field: Json) -> str:
    """Return what holds when the arg is left out."""
    default = field.get("default")
    return "" if default is None else f"default {orjson.dumps(default).decode()}"
