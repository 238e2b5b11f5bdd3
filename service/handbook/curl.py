"""The line that calls an operation from a shell."""

import json
from typing import Final
from urllib.parse import quote

from service.documents import Json
from service.handbook.schema import SAMPLES, Schemas, name_of

BASE: Final = "http://127.0.0.1:8000"
IN_PATHS: Final = {
    "id": SAMPLES["uuid"],
    "event_id": SAMPLES["uuid"],
    "key": "mornings",
    "kind": "context_scraping",
    "name": "default",
    "token": "TOKEN",
}
BODIES: Final[dict[str, Json]] = {
    "ScheduleRequest": {
        "kind": "context_scraping",
        "args": {"url": "https://example.com/"},
        "cron": "30 8 * * MON-FRI",
    },
    "ScheduleChange": {"paused": True},
    "BulkRequest": {"action": "retry", "filter": {"state": ["failed"]}},
    "ReadRequest": {"all": True},
    "WebhookRequest": {"url": "https://example.com/hook", "events": ["job.failed"]},
}
"""Bodies that say more than the least that is required."""
FORM: Final = "multipart/form-data"
JSON: Final = "application/json"


def curl(method: str, path: str, operation: Json, schemas: Schemas) -> str:
    """Return a command that can be pasted; it reads the token from JOBCAST_TOKEN."""
    query = required_query(operation, schemas)
    address = f"{BASE}{filled(path)}{query}"
    words = [f"curl {flags(method)}" + (f'"{address}"' if query else address)]
    if operation.get("security") != []:
        words.append('-H "Authorization: Bearer $JOBCAST_TOKEN"')
    words += body_words(operation, schemas)
    return " \\\n  ".join(words)


def flags(method: str) -> str:
    """Return how a method is asked for."""
    return "" if method == "get" else f"-X {method.upper()} "


def filled(path: str) -> str:
    """Return a path with something in each of its places."""
    for name, value in IN_PATHS.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def required_query(operation: Json, schemas: Schemas) -> str:
    """Return the part of the query that cannot be left out."""
    wanted = [
        p for p in operation.get("parameters", ()) if p["in"] == "query" and p.get("required")
    ]
    pairs = [f"{p['name']}={quote(str(sample_of(p, schemas)))}" for p in wanted]
    return f"?{'&'.join(pairs)}" if pairs else ""


def sample_of(parameter: Json, schemas: Schemas) -> object:
    """Return a value for a parameter; a stream's channel is one's own."""
    if parameter["name"] == "channel":
        return "me"
    return schemas.sample(parameter["schema"], parameter["name"])


def body_words(operation: Json, schemas: Schemas) -> list[str]:
    """Return what a command needs to send a body."""
    content = operation.get("requestBody", {}).get("content", {})
    if FORM in content:
        return ["-F file=@outline.pdf"]
    if JSON not in content:
        return []
    body = json.dumps(example(operation, schemas), ensure_ascii=False).replace("'", r"'\''")
    return [f'-H "Content-Type: {JSON}"', f"-d '{body}'"]


def example(operation: Json, schemas: Schemas) -> object:
    """Return a body that the operation takes."""
    model = request_model(operation["requestBody"]["content"][JSON]["schema"])
    return BODIES.get(name_of(model.get("$ref", ""))) or schemas.sample(model)


def request_model(schema: Json) -> Json:
    """Return the model of a body; a submission's is the same for every kind."""
    found: Json = schema["oneOf"][0]["allOf"][0] if "oneOf" in schema else schema
    return found
