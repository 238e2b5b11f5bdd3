"""The reference of the HTTP API, as Markdown: every operation of the OpenAPI document."""

from collections.abc import Iterable, Iterator
from typing import Final

from service.documents import Json
from service.handbook.curl import JSON, curl, request_model
from service.handbook.schema import REQUIRED, Schemas, name_of
from service.handbook.tables import cell, table
from service.operations import Table

METHODS: Final = ("get", "post", "put", "patch", "delete")
STREAM_SCOPES: Final = {"streams": "jobs:read"}
PROBLEM: Final = "Problem"
PAGES: Final = "/docs"


class HttpReference:
    """The document cut by resource. ``scopes`` tells what each operation needs, by its place."""

    def __init__(self, document: Json, table: Table) -> None:
        self._schemas = Schemas(document["components"]["schemas"])
        self._scopes = {(method.lower(), path): found.scope for method, path, found in table}
        self._by_resource: dict[str, list[tuple[str, str, Json]]] = {}
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    found = self._by_resource.setdefault(item[method]["tags"][0], [])
                    found.append((method, path, item[method]))

    @property
    def resources(self) -> list[str]:
        """Return the names of the resources, each of which has a page."""
        return sorted(self._by_resource, key=lambda name: (name == "service", name))

    def overview(self) -> str:
        """Return the list of all operations."""
        rows = [
            (
                f"`{method.upper()} {path}`",
                f"[{said(operation)}]({PAGES}/http/{name}#{anchor(operation)})",
            )
            for name in self.resources
            for method, path, operation in self._by_resource[name]
        ]
        lines = ["", "## Every operation", "", "As a document: [openapi.json](/openapi.json).", ""]
        return "\n".join([*lines, *table(("Call", "What it does"), rows), ""])

    def page(self, resource: str) -> str | None:
        """Return the page of a resource; None when there is no such resource."""
        if resource not in self._by_resource:
            return None
        lines = [f"# {resource.replace('-', ' ').capitalize()}", ""]
        lines += [f"How to call, errors and paging: [the HTTP API]({PAGES}/http).", ""]
        for method, path, operation in self._by_resource[resource]:
            lines += self._operation(method, path, operation)
        return "\n".join([*lines, *self._objects(resource)])

    def _operation(self, method: str, path: str, operation: Json) -> Iterator[str]:
        yield from (f"## {spoken(operation['operationId'])}", "")
        yield from (f"`{method.upper()} {path}`{self._needs(method, path, operation)}", "")
        yield from (f"{cell(operation['summary'])}. {described(operation)}", "")
        yield from self._parameters(operation)
        yield from self._body(operation)
        yield from self._answers(operation)
        yield from ("```sh", curl(method, path, operation, self._schemas), "```", "")

    def _needs(self, method: str, path: str, operation: Json) -> str:
        scope = self._scopes.get((method, path), STREAM_SCOPES.get(operation["tags"][0]))
        if scope is None:
            return " – nobody has to say who they are"
        return f" – needs [`{scope}`]({PAGES}/access#scopes)" if scope else " – any caller"

    def _parameters(self, operation: Json) -> Iterator[str]:
        rows = [
            (
                f"`{each['name']}`",
                f"{each['in']}, {self._schemas.spoken(each['schema'])}",
                self._schemas.meaning(
                    {"description": each.get("description", ""), **each["schema"]},
                    required=each.get("required", False),
                ),
            )
            for each in operation.get("parameters", ())
        ]
        if rows:
            yield from (*table(("Parameter", "Takes", "Meaning"), rows), "")

    def _body(self, operation: Json) -> Iterator[str]:
        for media_type, body in operation.get("requestBody", {}).get("content", {}).items():
            rows = self._fields(request_model(body["schema"]))
            if rows:
                yield from (*table((f"Body, `{media_type}`", "Takes", "Meaning"), rows), "")
            else:
                yield from (f"Body: `{media_type}`, as it is.", "")

    def _fields(self, schema: Json) -> list[tuple[str, str, str]]:
        found = self._schemas.fields(schema)
        return [(f"`{name}`", takes, meaning) for name, takes, meaning in found]

    def _answers(self, operation: Json) -> Iterator[str]:
        rows, problems = [], []
        for status, answer in operation["responses"].items():
            if "$ref" in answer:
                problems.append(
                    f"[{name_of(answer['$ref']).removeprefix(PROBLEM)}]({PAGES}/problems#{status})"
                )
            else:
                rows.append((status, cell(answer["description"]) + self._content(answer)))
        if problems:
            rows.append(("else", f"a [problem]({PAGES}/problems): {', '.join(problems)}"))
        yield from (*table(("Answer", ""), rows), "")

    def _content(self, answer: Json) -> str:
        told = [
            self._schemas.spoken(content["schema"]) if kind == JSON else f"`{kind}`"
            for kind, content in answer.get("content", {}).items()
        ]
        headers = [f"`{name}`" for name in answer.get("headers", ())]
        return "".join(
            [
                f": {' or '.join(told)}" if told else "",
                f"; with {', '.join(headers)}" if headers else "",
            ]
        )

    def _objects(self, resource: str) -> Iterator[str]:
        names = dict.fromkeys(
            name
            for _, _, operation in self._by_resource[resource]
            for name in self._schemas.referred(shown(operation))
        )
        if not names:
            return
        yield from ("## Objects", "")
        for name in names:
            yield from (f"### {name}", "", self._schemas.about(self._schemas.known[name]), "")
            yield from (*table(("Field", "Holds", "Meaning"), self._held(name)), "")

    def _held(self, name: str) -> Iterable[tuple[str, str, str]]:
        for field, takes, meaning in self._fields(self._schemas.known[name]):
            yield field, takes, meaning.removeprefix(REQUIRED).strip()


def shown(operation: Json) -> Json:
    """Return the parts of an operation whose objects its page describes."""
    body = operation.get("requestBody", {}).get("content", {})
    inner = [request_model(each["schema"]) for each in body.values()]
    return {"in": inner, "out": operation["responses"]}


def described(operation: Json) -> str:
    """Return what an operation does beyond its first sentence; the scope has a place of its own."""
    words = str(operation.get("description", "")).replace("``", "`").strip()
    return words.partition("`. ")[2] if words.startswith("Needs the scope") else words


def said(operation: Json) -> str:
    """Return an operation's first sentence."""
    return cell(operation["summary"])


def spoken(name: str) -> str:
    """Return an operation's name as words."""
    return name.replace("_", " ").capitalize()


def anchor(operation: Json) -> str:
    """Return where its page describes an operation."""
    return str(operation["operationId"]).replace("_", "-")
