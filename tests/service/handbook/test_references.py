"""What is generated says everything there is: operations, fields, messages, codes."""

import re
from pathlib import Path
from typing import Any

import jsonschema

from jobs.processor import Registry
from jobs.processors import PROCESSORS
from realtime.close_codes import CLOSE_CODES
from service.asyncapi import asyncapi
from service.documents import openapi
from service.errors import CODES
from service.handbook.curl import IN_PATHS, JSON, example
from service.handbook.http import HttpReference, anchor
from service.handbook.markdown import parts_of
from service.handbook.messages import realtime_reference
from service.handbook.problems import OF_STATUS, codes_of, problems
from service.handbook.schema import Schemas
from service.routes import TABLE

ROOT = Path(__file__).parents[3]
DOCUMENT = openapi(TABLE, Registry.load(PROCESSORS, []))
REFERENCE = HttpReference(DOCUMENT, TABLE)
PAGES = {name: REFERENCE.page(name) or "" for name in REFERENCE.resources}
OPERATIONS = [
    (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
]
WITH_BODY = [
    operation
    for _, _, operation in OPERATIONS
    if JSON in operation.get("requestBody", {}).get("content", {})
]
RAISED = re.compile(r"Problem\([^()]*(?:\([^()]*\)[^()]*)*?code=\"(\w+)\"", re.DOTALL)


def test_every_operation_is_told_with_a_line_that_calls_it() -> None:
    for method, path, operation in OPERATIONS:
        called = f"{method.upper()} {path}"
        section = PAGES[operation["tags"][0]].split(f"`{called}`")[1].split("\n## ")[0]

        assert re.search(r" – (needs \[`|any caller|nobody)", section), called
        assert f"curl {'' if method == 'get' else f'-X {method.upper()} '}" in section, called
        assert ("$JOBCAST_TOKEN" in section) is (operation.get("security") != []), called
        assert all(f"(/docs/problems#{s})" in section for s in refused(operation)), called
        assert f"{operation['tags'][0]}#{anchor(operation)}" in REFERENCE.overview(), called


def refused(operation: dict[str, Any]) -> list[str]:
    return [status for status, answer in operation["responses"].items() if "$ref" in answer]


def test_every_place_in_a_path_has_something_to_put_there() -> None:
    places = {place for path in DOCUMENT["paths"] for place in re.findall(r"\{(\w+)\}", path)}

    assert places <= set(IN_PATHS)


def test_the_body_of_every_example_fits_its_schema() -> None:
    for operation in WITH_BODY:
        schema = operation["requestBody"]["content"][JSON]["schema"]

        body = example(operation, Schemas(DOCUMENT["components"]["schemas"]))

        jsonschema.validate(body, {**schema, "components": DOCUMENT["components"]})


def test_links_inside_a_reference_lead_somewhere() -> None:
    for name, text in PAGES.items():
        anchors = {part.heading.anchor for part in parts_of(text)}

        assert set(re.findall(r"\(#([\w.-]+)\)", text)) <= anchors, name


def test_the_realtime_reference_tells_every_message_and_every_code() -> None:
    document = asyncapi()
    text = realtime_reference(document)

    anchors = {part.heading.anchor for part in parts_of(text)}
    assert set(re.findall(r"\(#([\w.-]+)\)", text)) <= anchors
    for name in document["components"]["messages"]:
        assert f"### {re.sub(r'^(socket.server|socket.client|stream|poll).', '', name)}\n" in text
    for code in CLOSE_CODES:
        assert f"| {code.number} | `{code.name}` |" in text


def test_every_code_that_is_raised_is_told() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "service").rglob("*.py")]
    raised = {code for source in sources for code in RAISED.findall(source)}

    told = set(re.findall(r"^### (\w+)$", problems(), re.MULTILINE))
    assert {"malformed_json", "bad_signature"} < raised <= told
    assert set(CODES.values()) <= told


def test_every_status_and_every_code_has_a_sentence() -> None:
    for status in CODES:
        assert OF_STATUS[status]
        assert all(sentence and "\n" not in sentence for sentence in codes_of(status).values())
