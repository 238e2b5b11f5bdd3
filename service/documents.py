"""The OpenAPI 3.1 document, generated from the route table and the models; nothing is written twice."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from jobs.processor import Kind, Registry
from jobs.version import VERSION
from service.errors import CODES, title
from service.messages import Exact, PollAnswer
from service.operations import Answer, Operation, Table
from service.problem import ProblemDocument
from service.streams import STREAMS

REFERENCE = "#/components/schemas/{model}"
PARAMETER = re.compile(r"\{(\w+)\}")
DESCRIPTION = """Submit jobs, follow them live, read what came of them.

Send `Authorization: Bearer <token>`; browsers use the cookie that `POST /api/session` sets.
What you may not see answers 404, exactly as if it did not exist.
Every error is `application/problem+json`.
"""
Json = dict[str, Any]


def openapi(table: Table, registry: Registry) -> Json:
    """Return the document for ``table`` and the kinds of ``registry``."""
    kinds = list(registry.values())
    schemas, components = model_schemas(table)
    paths: dict[str, Json] = {}
    for method, path, found in table:
        shown = described(method, path, found, schemas)
        paths.setdefault(path, {"parameters": path_parameters(path)})[method.lower()] = shown
    add_kinds(paths["/api/jobs"]["post"], components, kinds)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jobcast", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths | STREAMS,
        "components": {
            "schemas": components,
            "responses": {f"Problem{status}": problem(status) for status in CODES},
            "securitySchemes": SECURITY,
        },
    }


SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT or API key (jc_…)"},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-jobcast"},
}


def model_schemas(table: Table) -> tuple[Mapping[Any, Json], Json]:
    """Return a reference for each model of the table, and the schemas they refer to."""
    incoming = {found.body for _, _, found in table} | {found.query for _, _, found in table}
    outgoing = {answer.model for _, _, found in table for answer in found.answers.values()}
    taken = sorted((m for m in incoming if m), key=lambda m: m.__name__)
    outgoing |= {ProblemDocument, PollAnswer}
    given = sorted((m for m in outgoing if m), key=lambda m: m.__name__)
    references, definitions = models_json_schema(
        [*((m, "validation") for m in taken), *((m, "serialization") for m in given)],
        ref_template=REFERENCE,
        schema_generator=Exact,
    )
    return {model: schema for (model, _), schema in references.items()}, definitions["$defs"]


def described(method: str, path: str, found: Operation, schemas: Mapping[Any, Json]) -> Json:
    """Return one operation object."""
    summary, _, more = found.text.partition("\n")
    shown: Json = {
        "operationId": operation_id(method, path, found),
        "summary": summary.rstrip("."),
        "description": (scope_note(found) + record_note(found) + more.strip()).strip(),
        "tags": [path.split("/")[2] if path.startswith("/api/") else "service"],
        "parameters": [*query_parameters(found), *header_parameters(found)],
        "responses": responses(found, schemas),
    }
    if found.body is not None or found.body_types != ("application/json",):
        shown["requestBody"] = request_body(found, schemas)
    if found.scope is None:
        shown["security"] = []
    return shown


def operation_id(method: str, path: str, found: Operation) -> str:
    """Return the function's name, told apart where one function serves two routes."""
    return found.name if not path.endswith("/cancel") else f"{found.name}_by_{method.lower()}"


def scope_note(found: Operation) -> str:
    """Return the sentence that tells the scope needed."""
    return f"Needs the scope `{found.scope}`. " if found.scope else ""


def record_note(found: Operation) -> str:
    """Return the sentence that tells what the audit log keeps."""
    names = " or ".join(f"`{name}`" for name in found.records)
    return f"Kept in the audit log as {names}. " if names else ""


def path_parameters(path: str) -> list[Json]:
    """Return the parameters in a path."""
    return [
        {"name": name, "in": "path", "required": True, "schema": path_schema(name)}
        for name in PARAMETER.findall(path)
    ]


def path_schema(name: str) -> Json:
    """Return what a path's parameter looks like."""
    return {"type": "string", "format": "uuid"} if name == "id" else {"type": "string"}


def query_parameters(found: Operation) -> Iterable[Json]:
    """Yield the query's parameters."""
    if found.query is None:
        return
    schema = found.query.model_json_schema(ref_template=REFERENCE)
    for name, field in schema["properties"].items():
        yield {"name": name, "in": "query", "schema": field, "explode": True}


def header_parameters(found: Operation) -> Iterable[Json]:
    """Yield the request headers that matter; OpenAPI describes Accept by the answers instead."""
    for name, text in found.headers.items():
        if name != "Accept":
            yield {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}


def request_body(found: Operation, schemas: Mapping[Any, Json]) -> Json:
    """Return what goes in."""
    if found.body is not None:
        content = {"application/json": {"schema": schemas[found.body]}}
        return {"content": content, "required": not found.bodiless}
    return {"content": {kind: {"schema": FILE_BODIES[kind]} for kind in found.body_types}}


FILE_BODIES: Mapping[str, Json] = {
    "multipart/form-data": {
        "type": "object",
        "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        "required": ["file"],
    },
    "application/octet-stream": {"type": "string", "contentMediaType": "application/octet-stream"},
    "application/x-www-form-urlencoded": {"type": "object"},
}


def responses(found: Operation, schemas: Mapping[Any, Json]) -> Json:
    """Return how the operation can end."""
    shown = {str(status): response(answer, schemas) for status, answer in found.answers.items()}
    if "Accept" in found.headers:
        shown["200"].setdefault("content", {})["text/event-stream"] = {"schema": {"type": "string"}}
    denied = () if found.scope is None else (401, 403, 429) if found.scope else (401, 429)
    for status in sorted({*found.problems, *denied, 503}):
        shown.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
    return shown


def response(answer: Answer, schemas: Mapping[Any, Json]) -> Json:
    """Return one good end."""
    shown: Json = {"description": answer.description}
    if answer.model is not None:
        shown["content"] = {answer.media_type: {"schema": schemas[answer.model]}}
    elif answer.media_type != "application/json":
        shown["content"] = {answer.media_type: {"schema": {"type": "string"}}}
    if answer.headers:
        shown["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in answer.headers.items()
        }
    return shown


def problem(status: int) -> Json:
    """Return one bad end."""
    schema = {"$ref": REFERENCE.format(model=ProblemDocument.__name__)}
    return {
        "description": title(status),
        "content": {"application/problem+json": {"schema": schema}},
    }


def add_kinds(submit: Json, components: Json, kinds: Iterable[Kind]) -> None:
    """Describe the args of every kind where jobs are submitted, told apart by ``kind``."""
    alternatives = []
    for kind in kinds:
        name = f"{kind.name}.args"
        schema = kind.args.model_json_schema(ref_template=f"#/components/schemas/{name}.{{model}}")
        for inner, definition in schema.pop("$defs", {}).items():
            components[f"{name}.{inner}"] = definition
        components[name] = schema
        picked = {
            "kind": {"const": kind.name},
            "args": {"$ref": REFERENCE.format(model=name)},
        }
        request = {"$ref": REFERENCE.format(model="JobRequest")}
        alternatives.append(
            {"title": kind.name, "allOf": [request, {"type": "object", "properties": picked}]}
        )
    if alternatives:
        submit["requestBody"]["content"]["application/json"]["schema"] = {"oneOf": alternatives}
