"""``jobcast kinds``: what can be submitted, and with which args."""

from collections.abc import Iterable
from typing import Annotated

import orjson
import typer
from rich.table import Table

from service.client.models import KindResource
from service.client.request import Json
from service.commands.completing import kind_names
from service.commands.connection import Token, Url, connect
from service.commands.terminal import AsJson, clean, out, show_json, table


def kinds(
    kind: Annotated[
        str | None, typer.Argument(help="One kind, in full.", autocompletion=kind_names)
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    token: Token = None,
) -> None:
    """List the kinds of job, or show one with its args."""
    with connect(url, token) as jobcast:
        found = (jobcast.kind(kind),) if kind else jobcast.kinds()
    if as_json:
        show_json(found[0].raw if kind else [one.raw for one in found])
    elif kind:
        describe(found[0])
    else:
        out().print(table_of(found))


def table_of(found: Iterable[KindResource]) -> Table:
    """Return the kinds with the first line of what they say of themselves."""
    made = table(("kind", "does"), folds=["does"])
    for kind in found:
        made.add_row(kind.kind, clean(kind.description).split("\n", 1)[0])
    return made


def describe(kind: KindResource) -> None:
    """Print one kind: its words, a line for each arg, and how to submit it."""
    console, schema = out(), kind.args
    console.print(f"{kind.kind}\n{clean(kind.description)}\n", soft_wrap=True)
    if kind.cron:
        console.print(f"By itself: {kind.cron} (UTC)\n", soft_wrap=True)
    console.print(args_table(schema))
    for example in (schema.get("examples") or [])[:1]:
        shown = orjson.dumps(example).decode().replace("'", "'\\''")
        console.print(f"\njobcast submit {kind.kind} --watch --args '{shown}'", soft_wrap=True)


def args_table(schema: Json) -> Table:
    """Return the fields of an args schema."""
    made = table(("arg", "type", "", "meaning"), folds=("type", "", "meaning"))
    required = set(schema.get("required") or [])
    for name, field in (schema.get("properties") or {}).items():
        need = "required" if name in required else default_of(field)
        made.add_row(name, type_of(field), need, clean(str(field.get("description", ""))))
    return made


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
