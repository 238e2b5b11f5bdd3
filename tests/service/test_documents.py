"""The generated OpenAPI document: valid, complete, and true about the routes."""

import json
from typing import Any

import httpx2
import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.routes import TABLE
from service.streams import STREAMS
from tests.service.conftest import As, Headers


@pytest.fixture
async def document(client: httpx2.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_the_document_is_valid_openapi_31(document: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


async def test_every_route_is_described_and_nothing_else(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }

    streams = {("GET", path) for path in STREAMS}
    assert described == {(method, path) for method, path, _ in TABLE} | streams


async def test_operations_have_names_of_their_own_and_say_what_they_do(
    document: dict[str, Any],
) -> None:
    operations = [
        operation
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]

    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)


async def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for piece in json.dumps(document).split('"$ref": "#/')[1:]:
        target: Any = document
        for step in piece.split('"')[0].split("/"):
            target = target[step]


async def test_every_kind_is_an_alternative_of_the_submission(document: dict[str, Any]) -> None:
    body = document["paths"]["/api/jobs"]["post"]["requestBody"]["content"]["application/json"]

    named = {alternative["title"] for alternative in body["schema"]["oneOf"]}
    assert {"course_timeline_parsing", "context_scraping", "echo", "say"} <= named


async def test_real_answers_fit_the_document(
    client: httpx2.AsyncClient, ann: Headers, document: dict[str, Any]
) -> None:
    made = await client.post("/api/jobs", json={"kind": "echo"}, headers=ann)
    job = made.json()["links"]["self"]
    calls = [
        ("post", "/api/jobs", made),
        ("get", "/api/jobs", await client.get("/api/jobs", headers=ann)),
        ("get", "/api/jobs/{id}", await client.get(job, headers=ann)),
        ("get", "/api/jobs/{id}/events", await client.get(job + "/events", headers=ann)),
        ("get", "/api/kinds", await client.get("/api/kinds", headers=ann)),
        ("get", "/api/session", await client.get("/api/session", headers=ann)),
        ("post", "/api/tickets", await client.post("/api/tickets", headers=ann)),
        ("get", "/readyz", await client.get("/readyz")),
        ("get", "/api/jobs", await client.get("/api/jobs")),
        ("get", "/api/jobs", await client.get("/api/jobs?limit=x", headers=ann)),
    ]

    for call in calls:
        check(document, *call)


async def test_answers_about_batches_and_queues_fit_the_document(
    client: httpx2.AsyncClient, ann: Headers, as_user: As, document: dict[str, Any]
) -> None:
    root = as_user("root", "jobs:read jobs:write admin")
    echo = {"kind": "echo", "unique_key": "u"}
    key = {"Idempotency-Key": "k"}

    async def call(
        method: str, path: str, body: Any = None, who: Headers = ann, **filled: str
    ) -> httpx2.Response:
        answer = await client.request(method, path.format(**filled), json=body, headers=who)
        check(document, method.lower(), path, answer)
        return answer

    job = (await call("POST", "/api/jobs", echo)).json()
    assert (await call("POST", "/api/jobs", echo)).status_code == 200
    batch = (await call("POST", "/api/jobs/batch", {"jobs": [echo]}, ann | key)).json()
    refusals = [
        await call("POST", "/api/jobs/batch", {"jobs": []}, ann | key),
        await call("POST", "/api/jobs/batch", {"jobs": [echo] * 2}, ann | key),
        await call("POST", "/api/jobs", echo, ann | {"Idempotency-Key": ""}),
        await call("POST", "/api/jobs/{id}/input", {}, id=job["id"]),
        await call("GET", "/api/batches/{id}", id=job["id"]),
        await call("POST", "/api/bulk", {}),
        await call("POST", "/api/queues/{name}/pause", name="default"),
        await call("POST", "/api/queues/{name}/pause", who=root, name="nothing"),
    ]
    for verb in ("cancel", "retry"):
        await call("POST", "/api/batches/{id}/" + verb, id=batch["id"])
    await call("GET", "/api/batches/{id}", id=batch["id"])
    await call("POST", "/api/bulk", {"action": "delete", "filter": {}})
    for verb in ("pause", "resume"):
        await call("POST", "/api/queues/{name}/" + verb, who=root, name="default")
    await call("GET", "/api/queues")
    await call("GET", "/api/stats")

    assert [a.status_code for a in refusals] == [422, 422, 400, 409, 404, 422, 403, 404]


def check(document: dict[str, Any], method: str, path: str, answer: httpx2.Response) -> None:
    """Fail when an answer is not as the document describes it."""
    described = document["paths"][path][method]["responses"][str(answer.status_code)]
    if "$ref" in described:
        described = document["components"]["responses"][described["$ref"].split("/")[-1]]
    media_type = answer.headers["content-type"].partition(";")[0]
    schema = {**described["content"][media_type]["schema"], "components": document["components"]}
    jsonschema.validate(answer.json(), schema)
