"""The reference of what can be heard, as Markdown: every message of the AsyncAPI document."""

from collections.abc import Iterator, Sequence
from typing import Final

from service.documents import Json
from service.handbook.schema import REQUIRED, Schemas, name_of
from service.handbook.tables import table

FROM_YOU: Final = "socket.client."
GROUPS: Final = (
    ("Events", "stream.", True),
    ("Stream: notices of the server", "stream.", False),
    ("WebSocket: from you", FROM_YOU, False),
    ("WebSocket: from the server", "socket.server.", False),
    ("Long poll", "poll.", False),
)
THEN: Final = {
    "stop": "stop: coming back would end the same way",
    "back_off": "come back later, and later each time",
    "reconnect": "come back at once",
    "reconnect_after": "come back after `retry_ms`",
}


def realtime_reference(document: Json) -> str:
    """Return every message, field and code."""
    schemas = Schemas(document["components"]["schemas"])
    messages = document["components"]["messages"]
    lines = ["", "As a document: [asyncapi.json](/asyncapi.json).", ""]
    for title, begins, events in GROUPS:
        lines += [f"## {title}", ""]
        for name, message in messages.items():
            short = name.removeprefix(begins)
            if name.startswith(begins) and short[0].isupper() is events:
                lines += said(short, message, schemas, ours=begins != FROM_YOU)
    lines += codes("Close codes", closes(document), ("Code", "Name", "It means", "Then"))
    errors = [(f"`{each['code']}`", each["text"]) for each in document["x-error-codes"]]
    lines += codes("Error codes", errors, ("Code in `err`", "It means"))
    return "\n".join([*lines, *objects(messages, schemas)])


def said(name: str, message: Json, schemas: Schemas, *, ours: bool) -> Iterator[str]:
    """Yield one message: its name, what it is for, its fields; all of what we say is always there."""
    yield from (f"### {name}", "")
    for words in (message.get("summary"), message.get("description")):
        if words:
            yield from (" ".join(str(words).replace("``", "`").split()), "")
    shapes = payloads(message["payload"])
    for shape in shapes:
        if len(shapes) > 1:
            yield from (f"#### {name_of(shape['$ref'])}", "")
        yield from fields(schemas, shape, ours=ours)


def payloads(payload: Json) -> Sequence[Json]:
    """Return the shapes a message may have."""
    found: Sequence[Json] = payload.get("oneOf") or payload.get("anyOf") or [payload]
    return found


def fields(schemas: Schemas, schema: Json, *, ours: bool) -> Iterator[str]:
    """Yield the table of a schema's fields; nothing for one that has none."""
    rows = [
        (f"`{name}`", takes, meaning.removeprefix(REQUIRED).strip() if ours else meaning)
        for name, takes, meaning in schemas.fields(schema)
    ]
    if rows:
        yield from (*table(("Field", "Holds", "Meaning"), rows), "")


def closes(document: Json) -> list[tuple[str, str, str, str]]:
    """Return a row for each close code."""
    return [
        (
            str(code["number"]),
            f"`{code['name']}`",
            code["text"],
            THEN.get(code["then"], code["then"]),
        )
        for code in document["x-close-codes"]
    ]


def codes(title: str, rows: Sequence[Sequence[str]], head: Sequence[str]) -> list[str]:
    """Return a table of codes under a heading."""
    return [f"## {title}", "", *table(head, rows), ""]


def objects(messages: Json, schemas: Schemas) -> Iterator[str]:
    """Yield what the messages hold, and are not messages themselves."""
    own = {
        name_of(payload.get("$ref", ""))
        for message in messages.values()
        for payload in payloads(message["payload"])
    }
    shown = [message["payload"] for message in messages.values()]
    yield from ("## Objects", "")
    for name in schemas.referred({"messages": shown}):
        if name not in own:
            yield from (f"### {name}", "", schemas.about(schemas.known[name]), "")
            yield from fields(schemas, schemas.known[name], ours=True)
