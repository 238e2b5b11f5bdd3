"""What the API's document says of the streams, whose routes live in ``realtime``."""

from typing import Any

TEXT = {"type": "string"}
CHANNEL = {
    "name": "channel",
    "in": "query",
    "description": "`me` (all my jobs), `job:<id>`, `batch:<id>` or `org:<id>`; repeat it for several",
    "required": True,
    "schema": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 8},
}


def query(name: str, text: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return one query parameter."""
    return {"name": name, "in": "query", "description": text, "schema": schema or TEXT}


def problems(*statuses: int) -> dict[str, Any]:
    """Return references to the common errors."""
    return {str(s): {"$ref": f"#/components/responses/Problem{s}"} for s in statuses}


EVENTS = {
    "operationId": "listen",
    "summary": "Listen to channels as Server-Sent Events",
    "description": (
        "`event: welcome`, a `snapshot` per channel if asked for, then events whose `id` is a cursor "
        "to resume from. `gap` is followed by a snapshot; `bye` comes before a planned close."
    ),
    "tags": ["streams"],
    "security": [{"bearer": []}, {"session": []}, {}],
    "parameters": [
        CHANNEL,
        query("snapshot", "`1`: begin with the state of each channel", {"enum": ["0", "1"]}),
        query("cursor", "Go on after this place; the header Last-Event-ID goes before it"),
        query("ticket", "A ticket, where no header can be sent"),
        {"name": "Last-Event-ID", "in": "header", "schema": TEXT},
    ],
    "responses": {
        "200": {"description": "The stream", "content": {"text/event-stream": {"schema": TEXT}}},
        "204": {"description": "Nothing more will ever come"},
        **problems(400, 401, 403, 404, 429, 503),
    },
}
POLL = {
    "operationId": "poll",
    "summary": "Listen to channels by long polls",
    "description": (
        "For where streams do not come through. Without `cursor` the answer comes at once, with a "
        "snapshot of each channel; with the `cursor` of the answer before, as soon as there is news."
    ),
    "tags": ["streams"],
    "security": [{"bearer": []}, {"session": []}, {}],
    "parameters": [
        CHANNEL,
        query("cursor", "What the answer before gave"),
        query(
            "wait",
            "How many seconds to wait for news",
            {"type": "number", "minimum": 0, "maximum": 25, "default": 25},
        ),
        query("ticket", "A ticket, where no header can be sent"),
    ],
    "responses": {
        "200": {
            "description": "What is new; nothing, when the wait is over",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/PollAnswer"}}
            },
        },
        "204": {"description": "Nothing more will ever come"},
        **problems(400, 401, 403, 404, 429, 503),
    },
}
SOCKET = {
    "operationId": "connect",
    "summary": "Listen to channels over a WebSocket",
    "description": (
        "Offer the subprotocol `jobcast.v1` and, without a cookie, `ticket.<ticket>`. Frames are JSON; "
        "`hello {subs: [{channel, since?}]}` comes first, within 10 seconds."
    ),
    "tags": ["streams"],
    "security": [{"bearer": []}, {"session": []}, {}],
    "responses": {"101": {"description": "Connected"}, **problems(403)},
}
STREAMS: dict[str, dict[str, Any]] = {
    "/api/events": {"get": EVENTS},
    "/api/events/poll": {"get": POLL},
    "/api/ws": {"get": SOCKET},
}
