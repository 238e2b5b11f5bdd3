"""The AsyncAPI 3.0 document of the three ways to listen, made from the models of ``messages``."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from inspect import getdoc
from typing import Any, get_args

from jobs.version import VERSION
from realtime.close_codes import CLOSE_CODES
from realtime.websocket import SUBPROTOCOL, TICKET
from service.documents import SECURITY
from service.messages import (
    ANSWERS,
    CLIENT_FRAMES,
    ERROR_CODES,
    EVENTS,
    NOTICES,
    REFERENCE,
    SERVER_FRAMES,
    Json,
    Model,
    PollAnswer,
    schemas,
)
from service.streams import STREAMS

DESCRIPTION = """Hear what becomes of jobs: over one WebSocket, as Server-Sent Events, or by long polls.

All three tell the same events and resume from the same places. docs/realtime.md tells the rules.
Leave alone what you do not know: fields, messages and events are added without a new version.
"""
SOCKET, STREAM, POLL = "socket", "stream", "poll"
Messages = Mapping[str, tuple[Model, ...]]


def asyncapi() -> Json:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Jobcast realtime", "version": VERSION, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {SOCKET: server("wss"), "http": server("https")},
        "channels": CHANNELS,
        "operations": {**socket_operations(), **http_operations()},
        "components": {
            "schemas": schemas(),
            "messages": messages(),
            "securitySchemes": SCHEMES,
        },
        "x-close-codes": [asdict(code) for code in CLOSE_CODES],
        "x-error-codes": [{"code": code, "text": text} for code, text in ERROR_CODES.items()],
    }


def server(protocol: str) -> Json:
    """Return a server that speaks ``messages``."""
    return {
        "host": "{host}",
        "protocol": protocol,
        "description": "Without TLS, on your own machine, `ws` and `http`.",
        "variables": {"host": {"default": "localhost:8000", "description": "Where Jobcast runs"}},
    }


SCHEMES: Json = {
    "bearer": SECURITY["bearer"] | {"description": "A JWT or an API key"},
    "session": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": SECURITY["session"]["name"],
        "description": "The session of a page; its Origin must be allowed",
    },
    "ticket": {
        "type": "httpApiKey",
        "in": "query",
        "name": "ticket",
        "description": "From POST /api/tickets; lives 30 s, works once",
    },
    "ticketProtocol": {
        "type": "httpApiKey",
        "in": "header",
        "name": "Sec-WebSocket-Protocol",
        "description": f"`{SUBPROTOCOL}, {TICKET}<ticket>`",
    },
}
HANDSHAKE: Json = {
    "type": "object",
    "required": ["Sec-WebSocket-Protocol"],
    "properties": {
        "Sec-WebSocket-Protocol": {
            "type": "string",
            "description": (
                f"`{SUBPROTOCOL}`, and `{TICKET}<ticket>` after it where there is neither a token nor "
                f"a session; the server picks `{SUBPROTOCOL}`"
            ),
        },
        "Origin": {"type": "string", "description": "Sent by browsers; must be an allowed one"},
    },
}


def reference(*steps: str) -> Json:
    """Return a reference to a part of the document."""
    return {"$ref": "#/" + "/".join(steps)}


def secured(*schemes: str) -> list[Json]:
    """Return the ways to say who you are, one of which is enough."""
    return [reference("components", "securitySchemes", name) for name in schemes]


def sides() -> Iterable[tuple[str, str, Messages]]:
    """Yield each group of messages: its channel, what its names begin with, and the messages."""
    yield SOCKET, "server.", SERVER_FRAMES
    yield SOCKET, "client.", {kind: (model,) for kind, model in CLIENT_FRAMES.items()}
    yield STREAM, "", {**NOTICES, **{model.__name__: (model,) for model in EVENTS}}
    yield POLL, "", {"answer": (PollAnswer,)}


def messages() -> Json:
    """Return every message of every channel."""
    return {
        f"{channel}.{prefix}{name}": message(name, models)
        for channel, prefix, group in sides()
        for name, models in group.items()
    }


def message(name: str, models: tuple[Model, ...]) -> Json:
    """Return one message; ``models`` are what it can look like."""
    payloads = [{"$ref": REFERENCE.format(model=model.__name__)} for model in models]
    found: Json = {"name": name, "title": title(name, models[0])}
    if len(models) == 1:
        summary, _, more = (getdoc(models[0]) or "").partition("\n")
        found |= {"payload": payloads[0], "summary": summary}
        found |= {"description": more.strip()} if more else {}
    else:
        found["payload"] = {"anyOf": payloads}
    if "i" in models[0].model_fields:
        found["correlationId"] = {"location": "$message.payload#/i"}
    return found


def title(name: str, model: Model) -> str:
    """Return what a message is called on the wire: an event by its types, all else by its name."""
    kind = model.model_fields.get("type")
    return ", ".join(get_args(kind.annotation)) if kind and get_args(kind.annotation) else name


def channel(address: str, name: str, text: str, server_name: str, **more: Any) -> Json:
    """Return a channel with all of its messages."""
    inside = {
        f"{prefix}{one}": reference("components", "messages", f"{name}.{prefix}{one}")
        for channel_name, prefix, group in sides()
        if channel_name == name
        for one in group
    }
    return {
        "address": address,
        "description": text,
        "servers": [reference("servers", server_name)],
        "messages": inside,
        **more,
    }


CHANNELS: Json = {
    SOCKET: channel(
        "/api/ws",
        SOCKET,
        "A WebSocket: text frames, each one JSON object or an array of them; `t` names the message.",
        SOCKET,
        bindings={"ws": {"method": "GET", "headers": HANDSHAKE, "bindingVersion": "0.1.0"}},
    ),
    STREAM: channel(
        "/api/events",
        STREAM,
        "Server-Sent Events. Messages are named by `event:`, those about jobs by the event's type.",
        "http",
    ),
    POLL: channel(
        "/api/events/poll", POLL, "Long polls, for where streams do not come through.", "http"
    ),
}


def socket_operations() -> Json:
    """Return what the server sends and takes over a WebSocket, each request with its answers."""
    told = [kind for kind in SERVER_FRAMES if not any(kind in kinds for kinds in ANSWERS.values())]
    found = {"tell": operation("send", SOCKET, [f"server.{kind}" for kind in told])}
    for kind in CLIENT_FRAMES:
        found[f"take_{kind}"] = operation("receive", SOCKET, [f"client.{kind}"])
        if kind in ANSWERS:
            found[f"take_{kind}"]["reply"] = {
                "channel": reference("channels", SOCKET),
                "messages": of(SOCKET, [f"server.{answer}" for answer in ANSWERS[kind]]),
            }
    for each in found.values():
        each["security"] = secured("bearer", "session", "ticketProtocol")
    return found


def http_operations() -> Json:
    """Return what the server sends as a stream and as an answer."""
    found = {}
    for name, of_channel in (("stream_events", STREAM), ("answer_poll", POLL)):
        inside = list(CHANNELS[of_channel]["messages"])
        found[name] = operation("send", of_channel, inside) | {
            "bindings": {"http": query_of(CHANNELS[of_channel]["address"])},
            "security": secured("bearer", "session", "ticket"),
        }
    return found


def operation(action: str, of_channel: str, names: list[str]) -> Json:
    """Return what the server does with messages of a channel."""
    return {
        "action": action,
        "channel": reference("channels", of_channel),
        "messages": of(of_channel, names),
    }


def of(of_channel: str, names: list[str]) -> list[Json]:
    """Return references to messages of a channel."""
    return [reference("channels", of_channel, "messages", name) for name in names]


def query_of(address: str) -> Json:
    """Return the query of a request, as the OpenAPI document tells it."""
    asked = [p for p in STREAMS[address]["get"]["parameters"] if p["in"] == "query"]
    properties = {p["name"]: p["schema"] | {"description": p["description"]} for p in asked}
    query = {"type": "object", "required": ["channel"], "properties": properties}
    return {"method": "GET", "query": query, "bindingVersion": "0.3.0"}
