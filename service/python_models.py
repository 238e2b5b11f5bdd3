"""The Python client's models, written from the server's: ``python -m service.python_models``.

Knows the part of JSON Schema that pydantic uses, as ``typescript`` does for the browser.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from jobs.access import KeyResource, KeyWithSecret
from jobs.audit.log import AuditEntryResource
from jobs.batches import BatchResource
from jobs.bulk import BulkResource
from jobs.inbox import InboxEntryResource, ReadResult
from jobs.models.state import State
from jobs.queues import QueuesResource, StatsResource
from jobs.resource import JobResource, Resource
from jobs.schedules.resource import SchedulePreview, ScheduleResource
from jobs.webhooks.resource import DeliveryResource, WebhookResource, WebhookWithSecret
from service.routes.batches import BatchJob
from service.routes.kinds import KindResource
from service.routes.session import SessionResource, TicketResource
from service.routes.uploads import UploadResource

Json = Any
TARGET = Path(__file__).with_name("client") / "models.py"
MODELS: tuple[type[Resource], ...] = (
    BatchJob,
    AuditEntryResource,
    BatchResource,
    BulkResource,
    DeliveryResource,
    InboxEntryResource,
    JobResource,
    KeyResource,
    KeyWithSecret,
    KindResource,
    QueuesResource,
    ReadResult,
    SchedulePreview,
    ScheduleResource,
    SessionResource,
    StatsResource,
    TicketResource,
    UploadResource,
    WebhookResource,
    WebhookWithSecret,
)
HEAD = '''"""What the API answers, as frozen objects.

Written by ``python -m service.python_models`` from the models of the server; do not edit.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from service.client.document import Document
'''
NAMES = {"State": "JobState"}
PLAIN = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "date-time": "datetime",
}


def python_models() -> str:
    """Return the text of the file."""
    wanted = [(model, "serialization") for model in MODELS]
    _, found = models_json_schema(wanted, ref_template="{model}")  # type: ignore[arg-type]  # a literal
    schemas = found["$defs"]
    plain = [name for name in schemas if "properties" not in schemas[name]]
    parts = [HEAD, *(alias(name, schemas[name]) for name in sorted(plain)), final()]
    parts += ["\n" + declaration(n, schemas[n]) for n in sorted(schemas) if n not in plain]
    return formatted("\n".join(parts))


def alias(name: str, schema: Json) -> str:
    """Return a type that is no model, with what it is."""
    text = schema.get("description", "").split("\n")[0]
    return f'{NAMES.get(name, name)} = {type_of(schema)}\n"""{text}"""'


def final() -> str:
    """Return the states that end a job."""
    names = ", ".join(json.dumps(state.value) for state in State if state.final)
    text = "The states that end a job, until somebody retries it."
    return f'FINAL: frozenset[JobState] = frozenset({{{names}}})\n"""{text}"""'


def declaration(name: str, schema: Json) -> str:
    """Return one model as a class."""
    lines = [f"class {name}(Document):", *docstring(schema.get("description", name)), ""]
    lines += ["    __slots__ = ()", ""]
    for field, kind in schema["properties"].items():
        lines += [f"    {field}: {type_of(kind)}", *docstring(kind.get("description", ""))]
    return "\n".join(lines)


def docstring(text: str) -> Iterable[str]:
    """Yield the lines of a docstring; none for no text."""
    if not text:
        return
    first, _, rest = text.strip().partition("\n")
    end = "" if first.endswith((".", "!", "?")) else "."
    yield f'    """{first}{end}{rest and chr(10) + rest + chr(10) + "    "}"""'


def type_of(schema: Json) -> str:
    """Return the type that ``schema`` describes."""
    if "$ref" in schema:
        return NAMES.get(schema["$ref"], str(schema["$ref"]))
    if "const" in schema or "enum" in schema:
        return f"Literal[{', '.join(map(json.dumps, schema.get('enum', [schema.get('const')])))}]"
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(type_of, schema["anyOf"])))
    kind = schema.get("type", "")
    made = {"array": list_of, "object": mapping_of}.get(kind)
    return made(schema) if made else PLAIN.get(schema.get("format", kind), PLAIN.get(kind, "Any"))


def list_of(schema: Mapping[str, Json]) -> str:
    """Return the type of a list, which is frozen too."""
    return f"tuple[{type_of(schema.get('items', {}))}, ...]"


def mapping_of(schema: Mapping[str, Json]) -> str:
    """Return the type of an object whose keys are data."""
    values = schema.get("additionalProperties", True)
    return f"dict[str, {type_of(values) if isinstance(values, dict) else 'Any'}]"


def formatted(text: str) -> str:
    """Return Python as the formatter of this repository leaves it."""
    command = [sys.executable, "-m", "ruff", "format", "-", "--stdin-filename", str(TARGET)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    TARGET.write_text(python_models(), encoding="utf-8")
