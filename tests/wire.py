"""Holds what comes over the wire to the protocol's models: no field more, none less, right formats."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker

from service.messages import CLIENT_FRAMES, NOTICES, SERVER_FRAMES, schemas

FORMATS = FormatChecker(formats=())
MADE_UP = ("AnyEvent", "UserState", "OrgState", "JobState", "BatchState", "JobEphemeral")
"""What the tests of ``realtime`` make up, since that package knows no jobs."""


def is_time(value: object) -> bool:
    return datetime.fromisoformat(str(value)).utcoffset() is not None


def is_uuid(value: object) -> bool:
    return str(UUID(str(value))) == value


FORMATS.checks("date-time", raises=ValueError)(is_time)
FORMATS.checks("uuid", raises=ValueError)(is_uuid)


@cache
def definitions(*, made_up: bool) -> Mapping[str, Any]:
    """Return the schemas of all models, closed; ``made_up``: events and states may be anything."""
    closed = {name: close(schema) for name, schema in schemas("#/$defs/{model}").items()}
    return {**closed, **dict.fromkeys(MADE_UP, True)} if made_up else closed


def close(schema: Any) -> Any:
    """Forbid the fields that a model does not name."""
    if isinstance(schema, list):
        return [close(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(value) for key, value in schema.items()}
    return {"additionalProperties": False, **closed} if is_model(schema) else closed


def is_model(schema: Any) -> bool:
    return schema.get("type") == "object" and "properties" in schema


@cache
def validator(names: tuple[str, ...], *, made_up: bool) -> Draft202012Validator:
    schema = {
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in names],
        "$defs": definitions(made_up=made_up),
    }
    return Draft202012Validator(schema, format_checker=FORMATS)


def check(value: Any, *names: str, made_up: bool = False) -> None:
    """Fail unless ``value`` is as one of the models called ``names`` says."""
    faults = list(validator(names, made_up=made_up).iter_errors(value))
    if faults:
        fault = faults[0]
        while fault.context:  # the alternative that comes nearest says what is wrong
            fault = max(fault.context, key=lambda one: (one.path != fault.path, len(one.path)))
        raise AssertionError(f"{fault.json_path}: {fault.message}\nin {value}")


def check_frame(frame: Any, *, made_up: bool = False) -> None:
    """Fail unless ``frame`` is what the server may say over a WebSocket."""
    check(frame, *(m.__name__ for m in SERVER_FRAMES[frame["t"]]), made_up=made_up)


def check_client_frame(frame: Any) -> None:
    """Fail unless ``frame`` is what a client may say."""
    check(frame, CLIENT_FRAMES[frame["t"]].__name__)


def check_event(name: str, data: Any, *, made_up: bool = False) -> None:
    """Fail unless ``data`` is what an event of this name may carry in a stream."""
    models = NOTICES.get(name, ())
    check(data, *([m.__name__ for m in models] or ["AnyEvent"]), made_up=made_up)
    assert models or made_up or data["type"] == name
